"""WebSockets (RFC 6455), carried by the ASGI messages."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .asgi import Receive, Scope, ScopeSource, Send, locate
from .errors import HTTPError, WebSocketClosed
from .headers import pairs
from .requests import Connection
from .responses import problem

if TYPE_CHECKING:
    from .site import Site

logger = logging.getLogger("frameworkhub")


class WebSocket(Connection):
    """One WebSocket, as its handler sees it.

    Attributes:
        subprotocols: what the client offers, in its order.
        subprotocol: what was accepted, or None.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, native: Any = None) -> None:
        super().__init__(ScopeSource(scope, receive), scope if native is None else native)
        self.subprotocols: list[str] = list(scope.get("subprotocols") or ())
        self.subprotocol: str | None = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._connected = False
        self.accepted = False
        self.closed: WebSocketClosed | None = None

    def _locate(self) -> tuple[str, str]:
        return locate(self._scope)

    async def _connect(self) -> None:
        if not self._connected:
            self._connected = True
            await self._receive()

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answers the handshake.

        Raises:
            RuntimeError: it has been answered already.
            ValueError: the client did not offer this subprotocol, or a header can't be sent.
        """
        if self.accepted or self.closed:
            raise RuntimeError("this WebSocket has been accepted or closed already")
        if subprotocol is not None and subprotocol not in self.subprotocols:
            raise ValueError(f"the client offers the subprotocols {self.subprotocols}")
        fields = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in pairs(headers)]
        await self._connect()
        await self._send(
            {"type": "websocket.accept", "subprotocol": subprotocol, "headers": fields}
        )
        self.accepted, self.subprotocol = True, subprotocol

    async def receive(self) -> str | bytes:
        """The next message. Raises WebSocketClosed when the client has closed."""
        if self.closed:
            raise self.closed
        if not self.accepted:
            raise RuntimeError("this WebSocket has not been accepted")
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code", 1005)
            self.closed = WebSocketClosed(
                1005 if code is None else code, message.get("reason") or ""
            )
            raise self.closed
        text = message.get("text")
        return bytes(message["bytes"]) if text is None else text

    async def receive_text(self) -> str:
        """Raises TypeError for a binary message."""
        message = await self.receive()
        if not isinstance(message, str):
            raise TypeError("the client sent a binary message")
        return message

    async def receive_bytes(self) -> bytes:
        """Raises TypeError for a text message."""
        message = await self.receive()
        if not isinstance(message, bytes):
            raise TypeError("the client sent a text message")
        return message

    async def receive_json(self) -> Any:
        """The next message as JSON. Raises ValueError where it is not."""
        return json.loads(await self.receive())

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                message = await self.receive()
            except WebSocketClosed:
                return
            yield message

    async def send(self, message: str | bytes) -> None:
        """Sends a text or a binary message. Raises WebSocketClosed when the client has gone."""
        if isinstance(message, str):
            await self._emit({"type": "websocket.send", "text": message})
        else:
            await self._emit({"type": "websocket.send", "bytes": bytes(message)})

    async def _emit(self, message: dict[str, Any]) -> None:
        if self.closed:
            raise self.closed
        if not self.accepted:
            raise RuntimeError("this WebSocket has not been accepted")
        try:
            await self._send(message)
        except OSError as error:
            self.closed = WebSocketClosed(1006)
            raise self.closed from error

    async def send_text(self, text: str) -> None:
        await self.send(text)

    async def send_bytes(self, data: bytes) -> None:
        await self.send(data)

    async def send_json(self, value: Any) -> None:
        """Sends a value as JSON in a text message."""
        from .responses import dump_json

        await self.send(dump_json(value).decode())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes it; before `accept`, refuses the handshake with 403. Nothing, once it is closed.

        Raises:
            ValueError: a code that must not be sent (RFC 6455, section 7.4), or a reason over 123
            bytes.
        """
        if not (code in (1000, 1001, 1002, 1003) or 1007 <= code <= 1014 or 3000 <= code <= 4999):
            raise ValueError(f"{code} is no close code that may be sent")
        if len(reason.encode()) > 123:
            raise ValueError("the reason of a close has at most 123 bytes")
        if self.closed:
            return
        if not self.accepted:
            await self.refuse(HTTPError(403))
            return
        self.closed = WebSocketClosed(code, reason)
        with suppress(OSError):  # The client may go first, and closing is what was wanted.
            await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def refuse(self, error: HTTPError) -> None:
        """Refuses the handshake with an HTTP error, or 403 where the host can say no other."""
        await self._connect()
        self.closed = WebSocketClosed(1006)
        if "websocket.http.response" not in (self._scope.get("extensions") or {}):
            await self._send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        response = problem(error)
        body = response.body or b""
        fields = [*response.header_list, ("content-length", str(len(body)))]
        headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in fields]
        start = {"type": "websocket.http.response.start", "status": error.status}
        await self._send(start | {"headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})


async def serve(site: Site, scope: Scope, receive: Receive, send: Send, native: Any) -> None:
    """Answers one `websocket` scope."""
    ws = WebSocket(scope, receive, send, native)
    try:
        await _run(site, ws)
    except HTTPError as error:
        if ws.accepted:
            await _failed(ws, error)
        else:
            await ws.refuse(error)
    except WebSocketClosed:
        pass
    except Exception as error:
        await _failed(ws, error)
    else:
        await ws.close()


async def _run(site: Site, ws: WebSocket) -> None:
    site.bind(ws)
    found = site.router.resolve_websocket(ws.path)
    if found is None:
        raise HTTPError(404)
    ws.route, ws.path_params = found
    await ws.route.handler(ws, **ws.path_params)


async def _failed(ws: WebSocket, error: Exception) -> None:
    logger.error("error in WebSocket %s", ws.path, exc_info=error)
    if ws.accepted:
        await ws.close(1011)
    else:
        await ws.refuse(HTTPError(500))
