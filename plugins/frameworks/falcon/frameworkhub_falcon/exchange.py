"""What the app needs of ASGI, and Falcon keeps to itself."""

from __future__ import annotations

from urllib.parse import quote

import frameworkhub as hub
from frameworkhub.asgi import Message, Receive, Scope, Send
from frameworkhub.errors import ClientDisconnect

EXCHANGE = "frameworkhub.exchange"
FIRST: dict[str, Message] = {
    "http": {"type": "http.request", "body": b"", "more_body": True},
    "websocket": {"type": "websocket.connect"},
}


class Exchange:
    """The ASGI exchange behind one of Falcon's requests.

    Falcon takes the first event before it asks anybody: it gets an empty one, and the site all the
    real ones. And it ends what the site has ended: that goes nowhere.

    Attributes:
        scope, receive: as the server gave them.
        request, response: of the hub, if the request is the site's.
        is_over: nothing more is to be sent.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.request: hub.Request | None = None
        self.response: hub.Response | None = None
        self.is_over = False
        self._send = send
        self._begun = False

    def shown_scope(self) -> Scope:
        """The scope for Falcon, which fails where the query is no UTF-8."""
        query: bytes = self.scope["query_string"]
        try:
            query.decode()
        except UnicodeDecodeError:
            query = quote(query, safe="%!$&'()*+,;=:@/?~").encode()
        return {**self.scope, "query_string": query, EXCHANGE: self}

    async def receive_all(self) -> Message:
        if self._begun:
            return await self.receive()
        self._begun = True
        return FIRST[self.scope["type"]]

    async def send(self, message: Message) -> None:
        if self.is_over:
            return
        try:
            await self._send(message)
        except OSError as error:
            if self.request is None:
                raise
            self.request.source.gone = True
            raise ClientDisconnect("the client went before the end of its response") from error

    async def close(self) -> None:
        if self.response is not None:
            await self.response.aclose()
        elif self.request is not None:
            self.request.source.close()


class Carrier:
    """Gives the app the exchange behind Falcon's requests, and closes its responses."""

    __slots__ = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)  # type: ignore[misc]
            return
        exchange = Exchange(scope, receive, send)
        try:
            await super().__call__(exchange.shown_scope(), exchange.receive_all, exchange.send)  # type: ignore[misc]
        except ClientDisconnect:
            pass
        finally:
            await exchange.close()
