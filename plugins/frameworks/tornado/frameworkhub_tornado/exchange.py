"""One request and its response, in the terms of Tornado."""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from typing import Any

from tornado.web import RequestHandler

from frameworkhub import ClientDisconnect, asgi, hosts

from .requests import EveryMethod, Request, Verb

_KNOWN = frozenset(RequestHandler.SUPPORTED_METHODS)


class Exchange:
    """What makes a `RequestHandler` bring its requests to a site.

    Attributes:
        body: all of the request's; None if it is still to come.
        is_gone: the client is.
    """

    SUPPORTED_METHODS = EveryMethod()

    request: Any
    site: Any
    body: bytes | None
    is_gone = False
    _lost: asyncio.Future[None] | None = None

    def initialize(self, site: Any, body: bytes | None = b"") -> None:
        super().initialize()
        self.site = site
        self.body = body
        if self.request.method not in _KNOWN:
            self.request.method = Verb(self.request.method)

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The body has come; for every method."""
        await self.answer()

    head = post = put = patch = delete = options = get

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.is_gone = True
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    def watch(self) -> asyncio.Future[None]:
        """Done as soon as the client has gone."""
        if self._lost is None:
            self._lost = asyncio.get_running_loop().create_future()
            if self.is_gone:
                self._lost.set_result(None)
        return self._lost

    def compute_etag(self) -> None:
        """None: a handler's fields are sent as they are."""

    def check_xsrf_cookie(self) -> None:
        """Not for these: the token would be in a body that tornado does not read."""

    async def answer(self) -> None:
        native = self.request
        request = Request(native, native.method, native.uri, self)
        try:
            response = await self.site.ahandle(request)
            if response.delivery is None:
                await self.send(response)
                return
            try:
                await self.send(response)
            finally:
                await response.aclose()
        except ClientDisconnect:
            self.cut()
        except Exception:
            self.log_exception(*sys.exc_info())
            self.cut()

    async def send(self, response: Any) -> None:
        if (error := response.error) is not None:
            self.log_exception(type(error), error, error.__traceback__)
        self.start(response)
        if response.body is None:
            await asgi.stream(response, self.emit)
            await self.emit(b"")
        elif response.body and self.has_read():
            self.finish(response.body)
            return
        else:
            # Not in one with `finish`, which would change what has no body.
            self.write(response.body)
            self.flush()
            await self.discard()
        self.finish()
        if self.request.version == "HTTP/1.0" and not response.has("content-length"):
            self.request.connection.close()  # The end of the body; tornado might keep it open.

    def has_read(self) -> bool:
        """Whether all of the request has come."""
        return True

    async def discard(self) -> None:
        """Drops what is still to come of it."""

    def start(self, response: Any) -> None:
        if response.status != 200 or self.get_status() != 200:
            self.set_status(response.status, response.status_line.partition(" ")[2])
        names = set()
        for name, value in response.header_list:
            key = name.lower()
            (self.add_header if key in names else self.set_header)(name, value)
            names.add(key)
        if "content-type" not in names:
            self.clear_header("Content-Type")

    async def emit(self, chunk: bytes) -> None:
        self.write(chunk)
        await self.flush()

    def cut(self) -> None:
        """Ends the connection, not well."""
        connection = self.request.connection
        if self.request.version == "HTTP/1.0" and connection.stream.socket is not None:
            hosts.reset(connection.stream.socket)
        connection.close()


@cache
def http_handler(base: type[RequestHandler]) -> type[RequestHandler]:
    """The handler class for a site's requests that have no body, or one that has come."""
    return type("HubHandler", (Exchange, base), {})
