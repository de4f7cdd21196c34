"""WebSocket clients: frames on a raw socket (RFC 6455), and ASGI messages in process."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from collections.abc import Iterable
from typing import Any

from .answers import Pairs, all_of
from .asgi_lint import Message
from .inprocess import AsgiServer, Channel, Request, http_scope
from .wire import Head, Wire, head_bytes

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    """The server closed the WebSocket; 1006: the connection just ended."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Client:
    """One WebSocket, open or refused.

    Attributes:
        accepted: the server took the handshake.
        status: of the answer: 101, or that of the refusal.
        headers: of the answer.
        subprotocol: the chosen one.
        close_code, close_reason: how the server closed, None while it has not.
    """

    def __init__(self) -> None:
        self.accepted = False
        self.status = 0
        self.headers: Pairs = []
        self.subprotocol: str | None = None
        self.close_code: int | None = None
        self.close_reason: str | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.leave()

    def send(self, message: str | bytes) -> None:
        raise NotImplementedError

    def receive(self) -> str | bytes:
        """The next message; Closed when there is none any more."""
        raise NotImplementedError

    def close(self, code: int = 1000, reason: str = "") -> None:
        """The closing handshake from our side; over sockets waits for the server's answer."""
        raise NotImplementedError

    def leave(self) -> None:
        """The connection ends, with no closing handshake if there was none yet."""
        raise NotImplementedError

    def wait_closed(self) -> tuple[int, str]:
        """Reads until the server closes; its code and reason."""
        try:
            while True:
                self.receive()
        except Closed as closed:
            return closed.code, closed.reason

    def _closed(self, code: int, reason: str) -> Closed:
        if self.close_code is None:
            self.close_code, self.close_reason = code, reason
        return Closed(code, reason)


