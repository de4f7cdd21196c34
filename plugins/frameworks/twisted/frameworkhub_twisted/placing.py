"""The app's tree in the user's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from twisted.web.pages import notFound
from twisted.web.resource import IResource
from twisted.web.resource import Resource as NativeResource
from zope.interface import implementer

from frameworkhub.site import Site

from .resources import Leaf, begin


class Between(NativeResource):
    """A node that is no one's: of a prefix, or its root, which without a slash is not the app's."""

    def __init__(self, app: Any = None) -> None:
        super().__init__()
        self.app = app

    def getChildWithDefault(self, name: bytes, request: Any) -> Any:
        if self.app is None or name in self.children:
            return super().getChildWithDefault(name, request)
        return self.app if self.app.isLeaf else self.app.getChildWithDefault(name, request)

    def getChild(self, name: bytes, request: Any) -> Any:
        return notFound()

    def render(self, request: Any) -> Any:
        return notFound().render(request)


def place(native: Any, prefix: str, app: Any) -> None:
    """Puts `app` below `native` at `prefix`, making the nodes in between."""
    *above, last = (segment.encode() for segment in prefix[1:].split("/"))
    for segment in above:
        if segment not in native.children:
            native.putChild(segment, Between())
        native = native.children[segment]
    native.putChild(last, Between(app))


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

    def takes(self, target: bytes) -> bool:
        path = unquote_to_bytes(target.partition(b"?")[0]).decode("utf-8", "replace")
        return self.site.owns(path)

    def take(self, request: Any) -> None:
        begin(self.site, request)
