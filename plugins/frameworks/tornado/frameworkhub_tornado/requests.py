"""A request of Tornado, and its method."""

from __future__ import annotations

import asyncio
from typing import Any

from frameworkhub import asgi, hosts
from frameworkhub.streams import AsyncStream


def scope_of(request: Any) -> asgi.Scope:
    """The ASGI scope of a tornado request."""
    connection = request.connection
    own = connection.stream and connection.stream.socket and connection.stream.socket.getsockname()
    peer = connection.context.address
    return hosts.http_scope(
        str(request.method),
        request.uri.encode("latin-1"),
        [(k.encode("latin-1"), v.encode("latin-1")) for k, v in request.headers.get_all()],
        client=peer[:2] if isinstance(peer, tuple) else None,
        server=own[:2] if isinstance(own, tuple) else None,
        scheme=request.protocol,
        http_version=request.version.removeprefix("HTTP/"),
    )


class Source(hosts.InboxSource):
    """What Tornado tells of a request; its carrier is the handler."""

    def described(self) -> asgi.Scope:
        return scope_of(self.carrier.request)

    def header(self, name: str) -> str | None:
        for value in self.carrier.request.headers.get_list(name):
            return value  # type: ignore[no-any-return]
        return None

    async def chunk(self) -> bytes:
        body: bytes | None = self.carrier.body
        if body is None:
            return await super().chunk()
        if self._is_read:
            return b""
        self._is_read = True
        return body

    def stream(self, limit: int | None) -> AsyncStream:
        if self.carrier.body is None:
            return super().stream(limit)
        return AsyncStream(self.chunk, limit)

    def is_disconnected(self) -> bool:
        self.gone = self.gone or self.carrier.is_gone
        return self.gone

    def watch(self) -> asyncio.Future[None]:  # type: ignore[override]
        return self.carrier.watch()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Nothing: what is watched is the handler."""


class Request(hosts.HostRequest):
    """A request on Tornado."""

    source_class = Source

    def _has_body(self) -> bool:
        headers = self.native.headers
        if not has_body(headers):
            self._is_read = True
            return False
        self._declared = headers.get("Content-Length", "").encode("latin-1")
        return True


def has_body(headers: Any) -> bool:
    return headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers


class EveryMethod(tuple[str, ...]):
    """405 is the site's answer, not tornado's."""

    def __contains__(self, method: object) -> bool:
        return True


class Verb(str):
    """A method that tornado does not know: it calls the handler's attribute of that name.

    That might be any, `finish` or `request`; so it is led to `get`, as the others are.
    """

    __slots__ = ()

    def lower(self) -> str:
        return "get"
