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
        await asgi.stream(self._hub, _chunked(writer) if writer.chunked else writer.write)
        if writer.chunked:
            writer.set_eof()  # sends the last chunk
            if writer.transport.get_write_buffer_size():
                await writer.drain()
        await self.write_eof()


def _chunked(writer: Any) -> Callable[[bytes], Awaitable[Any]]:
    """Writes chunks, each in one piece. aiohttp's `write` puts them together from three, and looks
    for what has no part here."""
    transport, limit = writer.transport, LIMIT
    nothing = writer.loop.create_future()  # to wait for
    nothing.set_result(None)

    def write(chunk: bytes) -> Awaitable[Any]:
        nonlocal limit
        size = writer.output_size
        if not size or transport.is_closing():
            return writer.write(chunk)  # type: ignore[no-any-return]  # with the head; or it raises
        data = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        transport.write(data)
        writer.output_size = size = size + len(data)
        if size < limit:
            return nothing  # type: ignore[no-any-return]
        limit = size + LIMIT
        return writer.drain()  # type: ignore[no-any-return]

    return write
