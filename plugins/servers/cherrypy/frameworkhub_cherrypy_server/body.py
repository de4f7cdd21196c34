"""A request's body, read as it arrives: cheroot's own waits for as much as it is asked for."""

from __future__ import annotations

import re
from contextlib import suppress
from io import RawIOBase
from typing import Any

from frameworkhub.errors import ClientDisconnect, HTTPError

CHUNK = 64 * 1024
CRLF = b"\r\n"

_chunk_size = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r\n").fullmatch


class Body(RawIOBase):
    """The raw file beneath `wsgi.input`.

    Attributes:
        left: bytes of the body, or of the current chunk, that are still to be read.
        is_over: there is nothing more to be read.

    Raises:
        ClientDisconnect: reading, when the client went before the end, or has stalled too long.
        HTTPError: 400, reading malformed chunks.
    """

    def __init__(self, request: Any) -> None:
        self._source = request.conn.rfile
        self._sink = request.conn.wfile
        self._is_chunked = request.chunked_read
        self._is_first = True
        self._is_awaited = request.inheaders.get(b"Expect", b"") == b"100-Continue"
        self.left = int(request.inheaders.get(b"Content-Length", 0))
        self.is_over = not (self.left or self._is_chunked)

    @property
    def is_small(self) -> bool:
        """What is left is worth reading, to keep the connection."""
        return not (self._is_chunked or self._is_awaited) and self.left <= CHUNK

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._read(len(buffer))
        except OSError as error:
            raise ClientDisconnect("the client went, or stalled") from error
        buffer[: len(data)] = data
        return len(data)

    def skip(self) -> bool:
        """Reads what is left; False where it has no good end."""
        with suppress(OSError, ClientDisconnect, HTTPError):
            while not self.is_over:
                self._read(CHUNK)
        return self.is_over

    def _read(self, size: int) -> bytes:
        if self.is_over:
            return b""
        if self._is_awaited:
            self._is_awaited = False
            self._sink.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._is_chunked and not self.left:
            self._begin_chunk()
            if self.is_over:
                return b""
        data: bytes = self._source.read1(min(size, self.left))
        if not data:
            raise ClientDisconnect("the client went before the end of its request")
        self.left -= len(data)
        self.is_over = not (self.left or self._is_chunked)
        return data

    def _begin_chunk(self) -> None:
        if not self._is_first and self._line() != CRLF:
            raise HTTPError(400, "a chunk is longer than it said")
        self._is_first = False
        size = _chunk_size(self._line())
        if size is None:
            raise HTTPError(400, "malformed chunks")
        self.left = int(size[1], 16)
        if not self.left:
            while self._line() != CRLF:  # trailer fields
                pass
            self.is_over = True

    def _line(self) -> bytes:
        line: bytes = self._source.readline(CHUNK)
        if not line:
            raise ClientDisconnect("the client went before the end of its request")
        return line
