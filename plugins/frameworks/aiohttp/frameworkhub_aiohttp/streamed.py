"""aiohttp's response for a stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from frameworkhub import asgi

from .responses import LIMIT, Exact


class Streamed(Exact, web.StreamResponse):
    """A response that is written chunk by chunk. Its head goes with the first of them."""

    _send_headers_immediately = False

    async def send(self, request: Any) -> None:
        """Sends all of it. Raises as the core's `stream`."""
        if request.version < (1, 1) and "Content-Length" not in self.headers:
            self.force_close()  # Its end is the end of the body.
        writer = await self.prepare(request)
        is_chunked = writer.chunked
        # Each chunk in one piece: aiohttp would put it together from three.
        writer.chunked = False
        await asgi.stream(self._hub, _chunked(writer) if is_chunked else writer.write)
        await self.write_eof(b"0\r\n\r\n" if is_chunked else b"")


def _chunked(writer: Any) -> Callable[[bytes], Awaitable[Any]]:
    """Writes chunks with their sizes. aiohttp's `write` looks at each for what has none here."""
    transport, size = writer.transport, 0
    nothing = writer.loop.create_future()  # to wait for
    nothing.set_result(None)

    def write(chunk: bytes) -> Awaitable[Any]:
        nonlocal size
        data = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        if size == 0 or transport.is_closing():
            size = 1
            return writer.write(data)  # with the head; or an error
        writer.output_size += len(data)
        size += len(data)
        transport.write(data)
        if size <= LIMIT:
            return nothing
        size = 1
        return writer.drain()

    return write
