"""WebSockets, by wsproto on the channel of an HTTP request.

`twisted.web.websocket` answers the handshake before anyone is asked, and tells neither subprotocols nor close codes; so this
takes the connection over in the same way as it does.
"""

from __future__ import annotations

from typing import Any

import wsproto
from frameworkhub.site import Site
from twisted.internet.interfaces import IProtocol
from wsproto import events
from zope.interface import implementer

from .exchange import Exchange, in_reactor, scope


@implementer(IProtocol)
class WebSocketExchange(Exchange):
    """Carries one WebSocket to the site by ASGI's messages; the channel's protocol once accepted."""

    def __init__(self, site: Site, request: Any) -> None:
        super().__init__(site, request)
        self._handshake = wsproto.handshake.H11Handshake(wsproto.ConnectionType.SERVER)
        self._connection: Any = None
        self._parts: list[Any] = []
        self._closed = False
        self._start: dict[str, Any] = {}
        self.transport: Any = None
        request.notifyFinish().addErrback(lambda failure: self._leave(1006, ""))

    async def run(self) -> None:
        try:
            self._initiate()
        except wsproto.utilities.RemoteProtocolError:
            # No proper handshake: an HTTP request like any other.
            from .exchange import HTTPExchange

            await HTTPExchange(self.site, self.request).run()
            return
        described = scope(self.request, "websocket")
        described["subprotocols"] = list(self._handshake._initiating_request.subprotocols)
        described["extensions"] = {"websocket.http.response": {}}
        self.inbox.put_nowait({"type": "websocket.connect"})
        await self.site.websocket(described, self.inbox.get, self.send, native=self.request)

    def _initiate(self) -> None:
        named = self.request.requestHeaders.getAllRawHeaders()
        headers = [(name, value) for name, values in named for value in values]
        self._handshake.initiate_upgrade_connection(headers, self.request.path.decode("latin-1"))

    async def send(self, message: dict[str, Any]) -> None:
        """ASGI's `send`."""
        if self._closed:
            raise ConnectionResetError("the client went")
        await in_reactor(_SENDERS[message["type"]], self, message)

    # In the reactor.

    def _accept(self, message: dict[str, Any]) -> None:
        accepted = events.AcceptConnection(
            subprotocol=message.get("subprotocol"), extra_headers=list(message.get("headers") or ())
        )
        answer = self._handshake.send(accepted)
        self._connection = self._handshake.connection
        channel = self.request.channel
        early, channel._dataBuffer = b"".join(channel._dataBuffer), []
        channel._protocolUpgradeForWebsockets(self)
        channel.transport.resumeProducing()
        self.transport.write(answer)
        if early:
            self.dataReceived(early)

    def _send(self, message: dict[str, Any]) -> None:
        text = message.get("text")
        kind = events.BytesMessage(message["bytes"]) if text is None else events.TextMessage(text)
        self.transport.write(self._connection.send(kind))

    def _close(self, message: dict[str, Any]) -> None:
        if self._connection is None:
            self._refuse(403, [], b"")
            return
        self._closed = True
        code, reason = message.get("code", 1000), message.get("reason") or ""
        self.transport.write(self._connection.send(events.CloseConnection(code, reason)))
        self.transport.loseConnection()

    def _response_start(self, message: dict[str, Any]) -> None:
        self._start = message

    def _response_body(self, message: dict[str, Any]) -> None:
        self._refuse(self._start["status"], self._start["headers"], message.get("body", b""))

    def _refuse(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self._closed = True
        self.request.defaultContentType = None
        self.request.setResponseCode(status)
        for name, value in headers or [(b"content-length", b"0")]:
            self.request.responseHeaders.addRawHeader(name, value)
        self.request.write(body)
        self.request.finish()

    # Called by Twisted, once accepted (IProtocol).

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport

    def connectionLost(self, reason: Any) -> None:
        self._leave(1006, "")

    def _leave(self, code: int, reason: str) -> None:
        if not self._closed:
            self._closed = True
            self.put({"type": "websocket.disconnect", "code": code, "reason": reason})

    def dataReceived(self, data: bytes) -> None:
        try:
            self._connection.receive_data(data)
            for event in self._connection.events():
                _HANDLERS[type(event)](self, event)
        except (wsproto.utilities.RemoteProtocolError, wsproto.utilities.LocalProtocolError):
            self.transport.abortConnection()

    def _message(self, event: Any) -> None:
        self._parts.append(event.data)
        if event.message_finished:
            text = isinstance(event, events.TextMessage)
            whole: Any = "".join(self._parts) if text else b"".join(self._parts)
            self._parts = []
            self.put({"type": "websocket.receive", "text" if text else "bytes": whole})

    def _ping(self, event: Any) -> None:
        self.transport.write(self._connection.send(event.response()))

    def _pong(self, event: Any) -> None:
        pass

    def _close_received(self, event: Any) -> None:
        if self._connection.state is not wsproto.connection.ConnectionState.CLOSED:
            self.transport.write(self._connection.send(event.response()))
        self._leave(event.code, event.reason or "")
        self.transport.loseConnection()


_SENDERS = {
    "websocket.accept": WebSocketExchange._accept,
    "websocket.send": WebSocketExchange._send,
    "websocket.close": WebSocketExchange._close,
    "websocket.http.response.start": WebSocketExchange._response_start,
    "websocket.http.response.body": WebSocketExchange._response_body,
}
_HANDLERS = {
    events.TextMessage: WebSocketExchange._message,
    events.BytesMessage: WebSocketExchange._message,
    events.Ping: WebSocketExchange._ping,
    events.Pong: WebSocketExchange._pong,
    events.CloseConnection: WebSocketExchange._close_received,
}
