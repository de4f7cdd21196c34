"""aiohttp's response for a stream."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from aiohttp import web

from frameworkhub import Response, asgi

from .responses import LIMIT, Exact


class Streamed(Exact, web.StreamResponse):
    """A response that is written chunk by chunk. Its head goes with the first of them."""

    _send_headers_immediately = False

    async def send(self, request: Any) -> Response:
        """Sends all of it. Gives and raises what the core's `stream` does."""
        if request.version < (1, 1) and "Content-Length" not in self.headers:
            self.force_close()  # Its end is the end of the body.
        writer, limit = request.writer, LIMIT
        transport = writer.transport
        nothing = writer.loop.create_future()  # to wait for
        nothing.set_result(None)

        async def begin() -> None:
            nonlocal writer
            writer = await self.prepare(request)

        def write(chunk: bytes) -> Awaitable[Any]:
            # In one piece; aiohttp's `write` makes it of three, and looks for what is not here.
            nonlocal limit
            size = writer.output_size
            if not size or not writer.chunked or transport.is_closing():
                return writer.write(chunk)  # type: ignore[no-any-return]  # Or it raises.
            data = b"%x\r\n%b\r\n" % (len(chunk), chunk)
            transport.write(data)
            writer.output_size = size = size + len(data)
            if size < limit:
                return nothing  # type: ignore[no-any-return]
            limit = size + LIMIT
            return writer.drain()  # type: ignore[no-any-return]

        instead = await asgi.stream(self._hub, begin, write)
        if instead is self._hub:
            if writer.chunked:
                writer.set_eof()  # sends the last chunk
                if transport.get_write_buffer_size():
                    await writer.drain()
            await self.write_eof()
        return instead
