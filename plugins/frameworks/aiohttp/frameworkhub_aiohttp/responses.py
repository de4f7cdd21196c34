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

    async def _prepare_headers(self) -> None:
        typed = "Content-Type" in self.headers
        await super()._prepare_headers()
        if not typed:
            self.headers.popall("Content-Type", None)


class Whole(_Exact, web.Response):
    """A response whose body is known."""


class Dutiful(Whole):
    """One with something to be done when it has been sent."""

    def __init__(self, response: Any, **start: Any) -> None:
        super().__init__(**start)
        self._hub = response
        if (task := asyncio.current_task()) is not None:
            # A middleware may send another one instead.
            task.add_done_callback(lambda _: _later(response.aclose()))

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
    return Streamed(**_start(response))


async def whole(response: Any) -> web.Response:
    """A response with a body; what is to be done after it is done in any case."""
    start = _start(response)
    if response.delivery.has_duties:
        return Dutiful(response, body=response.body, **start)
    await response.aclose()
    fields = start["headers"]
    plain = "Content-Type" in fields and "".join(fields.values()).isascii()
    return (web.Response if plain else Whole)(body=response.body, **start)


def _start(response: Any) -> dict[str, Any]:
    reason = response.status_line.partition(" ")[2]
    fields = CIMultiDict(response.header_list)
    return {"status": response.status, "reason": reason, "headers": fields}


def _later(work: Any) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _LATER.add(task)
    task.add_done_callback(_LATER.discard)


_LATER: set[asyncio.Task[None]] = set()
