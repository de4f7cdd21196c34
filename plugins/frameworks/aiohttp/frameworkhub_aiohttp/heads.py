"""The head of an answer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11

from frameworkhub.responses import IMPLIED


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


def head_of(request: web.Request, response: Any) -> bytes | None:
    """The head of a usual answer to a usual request, in one piece; None for others."""
    fields = response.header_list
    if (
        not fields
        or (beginning := _BEGINNINGS.get(fields[0])) is None
        or (framing := _framing(response)) is None
        or response.status != 200
        or request.method in _BODILESS
        or request.version != HttpVersion11
        or not request.keep_alive
    ):
        return None
    for app in request.match_info.apps:
        if app.on_response_prepare:
            return None
    return (beginning + framing + _ending(rfc822_formatted_time())).encode()


def _framing(response: Any) -> str | None:
    """How the body is framed, where the rest of the fields is usual."""
    _, *framing = response.header_list
    if response.body is None:
        return None if framing else "Transfer-Encoding: chunked"
    length = framing[0] if len(framing) == 1 else ("", "")
    return f"content-length: {length[1]}" if length[0] == "content-length" else None


_BODILESS = ("HEAD", "CONNECT")
_BEGINNINGS = {field: f"HTTP/1.1 200 OK\r\ncontent-type: {field[1]}\r\n" for field in IMPLIED}


@lru_cache(maxsize=1)
def _ending(date: str) -> str:
    return f"\r\nDate: {date}\r\nServer: {SERVER_SOFTWARE}\r\n\r\n"
