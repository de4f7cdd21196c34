"""One request and its response, in the terms of Tornado."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from functools import cache
from typing import Any

from tornado.web import RequestHandler, stream_request_body

from frameworkhub import ClientDisconnect, asgi, hosts

from .requests import EveryMethod, Verb, scope_of


class Exchange:
    """What makes a `RequestHandler` bring its requests to a site."""

    SUPPORTED_METHODS = EveryMethod()

    request: Any
    site: Any

    def initialize(self, site: Any) -> None:
        super().initialize()
        self.site = site
        self.inbox = hosts.Inbox()
        self.answering: asyncio.Task[None] | None = None
        if self.request.method not in RequestHandler.SUPPORTED_METHODS:
            self.request.method = Verb(self.request.method)

    async def prepare(self) -> None:
        """Begins to answer while the body is still coming, if there is one."""
        # Not else: tornado closes the connection of who answers before it has looked for a body.
        if not _has_body(self.request.headers) or not await self.may_answer():
            return
        self.request.connection.set_max_body_size(sys.maxsize)  # The site has its own limit.
        self.answering = asyncio.create_task(self.answer())
        if "Expect" in self.request.headers:
            # Tornado sends `100 Continue` when this returns, unless there is an answer by then.
            wanted = asyncio.create_task(self.inbox.wanted.wait())
            await asyncio.wait({self.answering, wanted}, return_when=asyncio.FIRST_COMPLETED)
            wanted.cancel()

    async def may_answer(self) -> bool:
        """Whether the user's own `prepare` has left it to the site."""
        if (prepared := super().prepare()) is not None:
            await prepared
        return not self._finished

    def data_received(self, chunk: bytes) -> Awaitable[None]:
        self.inbox.feed(chunk)
        return self.inbox.room()

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The body has come; for every method."""
        self.inbox.finish()
        if self.answering is not None:
            await self.answering
        elif await self.may_answer():
            await self.answer()

    head = post = put = patch = delete = options = get

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.inbox.disconnect()

    def compute_etag(self) -> None:
        """None: a handler's fields are sent as they are."""

    def check_xsrf_cookie(self) -> None:
        """Not for these: the token would be in a body that tornado does not read."""

    async def answer(self) -> None:
        request = asgi.to_request(scope_of(self.request), self.inbox.receive, native=self.request)
        try:
            response = await self.site.ahandle(request)
            try:
                await self.send(response)
            finally:
                await response.aclose()
        except ClientDisconnect:
            self.cut()
        except Exception:
            self.log_exception(*sys.exc_info())
            self.cut()
        finally:
            request.source.close()

    async def send(self, response: Any) -> None:
        if response.error is not None:
            error = response.error
            self.log_exception(type(error), error, error.__traceback__)
        self.start(response)
        if response.body is None:
            await asgi.stream(response, self.emit)
            await self.emit(b"")
        elif self.inbox.complete and response.body:
            self.finish(response.body)
            return
        else:
            # Not in one with `finish`, which would change what has no body.
            self.write(response.body)
            self.flush()
            if self.inbox.wanted.is_set() or "Expect" not in self.request.headers:
                await self.inbox.discard()
        self.finish()
        if self.request.version == "HTTP/1.0" and not response.has("content-length"):
            self.request.connection.close()  # The end of the body; tornado might keep it open.

    def start(self, response: Any) -> None:
        self.set_status(response.status, response.status_line.partition(" ")[2])
        self.clear_header("Content-Type")
        for name, _ in response.header_list:
            self.clear_header(name)
        for name, value in response.header_list:
            self.add_header(name, value)

    async def emit(self, chunk: bytes) -> None:
        self.write(chunk)
        await self.flush()

    def cut(self) -> None:
        """Ends the connection, not well."""
        connection = self.request.connection
        if self.request.version == "HTTP/1.0" and connection.stream.socket is not None:
            hosts.reset(connection.stream.socket)
        connection.close()


def _has_body(headers: Any) -> bool:
    return "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0"


@cache
def http_handler(base: type[RequestHandler]) -> type[RequestHandler]:
    """The handler class for a site's requests."""
    return stream_request_body(type("HubHandler", (Exchange, base), {}))
