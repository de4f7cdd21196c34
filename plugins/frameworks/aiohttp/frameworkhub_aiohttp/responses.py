"""aiohttp's responses, made to send what they are given."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.compression_utils import MAX_SYNC_CHUNK_SIZE
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from multidict import CIMultiDict

from frameworkhub.lazy import lazy

from .heads import Latin1, head_of

# Bytes after which the client is waited for, as aiohttp does.
LIMIT = 64 * 1024


class Exact(Latin1):
    """A response that sends the fields it has, and invents none.

    What aiohttp has of it is made when it is asked for: by a middleware, a signal, or aiohttp.
    """

    _is_begun_plainly = False

    def __init__(self, response: Any) -> None:
        self._hub = response

    @lazy
    def _headers(self) -> CIMultiDict[str]:
        fields = CIMultiDict(self._hub.header_list)
        if self._is_begun_plainly:  # They have been sent; who asks now, an access log, gets them.
            fields.update({"Date": rfc822_formatted_time(), "Server": SERVER_SOFTWARE})
        return fields

    @lazy
    def _state(self) -> dict[Any, Any]:
        return {}

    @lazy
    def _status(self) -> int:
        return self._hub.status  # type: ignore[no-any-return]

    @lazy
    def _reason(self) -> str:
        return self._hub.status_line.partition(" ")[2]  # type: ignore[no-any-return]

    async def prepare(self, request: Any) -> Any:
        """As aiohttp's; what nobody has asked for is sent without having been made."""
        if self._is_begun_plainly:
            return self._payload_writer
        if len(self.__dict__) > 1 or (head := head_of(request, self._hub)) is None:
            return await super().prepare(request)
        self._req = request
        self._keep_alive = True
        self._payload_writer = writer = request.writer
        writer._headers_buf = head
        writer.chunked = self._hub.body is None
        self._is_begun_plainly = True
        return writer

    async def _prepare_headers(self) -> None:
        typed = "Content-Type" in self.headers
        await super()._prepare_headers()
        if not typed:
            self.headers.popall("Content-Type", None)


class Whole(Exact, web.Response):
    """A response whose body is known."""

    # What aiohttp's own sets for a middleware that compresses the body.
    _zlib_executor_size = MAX_SYNC_CHUNK_SIZE
    _zlib_executor = None

    @lazy
    def _body(self) -> bytes:
        return self._hub.body  # type: ignore[no-any-return]

    async def write_eof(self, data: bytes = b"") -> None:
        if not self._is_begun_plainly or self._eof_sent:
            await super().write_eof(data)
            return
        writer, body = self._payload_writer, self._hub.body
        if len(body) > LIMIT:
            await writer.write_eof(body)
        else:
            writer._headers_buf += body
            writer.set_eof()  # sends it
            if writer.transport.get_write_buffer_size():
                await writer.drain()
        self._eof_sent = True
        self._body_length = writer.output_size
        self._req = self._payload_writer = None


class Dutiful(Whole):
    """One with something to be done when it has been sent."""

    def __init__(self, response: Any) -> None:
        super().__init__(response)
        if (task := asyncio.current_task()) is not None:
            # A middleware may send another one instead.
            task.add_done_callback(lambda _: response.delivery.closed or _later(response.aclose()))

    async def write_eof(self, data: bytes = b"") -> None:
        try:
            await super().write_eof(data)
        finally:
            await self._hub.aclose()


def _later(work: Any) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _LATER.add(task)
    task.add_done_callback(_LATER.discard)


_LATER: set[asyncio.Task[None]] = set()
