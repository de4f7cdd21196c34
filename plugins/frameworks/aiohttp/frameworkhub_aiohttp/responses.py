"""aiohttp's responses, made to send what they are given."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11
from multidict import CIMultiDict


class Latin1:
    """A response whose fields are sent in Latin-1 (RFC 9110, section 5.5), not in UTF-8."""

    async def _write_headers(self) -> None:
        values = "".join(self.headers.values())
        if values.isascii() or max(values) > "\xff":  # The latter is not ours: aiohttp's way.
            await super()._write_headers()
            return
        at_once, self._send_headers_immediately = self._send_headers_immediately, False
        await super()._write_headers()
        writer = self._payload_writer
        writer._headers_buf = writer._headers_buf.decode().encode("latin-1")
        if at_once:
            writer.send_headers()


class _Exact(Latin1):
    """A response that sends the fields it has, and invents none."""

    async def _prepare_headers(self) -> None:
        typed = "Content-Type" in self.headers
        await super()._prepare_headers()
        if not typed:
            self.headers.popall("Content-Type", None)


class Whole(_Exact, web.Response):
    """A response whose body is known."""

    _is_begun_plainly = False

    def __init__(self, response: Any) -> None:
        status = response.status
        # What aiohttp's own would come to, for a body of bytes.
        self._headers = CIMultiDict(response.header_list)
        self._state = {}
        self._status = status
        self._reason = "OK" if status == 200 else _reason(response)
        self._body = response.body

    async def prepare(self, request: Any) -> Any:
        """As aiohttp's, without the coroutines that look for what most responses don't have."""
        if not self._is_plain(request):
            return await super().prepare(request)
        self._req = request
        self._keep_alive = True
        self._is_begun_plainly = True
        self._payload_writer = writer = request.writer
        headers = self._headers
        if hdrs.DATE not in headers:
            headers[hdrs.DATE] = rfc822_formatted_time()
        if hdrs.SERVER not in headers:
            headers[hdrs.SERVER] = SERVER_SOFTWARE
        await request._prepare_hook(self)
        if "".join(headers.values()).isascii():
            await writer.write_headers(f"HTTP/1.1 {self._status} {self._reason}", headers)
        else:
            await self._write_headers()
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        writer = self._payload_writer
        if writer is None or not self._is_begun_plainly:
            await super().write_eof(data)
            return
        await writer.write_eof(self._body)
        self._eof_sent = True
        self._body_length = writer.output_size
        self._req = self._payload_writer = None

    def _is_plain(self, request: Any) -> bool:
        """Whether neither the request nor a middleware wants anything special."""
        headers = self._headers
        return (
            self._payload_writer is None
            and request.version == HttpVersion11
            and request.keep_alive
            and request.method not in _BODILESS
            and self._status not in (204, 304)
            and self._keep_alive is None
            and not (self._eof_sent or self._cookies or self._compression or self._chunked)
            and self._body.__class__ is bytes
            and hdrs.CONTENT_TYPE in headers
            and headers.get(hdrs.CONTENT_LENGTH) == str(len(self._body))
        )


_BODILESS = ("HEAD", "CONNECT")


class Dutiful(Whole):
    """One with something to be done when it has been sent."""

    def __init__(self, response: Any) -> None:
        super().__init__(response)
        self._hub = response
        if (task := asyncio.current_task()) is not None:
            # A middleware may send another one instead.
            task.add_done_callback(lambda _: response.delivery.closed or _later(response.aclose()))

    async def write_eof(self, data: bytes = b"") -> None:
        try:
            await super().write_eof(data)
        finally:
            await self._hub.aclose()


class Streamed(_Exact, web.StreamResponse):
    """A response that is written chunk by chunk."""

    async def prepare(self, request: Any) -> Any:
        if request.version < (1, 1) and "Content-Length" not in self.headers:
            self.force_close()  # Its end is the end of the body.
        return await super().prepare(request)


def streamed(response: Any) -> Streamed:
    fields = CIMultiDict(response.header_list)
    return Streamed(status=response.status, reason=_reason(response), headers=fields)


def _reason(response: Any) -> str:
    return response.status_line.partition(" ")[2]  # type: ignore[no-any-return]


def _later(work: Any) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _LATER.add(task)
    task.add_done_callback(_LATER.discard)


_LATER: set[asyncio.Task[None]] = set()
