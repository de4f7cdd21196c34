"""What twisted.web makes of every request, made when it is asked for."""

from __future__ import annotations

from typing import Any

from twisted.web import server
from twisted.web.http import parse_qs

from frameworkhub.lazy import lazy


class LateRequest(server.Request):
    """A request that needs neither a parsed query nor a way through the tree of resources.

    Where Twisted sets these attributes by itself, they are its.
    """

    @lazy
    def args(self) -> dict[bytes, list[bytes]]:  # type: ignore[override]
        return parse_qs(self.uri.partition(b"?")[2], 1)

    @lazy
    def prepath(self) -> list[bytes]:  # type: ignore[override]
        return self._placed("prepath")

    @lazy
    def postpath(self) -> list[bytes]:  # type: ignore[override]
        return self._placed("postpath")

    @lazy
    def sitepath(self) -> list[bytes]:
        return self._placed("sitepath")

    def _placed(self, name: str) -> Any:
        """Looks for the resource, as Twisted does; the attribute that this sets."""
        self.prepath, self.postpath = [], [*map(server.unquote, self.path[1:].split(b"/"))]
        self.site.getResourceFor(self)
        return self.__dict__[name]
