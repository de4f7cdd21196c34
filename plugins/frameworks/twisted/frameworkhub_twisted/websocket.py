"""WebSockets, by wsproto on the channel of an HTTP request.

`twisted.web.websocket` answers the handshake before anyone is asked, and tells neither
subprotocols nor close codes; so this takes the connection over in the same way as it does.
"""

from __future__ import annotations

from typing import Any

import wsproto
from twisted.internet.interfaces import IProtocol
from wsproto import events
from zope.interface import implementer

from frameworkhub.hosts import WebSocketBridge
from frameworkhub.site import Site

from .bridge import event_loop, in_reactor


@implementer(IProtocol)
class WebSocketExchange(WebSocketBridge):
    """Carries one WebSocket to the site; once accepted, it is the connection's protocol."""

    def __init__(self, site: Site, request: Any, described: Any) -> None:
        super().__init__()
        self.site = site
        self.request = request
        self.scope = described
        self.loop = event_loop()
        self.transport: Any = None
        self._connection: Any = None
        self._parts: list[Any] = []
        self._gone = False
        request.notifyFinish().addErrback(self.connectionLost)

    def start(self) -> None:
        self._task = self.loop.create_task(self.run(self.site, self.scope, self.request))

    # On the event loop: what the site sends.

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        await in_reactor(self._accept, subprotocol, headers)

    async def transmit(self, data: str | bytes) -> None:
        text = isinstance(data, str)
        await in_reactor(self._write, (events.TextMessage if text else events.BytesMessage)(data))

    async def close(self, code: int, reason: str) -> None:
        if self._connection is None:
            await self.refuse(403, [("content-length", "0")], b"")
        else:
            await in_reactor(self._write, events.CloseConnection(code, reason))
            await in_reactor(self.transport.loseConnection)

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        await in_reactor(self._refuse, status, headers, body)

    # In the reactor.

    def _accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        handshake = wsproto.handshake.H11Handshake(wsproto.ConnectionType.SERVER)
        path = self.scope["raw_path"].decode("latin-1")
        handshake.initiate_upgrade_connection(self.scope["headers"], path)
        extra = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        accepted = events.AcceptConnection(subprotocol=subprotocol, extra_headers=extra)
        answer = handshake.send(accepted)
        self._connection = handshake.connection
        channel = self.request.channel
        # What came while the app made up its mind.
        early, channel._dataBuffer = b"".join(channel._dataBuffer), []
        channel._protocolUpgradeForWebsockets(self)
        channel.transport.resumeProducing()
        self.transport.write(answer)
        self.dataReceived(early)

    def _write(self, event: Any) -> None:
        if self._gone:
            raise ConnectionResetError("the client went")
        self.transport.write(self._connection.send(event))

    def _refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        if self._gone:
            return
        self.request.defaultContentType = None
        self.request.setResponseCode(status)
        for name, value in headers:
            encoded = name.encode("latin-1"), value.encode("latin-1")
            self.request.responseHeaders.addRawHeader(*encoded)
        self.request.write(body)
        self.request.finish()

    def _tell(self, function: Any, *args: Any) -> None:
        self.loop.call_soon_threadsafe(function, *args)

    # What Twisted calls, once it is the protocol (IProtocol).

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport

    def connectionLost(self, reason: Any) -> None:
        if self._gone:
            return
        self._gone = True
        self._tell(self.disconnect, 1006)
        if self._connection is not None:
            # The channel no longer tells the request.
            self.request.connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:
        try:
            self._connection.receive_data(data)
            for event in self._connection.events():
                self._received(event)
        except (wsproto.utilities.RemoteProtocolError, wsproto.utilities.LocalProtocolError):
            self.transport.abortConnection()

    def _received(self, event: Any) -> None:
        if isinstance(event, events.Message):
            self._parts.append(event.data)
            if event.message_finished:
                text = isinstance(event, events.TextMessage)
                parts, self._parts = self._parts, []
                self._tell(self.feed, "".join(parts) if text else b"".join(parts))
        elif isinstance(event, events.Ping):
            self.transport.write(self._connection.send(event.response()))
        elif isinstance(event, events.CloseConnection):
            if self._connection.state is not wsproto.connection.ConnectionState.CLOSED:
                self.transport.write(self._connection.send(event.response()))
            self._tell(self.disconnect, event.code, event.reason)
            self.transport.loseConnection()
