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
    if response.body is None:
        if len(fields) != 1:
            return None
    elif len(fields) != 2 or fields[1][0] != "content-length":
        return None
    if (
        fields[0] not in IMPLIED
        or response.status != 200
        or request.method in _BODILESS
        or request.version != HttpVersion11
        or not request.keep_alive
    ):
        return None
    for app in request.match_info.apps:
        if app.on_response_prepare:
            return None
    return _usual(rfc822_formatted_time(), *fields)


_BODILESS = ("HEAD", "CONNECT")
_CHUNKED = ("Transfer-Encoding", "chunked")


# There are but a few of them in a second.
@lru_cache(maxsize=256)
def _usual(date: str, kind: tuple[str, str], framing: tuple[str, str] = _CHUNKED) -> bytes:
    fields = kind, framing, ("Date", date), ("Server", SERVER_SOFTWARE)
    lines = [f"{name}: {value}\r\n" for name, value in fields]
    return f"HTTP/1.1 200 OK\r\n{''.join(lines)}\r\n".encode()
