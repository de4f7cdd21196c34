"""Which handler a request gets, by its body."""

from __future__ import annotations

import sys
from typing import Any

from tornado.httputil import HTTPMessageDelegate
from tornado.routing import Router
from tornado.web import Application, RequestHandler

from frameworkhub.hosts import Found
from frameworkhub.site import Site

from .exchange import http_handler
from .inbox import Body
from .streamed import Streaming, streamed_handler

# Bytes of a body that is waited for: as many as tornado reads at a time.
AT_ONCE = 64 * 1024

# Fields, as tornado spells them: of requests with a body, and of those with a difficult one.
BODILY = frozenset(["Content-Length", "Content-Type", "Transfer-Encoding"])
DIFFICULT = frozenset(["Content-Encoding", "Expect", "Transfer-Encoding"])
NOTED = BODILY | DIFFICULT


class Entrance(Router):
    """The target of a site's rules.

    Tornado's handlers for streamed bodies take longer, so they get only what is large, or what its
    route wants as a stream, or what tornado itself would parse or answer.
    """

    def __init__(self, site: Site, application: Application, base: type[RequestHandler]) -> None:
        self.application = application
        self.plain = http_handler(base)
        self.streamed = streamed_handler(base)
        self.site = site

    def find_handler(  # type: ignore[override]
        self, request: Any, found: Found | None = None, **path: Any
    ) -> HTTPMessageDelegate:
        make = self.application.get_handler_delegate
        noted = NOTED.intersection(request.headers)
        if not noted or noted.isdisjoint(BODILY):
            return make(request, self.plain, {"site": self.site, "found": found}, **path)
        if found is not None and not found.route.stream and _is_handy(request.headers, noted):
            return Collecting(self, request, found, path)
        inbox = Body(request.connection.stream)
        settings = {"site": self.site, "found": found, "inbox": inbox}
        return Streaming(make(request, self.streamed, settings, **path), inbox, request)


def _is_handy(headers: Any, noted: frozenset[str]) -> bool:
    if "Content-Length" not in noted or not noted.isdisjoint(DIFFICULT):
        return False
    length = headers["Content-Length"]
    if len(length) > 5 or not length.isdecimal() or int(length) > AT_ONCE:
        return False
    return "Content-Type" not in noted or headers["Content-Type"][:10].lower() != "multipart/"


class Collecting(HTTPMessageDelegate):
    """Makes the handler when the whole body has come.

    Tornado's own would give it to the handler parsed.
    """

    def __init__(self, entrance: Entrance, request: Any, found: Found, path: Any) -> None:
        self.entrance = entrance
        self.request = request
        self.found = found
        self.path = path
        self.chunks: list[bytes] = []

    def headers_received(self, start_line: Any, headers: Any) -> None:
        self.request.connection.set_max_body_size(sys.maxsize)  # The site has its own limit.

    def data_received(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    def finish(self) -> None:
        entrance = self.entrance
        settings = {"site": entrance.site, "body": b"".join(self.chunks), "found": self.found}
        make = entrance.application.get_handler_delegate
        make(self.request, entrance.plain, settings, **self.path).execute()
