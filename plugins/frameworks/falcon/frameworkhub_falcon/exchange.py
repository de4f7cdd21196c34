"""What the app needs of ASGI, and Falcon keeps to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import frameworkhub as hub
from frameworkhub.asgi import Guard, Message, Receive, Scope, Send
from frameworkhub.delivery import END
from frameworkhub.errors import ClientDisconnect

EXCHANGE = "frameworkhub.exchange"
HTTP: Message = {"type": "http.request", "body": b"", "more_body": True}
WEBSOCKET: Message = {"type": "websocket.connect"}


class Gone(BaseException):
    """There is nobody to answer. Falcon would answer an Exception; this it lets through."""


class Exchange:
    """The ASGI exchange behind one of Falcon's requests.

    Falcon takes the first event before it asks anybody: it gets an empty one, and the site all the
    real ones.

    Attributes:
        receive: as the server gave it.
        scope: the same, where Falcon had to be given another one; else None.
        request: of the hub, if it is the site's.
        response: of the hub, if it is to be closed.
    """

    first = HTTP
    scope: Scope | None = None
    request: Any = None
    response: hub.Response | None = None
    _begun = False
    _guard: Guard | None = None
    _is_broken = False  # the stream failed, not the server's `send`

    def __init__(self, receive: Receive) -> None:
        self.receive = receive

    async def receive_all(self) -> Message:
        if self._begun:
            return await self.receive()
        self._begun = True
        return self.first

    async def chunks(self, response: hub.Response) -> AsyncIterator[bytes]:
        """A stream, as Falcon iterates over one; it ends where it stands when the client goes."""
        pull = response.delivery.pull
        guard = Guard(self.request.source)
        await guard.__aenter__()
        self._guard = guard
        try:
            while (chunk := await pull()) is not END:
                yield chunk
        except Exception:
            self._is_broken = True
            raise
        self._guard = None
        await guard.__aexit__(None, None, None)

    async def failed(self, error: BaseException) -> None:
        """Judges what came through Falcon.

        Raises:
            BaseException: it is not that the client went.
        """
        try:
            if self._guard is not None:
                await self._guard.__aexit__(type(error), error, error.__traceback__)
        except ClientDisconnect:
            return
        if isinstance(error, OSError) and self.request is not None and not self._is_broken:
            self.request.source.gone = True
        elif not isinstance(error, ClientDisconnect | Gone):
            raise error


class Channel(Exchange):
    """The same of a WebSocket. Falcon ends what the site has ended: that goes nowhere."""

    first = WEBSOCKET
    is_over = False

    def __init__(self, receive: Receive, send: Send) -> None:
        super().__init__(receive)
        self._send = send

    async def send(self, message: Message) -> None:
        if not self.is_over:
            await self._send(message)


def shown(scope: Scope) -> Scope:
    """The scope for Falcon, which fails where the query is no UTF-8."""
    query: bytes = scope["query_string"]
    try:
        query.decode()
    except UnicodeDecodeError:
        query = quote(query, safe="%!$&'()*+,;=:@/?~").encode()
    return {**scope, "query_string": query}


def carrier(call: Any) -> Any:
    """Gives the app the exchange behind Falcon's requests, and closes its responses."""

    async def __call__(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _call_other(call, self, scope, receive, send)
            return
        exchange = Exchange(receive)
        if not scope["query_string"].isascii():
            exchange.scope, scope = scope, shown(scope)
        scope[EXCHANGE] = exchange
        try:
            await call(self, scope, exchange.receive_all, send)
        except BaseException as error:
            await exchange.failed(error)
        finally:
            # Without this, request and exchange would keep each other alive.
            request, exchange.request = exchange.request, None
            if exchange.response is not None:
                response, exchange.response = exchange.response, None
                await response.aclose()
            elif request is not None and request._source is not None:
                request._source.close()

    return __call__


async def _call_other(call: Any, native: Any, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        channel = Channel(receive, send)
        channel.scope, scope = scope, {**shown(scope), EXCHANGE: channel}
        receive, send = channel.receive_all, channel.send
    await call(native, scope, receive, send)
