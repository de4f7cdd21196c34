"""The head of an answer, in one piece."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11

from frameworkhub.responses import IMPLIED


def head_of(request: web.Request, response: Any) -> bytes | None:
    """The head of a usual answer to a usual request; None for others."""
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
