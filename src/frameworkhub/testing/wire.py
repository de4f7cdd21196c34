"""A client of raw bytes: it sends what a test tells it, and hides nothing of the answer."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .answers import Answer, Pairs, all_of

# Seconds. What is waited for comes at once, unless others have the processors for a while.
TIMEOUT = 30.0
CHUNK = 64 * 1024
_WITH_LENGTH = {"POST", "PUT", "PATCH"}


class Head(NamedTuple):
    """The status line and the fields of an answer."""

    version: str
    status: int
    reason: str
    headers: Pairs


class Wire:
    """A connected socket; every wait ends after `timeout` seconds with TimeoutError.

    Attributes:
        netloc: `host:port`, as a `Host` field wants it.
    """

    def __init__(self, host: str, port: int, timeout: float = TIMEOUT) -> None:
        self.netloc = f"{host}:{port}"
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def finish_sending(self) -> None:
        """Half-closes: the server sees the end of what we send, we still read its answer."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return  # The server has closed already.

    def request(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        chunks: Iterable[bytes] | None = None,
    ) -> None:
        """Send a whole well-formed request; stops early where the answer comes first."""
        headers = list(headers)
        fields = framing(method, headers, body, chunks)
        if not all_of(headers, "host"):
            fields.insert(0, ("Host", self.netloc))
        self.send(head_bytes(method, target, [*fields, *headers]))
        self._send_body(body_bytes(body, chunks))

    def _send_body(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            if self._refused():
                return
            try:
                self.send(part)
            except ConnectionError:
                return  # The server has answered and closed: the answer tells why.

    def _refused(self) -> bool:
        """The connection has ended, or an answer has begun that is not 1xx or 2xx."""
        if not self.readable():
            return False
        try:
            self._buffer = self._buffer or self.socket.recv(CHUNK)
        except ConnectionError:
            return True
        return not self._buffer or self._buffer[9:10] not in (b"1", b"2")

    def readable(self, wait: float = 0) -> bool:
        """Bytes, or the end, have arrived."""
        return bool(self._buffer) or bool(select.select([self.socket], [], [], wait)[0])

    def read_some(self) -> bytes:
        """The bytes that come next, `b""` at the end."""
        data, self._buffer = self._buffer, b""
        return data or self.socket.recv(CHUNK)

    def read_exactly(self, size: int) -> bytes:
        """Raises EOFError where the connection ends before."""
        while len(self._buffer) < size:
            self._fill()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def read_line(self) -> bytes:
        """A line without its CRLF."""
        while b"\r\n" not in self._buffer:
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _fill(self) -> None:
        data = self.socket.recv(CHUNK)
        if not data:
            raise EOFError(f"the connection ended after {self._buffer!r}")
        self._buffer += data

    def head(self) -> Head:
        """The next status line and its fields; interim answers (1xx) count."""
        version, status, reason = (self.read_line().decode("latin-1") + "  ").split(" ", 2)
        return Head(version, int(status), reason.rstrip(), list(self._fields()))

    def _fields(self) -> Iterator[tuple[str, str]]:
        while line := self.read_line().decode("latin-1"):
            name, _, value = line.partition(":")
            yield name, value.strip(" \t")

    def final_head(self) -> Head:
        """The head of the final answer: interim ones but 101 are passed over."""
        head = self.head()
        while 100 <= head.status < 200 and head.status != 101:
            head = self.head()
        return head

    def answer(self, method: str = "GET") -> Answer:
        """The whole answer to a request of that method."""
        head = self.final_head()
        reader = BodyReader(self, method, head)
        body = b"".join(iter(reader.read, b""))
        return Answer(head.status, head.reason, head.headers, body, reader.complete)

    def at_end(self) -> bool:
        """The server has closed the connection and sent nothing more; waits for it."""
        try:
            return not self.read_some()
        except ConnectionResetError:
            return True


class BodyReader:
    """Reads a body arrival by arrival (RFC 9112, section 6.3).

    Attributes:
        complete: the end has been reached as the framing promised.
        framing: "none", "chunked", "length" or "close".
    """

    def __init__(self, wire: Wire, method: str, head: Head) -> None:
        self.wire = wire
        self.complete = False
        self.done = False
        self.left = 0
        self.framing = self._framing(method, head)

    def _framing(self, method: str, head: Head) -> str:
        lengths = all_of(head.headers, "content-length")
        if method == "HEAD" or head.status in (101, 204, 304):
            return "none"
        if "chunked" in ",".join(all_of(head.headers, "transfer-encoding")).lower():
            return "chunked"
        if lengths:
            assert len(set(lengths)) == 1, f"Content-Length is contradictory: {lengths}"
            self.left = int(lengths[0])
            return "length"
        return "close"

    def read(self) -> bytes:
        """What arrives next, `b""` at the end, be it a good or a bad one."""
        if self.done:
            return b""
        try:
            data = self._read()
        except (EOFError, ConnectionResetError):
            self.done = True
            return b""
        if not data:
            self.done = self.complete = True
        return data

    def _read(self) -> bytes:
        match self.framing:
            case "none":
                return b""
            case "chunked":
                return self._chunk()
            case "length":
                return self._counted()
        return self.wire.read_some()

    def _chunk(self) -> bytes:
        size = int(self.wire.read_line().split(b";")[0], 16)
        data = self.wire.read_exactly(size)
        end = self.wire.read_line()
        assert end == b"", f"a chunk ends with {end!r}"
        return data

    def _counted(self) -> bytes:
        if not self.left:
            return b""
        data = self.wire.read_some()
        if not data:
            raise EOFError
        self.wire._buffer = data[self.left :] + self.wire._buffer
        data = data[: self.left]
        self.left -= len(data)
        return data


def head_bytes(method: str, target: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """A request head as it is sent; texts are latin-1."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def framing(method: str, headers: Pairs, body: bytes, chunks: Iterable[bytes] | None) -> Pairs:
    """The framing field that a request needs and does not have yet."""
    if chunks is not None:
        return [("Transfer-Encoding", "chunked")]
    if (body or method in _WITH_LENGTH) and not all_of(headers, "content-length"):
        return [("Content-Length", str(len(body)))]
    return []


def body_bytes(body: bytes, chunks: Iterable[bytes] | None) -> Iterator[bytes]:
    """A request body as it is sent, piece by piece."""
    if chunks is None:
        for start in range(0, len(body), CHUNK):
            yield body[start : start + CHUNK]
        return
    for chunk in chunks:
        if chunk:
            yield b"%x\r\n%s\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"
