"""cheroot's requests, with what it changes of them put right."""

from __future__ import annotations

import re
from io import BufferedReader
from typing import Any
from urllib.parse import unquote_to_bytes

from cheroot.server import HeaderReader, HTTPRequest

from .body import Body

CRLF = b"\r\n"
TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"

_is_name = re.compile(TOKEN).fullmatch
_request_line = re.compile(rb"(" + TOKEN + rb") ([!-~\x80-\xff]+) (HTTP/1\.[01])\r\n").fullmatch


class Fields(HeaderReader):
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


class Request(HTTPRequest):
    """One request and its response.

    Attributes:
        body: what is below `wsgi.input`.
        is_open_ended: the end of the connection is the end of the response.
    """

    header_reader = Fields()
    is_open_ended = False

    def __init__(self, server: Any, conn: Any) -> None:
        super().__init__(server, conn)
        conn.is_clean = False

    def read_request_line(self) -> bool:
        """Leaves the target as it is: cheroot takes `//a/b` for a host, and keeps `%2F`."""
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
        self.rfile = BufferedReader(self.body)
        try:
            self.server.gateway(self).respond()
        except BaseException:
            # Where the end of the connection is the body's, it must not look like a good one.
            self.conn.is_broken = self.sent_headers and self.is_open_ended
            raise
        if not self.close_connection:
            self.close_connection = not self.body.skip()
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
