"""Requests that are answered while their body is still coming, in the terms of Tornado."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from functools import cache
from typing import Any

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPMessageDelegate
from tornado.iostream import IOStream
from tornado.web import RequestHandler, stream_request_body

from frameworkhub.hosts import Found

from .exchange import Exchange, made
from .inbox import Body
from .requests import has_body


class StreamedExchange(Exchange):
    """One that begins to answer while the body is still coming."""

    inbox: Body

    def initialize(self, site: Any, inbox: Body, found: Found | None) -> None:  # type: ignore[override]
        super().initialize(site, None, found)
        self.inbox = inbox

    async def prepare(self) -> None:
        """The whole answer: tornado calls the method when the body has come."""
        if (prepared := super().prepare()) is not None:
            await prepared
        if not self._finished:
            await self.answer()

    def get(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: it is answered."""

    head = post = put = patch = delete = options = get

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.inbox.disconnect()

    def has_read(self) -> bool:
        return self.inbox.complete

    async def discard(self) -> None:
        if self.inbox.wanted.is_set() or "Expect" not in self.request.headers:
            await self.inbox.discard()


class Streaming(HTTPMessageDelegate):
    """Takes the body to such a handler as it comes.

    Tornado's own waits with it for `prepare`, and for a task at the end.

    Args:
        delegate: tornado's own, for the handler.
    """

    def __init__(self, delegate: HTTPMessageDelegate, inbox: Body, request: Any) -> None:
        self.delegate = delegate
        self.inbox = inbox
        self.request = request
        connection = request.connection
        if connection.__class__ is HTTP1Connection and connection.stream.__class__ is IOStream:
            connection._read_fixed_body = self.read

    def headers_received(self, start_line: Any, headers: Any) -> Awaitable[None] | None:
        self.request.connection.set_max_body_size(sys.maxsize)  # The site has its own limit.
        answered = self.delegate.headers_received(start_line, headers)
        return self._expected(answered) if "Expect" in headers and has_body(headers) else None

    async def _expected(self, answered: Any) -> None:
        # Tornado sends `100 Continue` when this returns, unless there is an answer by then.
        wanted = asyncio.create_task(self.inbox.wanted.wait())
        await asyncio.wait({answered, wanted}, return_when=asyncio.FIRST_COMPLETED)
        wanted.cancel()

    async def read(self, length: int, delegate: Any) -> None:
        """As tornado's, which reads several chunks before their reader gets its turn."""
        connection, body = self.request.connection, self.inbox
        del connection._read_fixed_body  # which refers to it in turn
        taker = getattr(delegate.data_received, "__self__", None)
        if getattr(taker, "delegate", None) is not self:  # Another one, as for gzip, has a say.
            await HTTP1Connection._read_fixed_body(connection, length, delegate)
            return
        await body.fill(connection, length)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self.inbox.feed(chunk)
        return self.inbox.room() if self.inbox.is_full else None

    def finish(self) -> None:
        self.inbox.finish()
        self.delegate.finish()

    def on_connection_close(self) -> None:
        self.delegate.on_connection_close()


@cache
def streamed_handler(base: type[RequestHandler]) -> type[RequestHandler]:
    """The handler class for those whose body is still to come."""
    return stream_request_body(made("HubStreamedHandler", StreamedExchange, base))