class SocketClient(Client):
    """Frames on a wire."""

    def __init__(
        self,
        wire: Wire,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        subprotocols: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.wire = wire
        key = base64.b64encode(os.urandom(16))
        fields = [*_handshake(wire.netloc, key.decode(), list(subprotocols)), *headers]
        wire.send(head_bytes("GET", target, fields))
        head = wire.final_head()
        self.status, self.headers = head.status, head.headers
        if head.status == 101:
            self._accept(head, key)

    def _accept(self, head: Head, key: bytes) -> None:
        wanted = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()
        assert all_of(head.headers, "sec-websocket-accept") == [wanted], head
        self.subprotocol = next(iter(all_of(head.headers, "sec-websocket-protocol")), None)
        self.accepted = True

    def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.send_frame(TEXT, message.encode())
        else:
            self.send_frame(BINARY, message)

    def send_frame(self, opcode: int, payload: bytes, final: bool = True) -> None:
        """A masked frame (section 5.2)."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        first = (0x80 if final else 0) | opcode
        self.wire.send(bytes([first]) + _length(len(payload)) + mask + masked)

    def receive(self) -> str | bytes:
        try:
            opcode, payload = self._message()
        except (EOFError, ConnectionResetError) as error:
            raise self._closed(1006, "") from error
        if opcode == CLOSE:
            raise self._closed(*_close_payload(payload))
        return payload.decode() if opcode == TEXT else payload

    def _message(self) -> tuple[int, bytes]:
        kind, parts = 0, b""
        while True:
            final, opcode, payload = self._frame()
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == CLOSE:
                self._answer_close(payload)
                return opcode, payload
            elif opcode != PONG:
                kind, parts = kind or opcode, parts + payload
                if final:
                    return kind, parts

    def _frame(self) -> tuple[bool, int, bytes]:
        first, second = self.wire.read_exactly(2)
        assert not second & 0x80, "a server's frames are not masked"
        size = second
        if size == 126:
            (size,) = struct.unpack(">H", self.wire.read_exactly(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.wire.read_exactly(8))
        return bool(first & 0x80), first & 0x0F, self.wire.read_exactly(size)

    def _answer_close(self, payload: bytes) -> None:
        try:
            self.send_frame(CLOSE, payload[:2])
        except ConnectionError:
            return  # The server did not wait for it.

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.send_frame(CLOSE, struct.pack(">H", code) + reason.encode())
        self.wait_closed()

    def leave(self) -> None:
        self.wire.close()


def _handshake(netloc: str, key: str, subprotocols: list[str]) -> Pairs:
    fields = [
        ("Host", netloc),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13"),
    ]
    offer = [("Sec-WebSocket-Protocol", ", ".join(subprotocols))] if subprotocols else []
    return fields + offer


def _length(size: int) -> bytes:
    if size < 126:
        return bytes([0x80 | size])
    if size < 1 << 16:
        return bytes([0x80 | 126]) + struct.pack(">H", size)
    return bytes([0x80 | 127]) + struct.pack(">Q", size)


def _close_payload(payload: bytes) -> tuple[int, str]:
    if not payload:
        return 1005, ""
    return struct.unpack(">H", payload[:2])[0], payload[2:].decode()


class MessageClient(Client):
    """ASGI messages, no socket."""

    def __init__(
        self,
        server: AsgiServer,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        subprotocols: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self._loop = server.loop
        self._channel = Channel()
        self._over = False
        scope = _scope(Request("GET", target, headers), list(subprotocols))
        self._channel.arrive(self._loop, {"type": "websocket.connect"})
        self._loop.run(self._channel.begin(server.lint, scope | {"state": dict(server.state)}))
        self._open(self._loop.run(self._channel.next()))

    def _open(self, message: Message) -> None:
        match message["type"]:
            case "websocket.accept":
                self.accepted, self.status = True, 101
                self.subprotocol = message.get("subprotocol")
                self.headers = _texts(message)
            case "websocket.close":
                self.status, self._over = 403, True
            case "websocket.http.response.start":
                self.status, self._over = message["status"], True
                self.headers = _texts(message)
            case _:
                raise AssertionError(f"{message} in answer to the handshake") from self.error

    @property
    def error(self) -> BaseException | None:
        """What the application raised."""
        return self._channel.error

    def send(self, message: str | bytes) -> None:
        key = "text" if isinstance(message, str) else "bytes"
        self._channel.arrive(self._loop, {"type": "websocket.receive", key: message})

    def receive(self) -> str | bytes:
        if self._over:
            raise Closed(self.close_code or 1006, self.close_reason or "")
        message = self._loop.run(self._channel.next())
        if message["type"] == "websocket.send":
            text: str | None = message.get("text")
            return text if text is not None else bytes(message["bytes"])
        self._over = True
        if message is Channel.END:
            raise self._closed(1006, "")
        code, reason = message.get("code") or 1000, message.get("reason") or ""
        self._channel.arrive(self._loop, _disconnect(code, reason))
        raise self._closed(code, reason)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self._over = True
        self._closed(code, reason)
        self._loop.run(self._channel.leave(_disconnect(code, reason)))

    def leave(self) -> None:
        self._loop.run(self._channel.leave(_disconnect(1006, "")))


def _disconnect(code: int, reason: str) -> Message:
    return {"type": "websocket.disconnect", "code": code, "reason": reason}


def _scope(request: Request, subprotocols: list[str]) -> dict[str, Any]:
    scope = http_scope(request)
    del scope["method"]
    extensions: dict[str, Any] = {"websocket.http.response": {}}
    handshake = _handshake("", "dGhlIHNhbXBsZSBub25jZQ==", subprotocols)[1:]
    fields = [(n.lower().encode(), v.encode("latin-1")) for n, v in handshake]
    return scope | {
        "type": "websocket",
        "scheme": "ws",
        "subprotocols": subprotocols,
        "extensions": extensions,
        "headers": scope["headers"] + fields,
    }


def _texts(message: Message) -> Pairs:
    fields = message.get("headers", ())
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
