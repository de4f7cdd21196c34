"""What gunicorn's WebSockets leave to be repaired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gunicorn.asgi import protocol

from frameworkhub.asgi import Message
from frameworkhub.errors import REASONS


class Handshake:
    """A WebSocket that tells reasons of closes, and can be refused by any response.

    The latter is the extension "WebSocket Denial Response" of ASGI.
    """

    def __init__(self, receive: Any) -> None:
        self.websocket = receive.__self__
        self.head = self.body = b""

    async def receive(self) -> Message:
        message: Message = await self.websocket._receive()
        if message["type"] == "websocket.disconnect":
            message["reason"] = self.websocket.close_reason
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.http.response.start":
            self.head = _head(message["status"], message["headers"])
        elif message["type"] == "websocket.http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                self.refuse()
        else:
            await self.websocket._send(message)

    def refuse(self) -> None:
        self.websocket.transport.write(self.head + self.body)
        self.websocket._denied = self.websocket.closed = True
        self.websocket._close_event.set()
        self.websocket.transport.close()


def _head(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    protocol._validate_response_headers(headers)
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}".encode()]
    lines += [name + b": " + value for name, value in (*headers, (b"connection", b"close"))]
    return b"\r\n".join([*lines, b"", b""])
