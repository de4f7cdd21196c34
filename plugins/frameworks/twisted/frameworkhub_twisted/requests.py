"""A request of Twisted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from frameworkhub import asgi, hosts

from .bridge import scope

if TYPE_CHECKING:
    from .exchange import HTTPExchange

CHUNK = 64 * 1024


class Source(hosts.HostSource):
    """What Twisted tells of a request; its carrier is the exchange."""

    carrier: HTTPExchange

    def described(self) -> asgi.Scope:
        return scope(self.carrier.request)

    def header(self, name: str) -> str | None:
        values = self.carrier.request.requestHeaders.getRawHeaders(name.encode())
        return values[0].decode("latin-1") if values else None

    async def chunk(self) -> bytes:
        inbox = self.carrier.inbox
        if inbox is not None:
            chunk = await super().chunk()
            self._is_read = self._is_read or inbox.is_drained
            return chunk
        body: bytes = self.carrier.request.content.read(CHUNK)
        self._is_read = len(body) < CHUNK
        return body

    async def receive(self) -> asgi.Message:  # type: ignore[override]
        assert self.carrier.inbox is not None
        return await self.carrier.inbox.receive()

    def is_disconnected(self) -> bool:
        self.gone = self.gone or self.carrier.is_gone
        return self.gone

    def watch(self) -> asyncio.Future[None]:  # type: ignore[override]
        return self.carrier.watch()

    def close(self) -> None:
        """Nothing: what is watched is the exchange."""


class Request(hosts.HostRequest):
    """A request on Twisted."""

    source_class = Source

    def _has_body(self) -> bool:
        headers = self.native.requestHeaders
        if declared := headers.getRawHeaders(b"content-length"):
            self._declared = declared[0]
        elif not headers.hasHeader(b"transfer-encoding"):
            self._is_read = True
            return False
        return True


def to_request(exchange: HTTPExchange) -> Request:
    native: Any = exchange.request
    method, target = native.method.decode("latin-1"), native.uri.decode("latin-1")
    return Request(native, method, target, exchange)
