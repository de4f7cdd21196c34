"""Requests that are answered while their body is still coming, in the terms of Tornado."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from functools import cache
from typing import Any

from tornado.web import RequestHandler, stream_request_body

from frameworkhub import hosts

from .exchange import Exchange
from .requests import has_body


class StreamedExchange(Exchange):
    """One that begins to answer while the body is still coming."""

    def initialize(self, site: Any) -> None:
        super().initialize(site, None)
        self.inbox = hosts.Inbox()
        self.answering: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        # Not without a body: tornado closes the connection of who answers before it has looked.
        if not has_body(self.request.headers) or not await self.may_answer():
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

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self.inbox.feed(chunk)
        return self.inbox.room() if self.inbox.is_full else None

    async def get(self, *args: Any, **kwargs: Any) -> None:
        self.inbox.finish()
        if self.answering is not None:
            await self.answering
            # Its context has the request, and that this: a cycle for the garbage collector.
            self.answering = None
        elif await self.may_answer():
            await self.answer()

    head = post = put = patch = delete = options = get

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.inbox.disconnect()

    def has_read(self) -> bool:
        return self.inbox.complete

    async def discard(self) -> None:
        if self.inbox.wanted.is_set() or "Expect" not in self.request.headers:
            await self.inbox.discard()


@cache
def streamed_handler(base: type[RequestHandler]) -> type[RequestHandler]:
    """The handler class for those whose body is still to come."""
    return stream_request_body(type("HubStreamedHandler", (StreamedExchange, base), {}))
