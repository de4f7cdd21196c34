"""A response, in the terms of Tornado."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import lru_cache
from typing import Any

from tornado.http1connection import HTTP1Connection

from frameworkhub import hosts
from frameworkhub.responses import IMPLIED

# Server, Date, Content-Type and Content-Length.
_USUAL_FIELDS = 4


def _is_clear(connection: Any) -> bool:
    """Whether nothing waits to be sent."""
    if connection.__class__ is not HTTP1Connection:
        return False
    stream = connection.stream
    return not (stream.closed() or stream.writing())


def _send(stream: Any, data: bytes) -> asyncio.Future[None] | None:
    """What the socket takes at once needs neither a buffer nor the futures of Tornado's `write`."""
    try:
        size = stream.write_to_fd(memoryview(data))
    except OSError:  # which the stream will meet again, and see to
        size = 0
    if size == len(data):
        return None
    return stream.write(data[size:])  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def _head(*fields: tuple[str, str]) -> bytes:
    """There are but a few in a second."""
    lines = [f"{name}: {value}" for name, value in fields]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("Illegal characters (CR or LF) in header")
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "\r\n"]).encode("latin-1")


class Answer:
    """What makes a `RequestHandler` send the app's responses as they are.

    Attributes:
        is_begun: a part of a stream has been sent.
        is_direct: nothing of the user's sees what is written, but the application's transforms.
    """

    is_begun = False
    is_direct = False
    application: Any
    request: Any
    _headers: Any
    _headers_written: bool
    _write_buffer: list[bytes]
    get_status: Any

    def set_etag_header(self) -> None:
        """Nothing: a handler's fields are sent as they are."""

    def check_etag_header(self) -> bool:
        """Never called where the app has set an ETag; there is no other."""
        return False

    def begin(self, response: Any) -> None:
        """Sets status and fields."""
        if response.status != 200 or self.get_status() != 200:
            self.set_status(response.status, response.status_line.partition(" ")[2])
        pairs = response.header_list
        if len(pairs) == 2 and pairs[0] in IMPLIED and pairs[1][0] == "content-length":
            # As most are; what `set_header` would look for is not in them.
            self._headers["Content-Type"] = pairs[0][1]
            self._headers["Content-Length"] = pairs[1][1]
        else:
            self._set_fields(pairs)

    def _set_fields(self, pairs: list[tuple[str, str]]) -> None:
        names = set()
        for name, value in pairs:
            key = name.lower()
            (self.add_header if key in names else self.set_header)(name, value)
            names.add(key)
        if "content-type" not in names:
            self.clear_header("Content-Type")

    def emit(self, chunk: bytes) -> Awaitable[None] | None:
        """Sends a part of the body; what is to be awaited, or None."""
        if self.is_begun and self.is_direct and not self.application.transforms:
            # What `write` and `flush` come to.
            connection = self.request.connection
            if _is_clear(connection):
                return _send(connection.stream, connection._format_chunk(chunk))
            return connection.write(chunk)  # type: ignore[no-any-return]
        self.is_begun = True
        self.write(chunk)
        return self.flush()  # type: ignore[no-any-return]

    def flush(self, include_footers: bool = False) -> asyncio.Future[None]:
        """As Tornado's; a usual answer is sent as one piece, with its head from a cache."""
        if not (include_footers and self._is_usual()):
            return super().flush(include_footers)  # type: ignore[misc,no-any-return]
        connection = self.request.connection
        body, self._write_buffer = self._write_buffer, []
        data = b"".join([_head(*self._headers.get_all()), *body])
        self._headers_written = True
        connection._pending_write = sent = _send(connection.stream, data)
        if sent is None:
            sent = asyncio.get_running_loop().create_future()
            sent.set_result(None)
        return sent

    def _is_usual(self) -> bool:
        """Whether nobody has a say in what is to be sent, and Tornado would add nothing to it."""
        request = self.request
        return (
            self.is_direct
            and not self._headers_written
            and not self.application.transforms
            and self.get_status() == 200
            and len(self._headers) == _USUAL_FIELDS
            and not hasattr(self, "_new_cookie")
            and request.method != "HEAD"
            and request.version == "HTTP/1.1"
            and _is_clear(request.connection)
            and not request.connection._disconnect_on_finish
        )

    def cut(self) -> None:
        """Ends the connection, not well."""
        connection = self.request.connection
        if self.request.version == "HTTP/1.0" and connection.stream.socket is not None:
            hosts.reset(connection.stream.socket)
        connection.close()
