"""Tornado's HTTP server, with a graceful stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate


class Server(HTTPServer):
    """Knows which of its connections are answering a request."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        super().initialize(*args, **kwargs)
        self._busy: set[object] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        # Called for a new connection, and for an old one as soon as it has sent its answer.
        self._rest(server_conn)
        delegate = super().start_request(server_conn, request_conn)
        return _Announced(delegate, lambda: self._work(server_conn))

    def on_close(self, server_conn: object) -> None:
        self._rest(server_conn)
        super().on_close(server_conn)

    def _work(self, connection: object) -> None:
        self._busy.add(connection)
        self._idle.clear()

    def _rest(self, connection: object) -> None:
        self._busy.discard(connection)
        if not self._busy:
            self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Waits for the requests in flight, for at most `seconds`; then closes what is open."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            pass
        await self.close_all_connections()


class _Announced(HTTPMessageDelegate):
    """A delegate that tells when its request begins."""

    def __init__(self, delegate: HTTPMessageDelegate, begun: Callable[[], None]) -> None:
        self._delegate = delegate
        self._begun = begun
        self.data_received = delegate.data_received  # type: ignore[method-assign]
        self.finish = delegate.finish  # type: ignore[method-assign]
        self.on_connection_close = delegate.on_connection_close  # type: ignore[method-assign]

    def headers_received(self, start_line: Any, headers: Any) -> Awaitable[None] | None:
        self._begun()
        return self._delegate.headers_received(start_line, headers)
