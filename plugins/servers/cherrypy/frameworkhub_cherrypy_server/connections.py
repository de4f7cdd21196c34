"""cheroot's connections and requests, with what it changes of them put right."""

from __future__ import annotations

import re
import select
import socket
import struct
import time
from contextlib import suppress
from functools import partial
from io import BufferedReader
from typing import Any
from urllib.parse import unquote_to_bytes

from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10

from .body import CHUNK, Body

CRLF = b"\r\n"
LINGER = 1.0
TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"

_is_name = re.compile(TOKEN).fullmatch
_request_line = re.compile(rb"(" + TOKEN + rb") ([!-~\x80-\xff]+) (HTTP/1\.[01])\r\n").fullmatch


class Fields(HeaderReader):  # type: ignore[misc]
    """Reads header fields. Keeps repeated ones, where cheroot keeps the last.

    Drops those with a `_` in their name, which a WSGI application could not tell from `-`.

    Raises:
        ValueError: a field or the framing is malformed, so that two readers might read it in two
            ways (RFC 9112, sections 5.2 and 6.3).
    """

    def __call__(self, rfile: Any, hdict: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
        fields = {} if hdict is None else hdict
        while (line := rfile.readline()) != CRLF:
            name, colon, value = line.partition(b":")
            if not (colon and line.endswith(CRLF) and _is_name(name)) or b"\0" in value:
                raise ValueError("Malformed header field")
            if b"_" not in name:
                _add(fields, name.title(), value.strip())
        _check_framing(fields)
        return fields


def _add(fields: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    if name in fields:
        separator = b"; " if name == b"Cookie" else b", "
        value = fields[name] + separator + value
    fields[name] = value


def _check_framing(fields: dict[bytes, bytes]) -> None:
    length = fields.get(b"Content-Length", b"0")
    if not length.isdigit():
        raise ValueError("Malformed Content-Length")
    if b"Content-Length" in fields and b"Transfer-Encoding" in fields:
        raise ValueError("Both Content-Length and Transfer-Encoding")
    if fields.get(b"Expect", b"").lower() == b"100-continue":
        fields[b"Expect"] = b"100-Continue"  # which cheroot does not know, and so leaves to Body


class Request(HTTPRequest):  # type: ignore[misc]
    """One request and its response."""

    header_reader = Fields()

    def __init__(self, server: Any, conn: Connection) -> None:
        super().__init__(server, conn)
        conn.is_clean = False

    def read_request_line(self) -> bool:
        """Leaves target and scheme as they are: cheroot reads `//a/b` as a host, and keeps `%2F`."""
        line = self.rfile.readline()
        self.started_request = True
        if line == CRLF:
            line = self.rfile.readline()
        if not line:
            return False
        match = _request_line(line)
        if match is None:
            self.simple_response("400 Bad Request", "Malformed request line")
            return False
        self.method, self.uri, self.request_protocol = match.groups()
        self.response_protocol = self.request_protocol.decode()
        path, _, self.qs = self.uri.partition(b"?")
        if not path.startswith(b"/") and b"://" in path:
            path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
        self.path = unquote_to_bytes(path)
        return True

    def read_request_headers(self) -> bool:
        if not super().read_request_headers():
            return False
        options = [o.strip().lower() for o in self.inheaders.get(b"Connection", b"").split(b",")]
        is_old = self.response_protocol == "HTTP/1.0"
        self.close_connection = b"keep-alive" not in options if is_old else b"close" in options
        self.body = Body(self)
        return True

    def respond(self) -> None:
        self.rfile = BufferedReader(self.body, CHUNK)
        try:
            self.server.gateway(self).respond()
        except BaseException:
            # Where the end of the connection is the body's, it must not look like a good one.
            self.conn.is_broken = self.sent_headers and self.is_open_ended
            raise
        if not self.close_connection:
            self.body.skip()
        self.conn.is_clean = self.body.is_over

    def send_headers(self) -> None:
        if not (self.body.is_over or self.body.is_small):
            self.close_connection = True
        is_head = self.method == b"HEAD"
        if is_head:
            self.method = b"GET"  # The fields are the same.
        super().send_headers()
        if is_head:
            self.method, self.chunked_write = b"HEAD", False
        names = [name.lower() for name, _ in self.outheaders]
        self.is_open_ended = not (self.chunked_write or b"content-length" in names)

    @property
    def is_bare(self) -> bool:
        """Its answer has no body (RFC 9110, section 6.4.1)."""
        return self.method == b"HEAD" or self.status[:3] in (b"204", b"304")

    def finish(self) -> None:
        """Ends the response."""
        self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")
            self.chunked_write = False


class Connection(HTTPConnection):  # type: ignore[misc]
    """A client's connection.

    Attributes:
        is_clean: nothing of a request is left unread.
        is_broken: to be reset, not closed.
    """

    RequestHandlerClass = Request
    rbufsize = CHUNK
    is_clean = True
    is_broken = False

    def is_gone(self) -> bool:
        """Whether the client has closed it; where the system has no POLLRDHUP, reset it."""
        if self.socket.fileno() == -1:
            return True
        poll = select.poll()
        poll.register(self.socket, getattr(select, "POLLRDHUP", 0))
        return bool(poll.poll(0))

    def close(self) -> None:
        if not (self.is_clean or self.is_broken):
            self._linger()
        super().close()

    def _linger(self) -> None:
        """Ends our side and reads on for a moment.

        To close while bytes arrive resets the connection, and the client may lose our answer.
        """
        end = time.monotonic() + LINGER
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(LINGER)
            while self.socket.recv(CHUNK) and time.monotonic() < end:
                pass

    def _close_kernel_socket(self) -> None:
        if self.is_broken:
            reset = struct.pack("ii", 1, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        else:
            super()._close_kernel_socket()


class Gateway(Gateway_10):  # type: ignore[misc]
    """From a request to the WSGI application, and back."""

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["SERVER_NAME"] = self.req.server.bind_addr[0]
        environ["wsgi.input_terminated"] = True
        environ["frameworkhub.is_disconnected"] = self.req.conn.is_gone
        return environ

    def respond(self) -> None:
        """Ends the response before it closes the iterable: much may be done in there."""
        chunks = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            for chunk in filter(None, chunks):
                self.write(b"" if self.req.is_bare else chunk)
            self.req.finish()
        finally:
            if close := getattr(chunks, "close", None):
                close()
