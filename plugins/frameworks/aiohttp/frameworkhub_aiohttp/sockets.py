"""WebSockets, in the terms of aiohttp."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from multidict import CIMultiDict

from frameworkhub import hosts

from .heads import Latin1

# Seconds that a client has to answer the closing handshake.
CLOSE_SECONDS = 3.0


class Socket(Latin1, web.WebSocketResponse):
    """aiohttp's own WebSocket."""


class Bridge(hosts.WebSocketBridge):
    """A WebSocket over aiohttp's own.

    Attributes:
        answer: what the handler returns to aiohttp.
    """

    answer: web.StreamResponse

    def __init__(self, request: web.Request) -> None:
        super().__init__()
        self._request = request
        self._ws: Any = None
        self._reading: asyncio.Task[None] | None = None

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        self.answer = self._ws = Socket(
            protocols=[subprotocol] if subprotocol else [],
            autoclose=False,
            max_msg_size=hosts.MAX_MESSAGE,
            timeout=CLOSE_SECONDS,
        )
        self._ws.headers.extend(headers)
        await self._ws.prepare(self._request)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Listens all the time, so that the client's close is heard by who only sends as well."""
        ws = self._ws
        while (message := await ws.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
            self.feed(message.data)
            await self.room()
        if message.type == WSMsgType.CLOSE:
            await ws.close(code=message.data or WSCloseCode.OK, drain=False)
            self.disconnect(message.data, message.extra)
        else:
            broken = message.type == WSMsgType.ERROR and ws.close_code
            self.disconnect(broken or WSCloseCode.ABNORMAL_CLOSURE)

    async def stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def transmit(self, data: str | bytes) -> None:
        await (self._ws.send_str(data) if isinstance(data, str) else self._ws.send_bytes(data))

    async def close(self, code: int, reason: str) -> None:
        if self._ws is not None:
            await self.stop_reading()  # aiohttp then waits for the client's answer itself.
            await self._ws.close(code=code, message=reason.encode())

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = web.Response(status=status, headers=CIMultiDict(headers), body=body)
