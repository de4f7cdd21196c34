"""The resource tree."""

from __future__ import annotations

import contextvars
from typing import Any
from urllib.parse import unquote_to_bytes

from twisted.web.resource import Resource as NativeResource
from twisted.web.server import NOT_DONE_YET

from frameworkhub.hosts import is_websocket
from frameworkhub.routing import Parameter, Resource
from frameworkhub.site import Site

from .bridge import scope
from .exchange import HTTPExchange
from .websocket import WebSocketExchange


def begin(site: Site, request: Any) -> int:
    """Starts the site's answer to a Twisted request; for `Resource.render`."""
    if request.requestHeaders.hasHeader(b"upgrade") and is_websocket(described := scope(request)):
        exchange: Any = WebSocketExchange(site, request, described)
    else:
        exchange = HTTPExchange(site, request)
        if exchange.is_local:
            exchange.start()
            return NOT_DONE_YET
    # A context of its own, so that what a request sets is gone in the next one.
    exchange.loop.call_soon_threadsafe(exchange.start, context=contextvars.copy_context())
    return NOT_DONE_YET


class Leaf(NativeResource):
    """Hands every request at or below it to the site."""

    isLeaf = True

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def render(self, request: Any) -> int:
        return begin(self.site, request)

    def takes(self, target: bytes) -> bool:
        """Tells our server that it is to hand the request over by `take`, without more ado."""
        return True

    def take(self, request: Any) -> None:
        begin(self.site, request)


class Node(NativeResource):
    """One segment of a path. A child that the tree does not have is the site's business.

    Attributes:
        hub: the app's routes that end here, or None.
        parameter: the child for a segment that holds a parameter.
    """

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site
        self.hub: Resource | None = None
        self.parameter: Node | None = None

    def child(self, part: str | None) -> Node:
        """The child for a literal segment, or for a parameter; made where it is missing."""
        if part is None:
            self.parameter = self.parameter or Node(self.site)
            return self.parameter
        key = part.encode()
        if key not in self.children:
            self.putChild(key, Node(self.site))
        return self.children[key]  # type: ignore[no-any-return]

    def getChild(self, path: bytes, request: Any) -> Any:
        return self.parameter or Leaf(self.site)

    def render(self, request: Any) -> int:
        return begin(self.site, request)

    def takes(self, target: bytes) -> bool:
        """As `Leaf.takes`; not for resources that the user has put into the tree."""
        node: Any = self
        for segment in target.partition(b"?")[0][1:].split(b"/"):
            if node := node.children.get(unquote_to_bytes(segment)) or node.parameter:
                if not isinstance(node, Node):
                    return False
            else:
                break
        return True

    def take(self, request: Any) -> None:
        begin(self.site, request)


def tree(site: Site) -> Node:
    """A node for each segment of each path."""
    root = Node(site)
    for resource in site.resources:
        node = root
        for segment in _segments(resource):
            node = node.child(segment)
        node.hub = resource
    return root


def _segments(resource: Resource) -> list[str | None]:
    """The segments of a path, None for one with a parameter; `path` parameters end them."""
    segments: list[str | None] = [""]
    for part in resource.pattern.parts:
        if isinstance(part, Parameter):
            segments[-1] = None
            if part.kind == "path":
                break
            continue
        first, *rest = part.split("/")
        if first and segments[-1] is not None:
            segments[-1] += first
        segments += rest
    return segments[1:]
