"""One request and its response, in the terms of Tornado."""

from __future__ import annotations

import asyncio
import sys
from functools import cache, partial
from typing import Any

from tornado.web import RequestHandler

from frameworkhub import ClientDisconnect, asgi
from frameworkhub.hosts import Found
from frameworkhub.routing import Route

from .answers import Answer
from .requests import EveryMethod, Request, Verb

_KNOWN = frozenset(RequestHandler.SUPPORTED_METHODS)


class Exchange(Answer):
    """What makes a `RequestHandler` bring its requests to a site.

    Attributes:
        body: all of the request's; None if it is still to come.
        found: the route of a request whose body has come, where it is known already.
        is_gone: the client is.
    """

    SUPPORTED_METHODS = EveryMethod()

    request: Any
    site: Any
    body: bytes | None
    is_gone = False
    _lost: asyncio.Future[None] | None = None

    def initialize(self, site: Any, body: bytes | None = b"", found: Found | None = None) -> None:
        super().initialize()
        self.site = site
        self.body = body
        self.found = found
        if self.request.method not in _KNOWN:
            self.request.method = Verb(self.request.method)

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

    def check_xsrf_cookie(self) -> None:
        """Not for these: the token would be in a body that tornado does not read."""

    async def answer(self, *args: Any, **kwargs: Any) -> None:
        """Answers the request; for every method."""
        native = self.request
        request = Request(native, native.method, native.uri, self)
        try:
            response = await self.site.ahandle(request, self.route(request))
            if response.delivery is None:
                await self.send(response)
                return
            try:
                if response.body is None:
                    response = await asgi.stream(response, partial(self.begin, response), self.emit)
                await self.send(response)
            finally:
                await response.aclose()
        except ClientDisconnect:
            self.cut()
        except Exception:
            self.log_exception(*sys.exc_info())
            self.cut()

    get = head = post = put = patch = delete = options = answer

    def route(self, request: Request) -> Route | None:
        """The route that a rule has found, with the request made ready for it."""
        if self.found is None or (route := request.take(self.site, self.found)) is None:
            return None
        if self.body:
            limit = route.max_body_size
            if limit is not None and len(self.body) > limit:
                return None
            request.body = self.body
        request._is_read = self.body is not None
        return route

    async def send(self, response: Any) -> None:
        """Sends a response, or the end of one whose stream has been sent."""
        if (error := response.error) is not None:
            self.log_exception(type(error), error, error.__traceback__)
        if response.body is None:
            if not self.is_begun:
                self.emit(b"")
        else:
            self.begin(response)
            if response.body and self.has_read():
                self.finish(response.body)
                return
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


@cache
def http_handler(base: type[RequestHandler]) -> type[RequestHandler]:
    """The handler class for a site's requests that have no body, or one that has come."""
    return made("HubHandler", Exchange, base)


def made(name: str, kind: type[Exchange], base: type[RequestHandler]) -> type[RequestHandler]:
    """A class of that name, which derives from the user's."""
    is_direct = base.write is RequestHandler.write and base.flush is RequestHandler.flush
    return type(name, (kind, base), {"is_direct": is_direct})
