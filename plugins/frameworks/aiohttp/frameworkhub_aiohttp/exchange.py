"""A request, in the terms of aiohttp."""

from __future__ import annotations

import asyncio

from aiohttp import hdrs, web

from frameworkhub import ClientDisconnect, HTTPError, asgi, hosts

from .connection import watch


def scope(request: web.Request, root_path: str) -> asgi.Scope:
    """An aiohttp request in the terms of ASGI."""
    peer, own = request.protocol.peername, request.protocol.sockname
    return hosts.http_scope(
        request.method,
        request.raw_path.encode("utf-8", "surrogateescape"),
        request.raw_headers,
        client=peer[:2] if isinstance(peer, tuple) else None,
        server=own[:2] if isinstance(own, tuple) else None,
        scheme=request.scheme,
        http_version=f"{request.version.major}.{request.version.minor}",
        root_path=root_path,
    )


class Source(hosts.HostSource):
    """What aiohttp tells of a request.

    Attributes:
        root_path: where the application is mounted.
        expected: the client waits for `100 Continue` before it sends the body.
    """

    root_path = ""
    expected = False

    def described(self) -> asgi.Scope:
        return scope(self.carrier, self.root_path)

    def header(self, name: str) -> str | None:
        value = self.carrier.headers.get(name)
        if value is None or value.isascii():
            return value  # type: ignore[no-any-return]
        return super().header(name)

    async def chunk(self) -> bytes:
        """As the core's; aiohttp's own errors tell that the client went, or sent nonsense."""
        content = self.carrier.content
        while not self._is_read:
            if self.expected and not content.is_eof():
                await self._continue()
            try:
                chunk: bytes = await content.readany()
            except Exception as error:
                if self.carrier.transport is None:
                    self.gone = self._is_read = True
                    said = "the client went before the end of its request"
                    raise ClientDisconnect(said) from error
                raise HTTPError(400, "the body is malformed") from error
            self._is_read = content.at_eof()
            if chunk:
                return chunk
        return b""

    async def _continue(self) -> None:
        self.expected = False
        writer = self.carrier.writer
        await writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.output_size = 0  # As aiohttp does: the response has not begun.

    def is_disconnected(self) -> bool:
        self.gone = self.gone or self.carrier.transport is None
        return self.gone

    def watch(self) -> asyncio.Future[None]:  # type: ignore[override]
        return watch(self.carrier)

    def close(self) -> None:
        """Nothing: what is watched is the connection."""


class Request(hosts.HostRequest):
    """A request on aiohttp."""

    source: Source
    source_class = Source
    _root_path = ""

    def _locate(self) -> tuple[str, str]:
        return asgi.locate(self._scope) if self._root_path else super()._locate()

    def _has_body(self) -> bool:
        if self._is_read:
            return False
        self._declared = self.native.headers.get(hdrs.CONTENT_LENGTH, "").encode()
        return True


def to_request(
    request: web.Request, root_path: str, loop: asyncio.AbstractEventLoop | None
) -> Request:
    """The request as the core takes it."""
    hub_request = Request(request, request.method, request.raw_path, loop=loop)
    if root_path:
        hub_request._root_path = hub_request.source.root_path = root_path
    if not request.body_exists:
        hub_request._is_read = True
        return hub_request
    if not request.content.is_eof():
        watch(request)
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        hub_request.source.expected = True
    return hub_request
