"""The resource tree."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from twisted.web.resource import IResource
from twisted.web.resource import Resource as NativeResource
from zope.interface import implementer

from frameworkhub.routing import Parameter, Resource
from frameworkhub.site import Site

from .exchange import begin


class Leaf(NativeResource):
    """Hands every request at or below it to the site."""

    isLeaf = True

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def render(self, request: Any) -> int:
        return begin(self.site, request)

    def streams(self, method: bytes, target: bytes) -> bool:
        """Tells our server that the request is to be handed over before its body is whole."""
        return True


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

    def streams(self, method: bytes, target: bytes) -> bool:
        """As `Leaf.streams`; not for resources that the user has put into the tree."""
        node: Any = self
        for segment in target.partition(b"?")[0][1:].split(b"/"):
            if node := node.children.get(unquote_to_bytes(segment)) or node.parameter:
                if not isinstance(node, Node):
                    return False
            else:
                break
        return True


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


def place(native: Any, prefix: str, resource: Any) -> None:
    """Puts `resource` below `native` at `prefix`, making the nodes in between."""
    *above, last = (segment.encode() for segment in prefix[1:].split("/"))
    for segment in above:
        if segment not in native.children:
            native.putChild(segment, NativeResource())
        native = native.children[segment]
    native.putChild(last, resource)


@implementer(IResource)
class Overlay:
    """The user's tree, in which the app's own paths are the site's."""

    isLeaf = False

    def __init__(self, site: Site, native: Any) -> None:
        self.site = site
        self.native = native

    def __getattr__(self, name: str) -> Any:
        return getattr(self.native, name)

    def getChildWithDefault(self, name: bytes, request: Any) -> Any:
        path = b"/" + b"/".join([name, *request.postpath])
        if self.site.owns(path.decode("utf-8", "replace")):
            return Leaf(self.site)
        return self.native.getChildWithDefault(name, request)

    def render(self, request: Any) -> Any:
        return self.native.render(request)

    def streams(self, method: bytes, target: bytes) -> bool:
        path = unquote_to_bytes(target.partition(b"?")[0]).decode("utf-8", "replace")
        return self.site.owns(path)
