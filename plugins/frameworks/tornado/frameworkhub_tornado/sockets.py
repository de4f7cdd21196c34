"""WebSockets, in the terms of Tornado."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from tornado.web import RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from frameworkhub import hosts

from .requests import scope_of


class Bridge(hosts.WebSocketBridge):
    """A WebSocket over a tornado handler.

    Attributes:
        subprotocol: what the app has chosen.
        decided: set once the handshake is to be answered, or has been refused.
        shaken: set once it is answered, or the client has gone.
    """

    def __init__(self, handler: Any) -> None:
        super().__init__()
        self.handler = handler
        self.subprotocol: str | None = None
        self.accepted = False
        self.decided = asyncio.Event()
        self.shaken = asyncio.Event()

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        self.subprotocol = subprotocol
        for name, value in headers:
            self.handler.add_header(name, value)
        self.accepted = True
        self.decided.set()
        await self.shaken.wait()

    async def transmit(self, data: str | bytes) -> None:
        try:
            await self.handler.write_message(data, binary=isinstance(data, bytes))
        except WebSocketClosedError:
            raise ConnectionResetError("the client has closed the WebSocket") from None

    async def close(self, code: int, reason: str) -> None:
        self.handler.close(code, reason)

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        handler = self.handler
        handler.set_status(status)
        handler.clear_header("Content-Type")
        for name, value in headers:
            handler.add_header(name, value)
        handler.finish(body)

    async def carry(self) -> None:
        request = self.handler.request
        try:
            await self.run(self.handler.site, scope_of(request), native=request)
        finally:
            self.decided.set()


class Socket:
    """What makes a `WebSocketHandler` bring its WebSockets to a site."""

    max_message_size = hosts.MAX_MESSAGE

    def initialize(self, site: Any) -> None:
        super().initialize()
        self.site = site
        self.heard = False
        self.bridge = Bridge(self)

    def check_origin(self, origin: str) -> bool:
        """Any: whom the app talks to is its own decision, as it is on every other host."""
        return True

    async def get(self, *args: Any, **kwargs: Any) -> None:
        carrying = asyncio.create_task(self.bridge.carry())
        await self.bridge.decided.wait()
        if self.bridge.accepted:
            await super().get(*args, **kwargs)  # Until the WebSocket has ended.
        await carrying

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return self.bridge.subprotocol

    def open(self, *args: Any, **kwargs: Any) -> None:
        protocol, close = self.ws_connection, self.ws_connection.close

        def closing(code: int | None = None, reason: str | None = None) -> None:
            # The client's Close frame; `close_code` is None for one without a code, and for none.
            self.heard |= protocol.client_terminated and not protocol.server_terminated
            close(code, reason)

        protocol.close = closing
        self.bridge.shaken.set()

    async def on_message(self, message: str | bytes) -> None:
        self.bridge.feed(message)
        await self.bridge.room()

    def on_close(self) -> None:
        self.bridge.disconnect(self.close_code or (1005 if self.heard else 1006), self.close_reason)
        self.bridge.shaken.set()


@cache
def websocket_handler(base: type[RequestHandler]) -> type[RequestHandler]:
    """The handler class for a site's WebSockets."""
    users = () if base is RequestHandler else (base,)
    return type("HubSocket", (Socket, *users, WebSocketHandler), {})
