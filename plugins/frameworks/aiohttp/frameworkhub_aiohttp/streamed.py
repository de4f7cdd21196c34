"""aiohttp's response for a stream."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any

from aiohttp import web

from frameworkhub import Response, asgi

from .responses import LIMIT, Exact


class Streamed(Exact, web.StreamResponse):
    """A response that is written chunk by chunk. Its head goes with the first of them."""

    _send_headers_immediately = False
    _limit = LIMIT

    async def send(self, request: Any) -> Response:
        """Sends all of it. Gives and raises what the core's `stream` does."""
        if request.version < (1, 1) and "Content-Length" not in self.headers:
            self.force_close()  # Its end is the end of the body.
        writer = request.writer
        write = partial(self._write_chunk, writer, writer.transport)
        instead = await asgi.stream(self._hub, partial(self.prepare, request), write)
        if instead is self._hub:
            if writer.chunked:
                writer.set_eof()  # sends the last chunk
                if writer.transport.get_write_buffer_size():
                    await writer.drain()
            await self.write_eof()
        return instead

    def _write_chunk(self, writer: Any, transport: Any, chunk: bytes) -> Awaitable[Any] | None:
        """In one piece; aiohttp's `write` makes it of three, and looks for what is not here."""
        size = writer.output_size
        if not size or not writer.chunked or transport.is_closing():
            return writer.write(chunk)  # type: ignore[no-any-return]  # Or it raises.
        data = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        transport.write(data)
        writer.output_size = size = size + len(data)
        if size < self._limit:
            return None
        self._limit = size + LIMIT
        return writer.drain()  # type: ignore[no-any-return]
