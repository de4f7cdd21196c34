"""aiohttp's responses, made to send what they are given."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
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

    def __init__(self, response: Any, **body: Any) -> None:
        self.hub = response
        reason = response.status_line.partition(" ")[2]
        fields = CIMultiDict(response.header_list)
        super().__init__(status=response.status, reason=reason, headers=fields, **body)

    async def _prepare_headers(self) -> None:
        typed = "Content-Type" in self.headers
        await super()._prepare_headers()
        if not typed:
            self.headers.popall("Content-Type", None)


class Whole(_Exact, web.Response):
    """A response whose body is known; what is to be done when it has been sent is done then."""

    def __init__(self, response: Any) -> None:
        super().__init__(response, body=response.body)
        if response.delivery.has_duties and (task := asyncio.current_task()):
            # A middleware may send another one instead.
            task.add_done_callback(lambda _: _later(response.aclose()))

    async def write_eof(self, data: bytes = b"") -> None:
        try:
            await super().write_eof(data)
        finally:
            await self.hub.aclose()


class Streamed(_Exact, web.StreamResponse):
    """A response that is written chunk by chunk."""

    async def prepare(self, request: Any) -> Any:
        if request.version < (1, 1) and "Content-Length" not in self.headers:
            self.force_close()  # Its end is the end of the body.
        return await super().prepare(request)


def _later(work: Any) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _LATER.add(task)
    task.add_done_callback(_LATER.discard)


_LATER: set[asyncio.Task[None]] = set()
