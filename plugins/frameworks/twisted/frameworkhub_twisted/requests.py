"""A request of Twisted."""

from __future__ import annotations

import asyncio
from os import SEEK_END
from typing import TYPE_CHECKING, Any

from frameworkhub import asgi, hosts
from frameworkhub.streams import SPOOL

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
        if self._carrier.inbox is None:
            content = self.native.content
            size = content.seek(0, SEEK_END)
            if not size:
                self._is_read = True
                return False
            content.seek(0)
            self._declared = b"%d" % size
            return True
        if declared := self.native.requestHeaders.getRawHeaders(b"content-length"):
            self._declared = declared[0]
        return True

    async def _read_body(self, limit: int | None) -> None:
        if self._carrier.inbox is None and int(self._declared) <= SPOOL:
            self._is_read = True
            self.body = self.native.content.read()
        else:
            await super()._read_body(limit)


def to_request(exchange: HTTPExchange) -> Request:
    native: Any = exchange.request
    method, target = native.method.decode("latin-1"), native.uri.decode("latin-1")
    return Request(native, method, target, exchange, exchange.loop)
