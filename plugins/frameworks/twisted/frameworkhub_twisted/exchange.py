"""One request: from Twisted's reactor to the app's event loop and back."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import unquote_to_bytes

from frameworkhub import ClientDisconnect, Request, Response, asgi
from frameworkhub.concurrency import LOOP
from frameworkhub.site import Site
from twisted.internet import reactor as _reactor
from twisted.python.threadable import isInIOThread
from twisted.web.server import NOT_DONE_YET

reactor: Any = _reactor
CHUNK = 64 * 1024


def event_loop() -> asyncio.AbstractEventLoop:
    """The reactor's own event loop, or that of the process where the reactor has none."""
    return getattr(reactor, "_asyncioEventloop", None) or LOOP.loop()


async def in_reactor(function: Callable[..., Any], *args: Any) -> Any:
    """Calls `function` in the reactor's thread, and waits until it has been called."""
    if isInIOThread():
        return function(*args)
    future: Future[Any] = Future()

    def call() -> None:
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)

    reactor.callFromThread(call)
    return await asyncio.wrap_future(future)


def scope(request: Any, kind: str = "http") -> dict[str, Any]:
    """A Twisted request in the terms of ASGI."""
    raw_path, _, query = request.uri.partition(b"?")
    client = request.getClientAddress()
    host = request.getHost()
    names = request.requestHeaders.getAllRawHeaders()
    return {
        "type": kind,
        "http_version": request.clientproto.decode("ascii").partition("/")[2],
        "method": request.method.decode("latin-1"),
        "scheme": {"http": "http", "websocket": "ws"}[kind] + ("s" if request.isSecure() else ""),
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query,
        "headers": [(name.lower(), value) for name, values in names for value in values],
        "client": (client.host, client.port) if hasattr(client, "port") else None,
        "server": (host.host, host.port) if hasattr(host, "port") else None,
    }


def begin(site: Site, request: Any) -> int:
    """Starts the site's answer to a Twisted request; for `Resource.render`."""
    if (request.getHeader(b"upgrade") or b"").lower() == b"websocket":
        from .websocket import WebSocketExchange as Kind
    else:
        Kind = HTTPExchange
    exchange = Kind(site, request)
    exchange.loop.call_soon_threadsafe(exchange.start, context=contextvars.copy_context())
    return NOT_DONE_YET


class Exchange:
    """What a request and a WebSocket share: the app's side of it is one task on the event loop."""

    def __init__(self, site: Site, request: Any) -> None:
        self.site = site
        self.request = request
        self.loop = event_loop()
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def start(self) -> None:
        self._task = self.loop.create_task(self.run())

    def put(self, message: dict[str, Any]) -> None:
        """Called by Twisted: a message for the app, by ASGI's names."""
        self.loop.call_soon_threadsafe(self.inbox.put_nowait, message)

    async def run(self) -> None:
        raise NotImplementedError


class HTTPExchange(Exchange):
    """Carries a request to the site and its response back; also Twisted's producer for that."""

    def __init__(self, site: Site, request: Any) -> None:
        super().__init__(site, request)
        self._gone = False
        self._may_write = asyncio.Event()
        self._may_write.set()
        request.notifyFinish().addErrback(self.stopProducing)
        # Our server hands a stream over as it comes; else the body is in `request.content`.
        self._streamed = getattr(request, "subscribe", lambda exchange: False)(self)
        if not self._streamed:
            request.content.seek(0)

    # Called by Twisted.

    def fed(self, chunk: bytes, more: bool) -> None:
        self.put({"type": "http.request", "body": chunk, "more_body": more})

    def pauseProducing(self) -> None:
        self.loop.call_soon_threadsafe(self._may_write.clear)

    def resumeProducing(self) -> None:
        self.loop.call_soon_threadsafe(self._may_write.set)

    def stopProducing(self, failure: Any = None) -> None:
        self._gone = True
        self.put({"type": "http.disconnect"})
        self.resumeProducing()

    # On the event loop.

    async def receive(self) -> dict[str, Any]:
        """The body, then `http.disconnect`, as an ASGI server gives them."""
        if not self._streamed:
            chunk = self.request.content.read(CHUNK)
            self._streamed = not chunk
            return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}
        message = await self.inbox.get()
        if message.get("more_body") and self.inbox.empty():
            await in_reactor(self.request.resume_upload)
        return message

    async def run(self) -> None:
        request = to_request(self)
        try:
            response = await self.site.ahandle(request)
            try:
                await to_response(self, response)
            finally:
                await response.aclose()
        except ClientDisconnect:
            pass
        except Exception:
            # It is logged; what the client has must not look whole.
            await in_reactor(self._abort)
        finally:
            request.source.close()

    def _abort(self) -> None:
        if not self._gone:
            self.request.transport.abortConnection()

    def head(self, response: Response) -> None:
        if self._gone:
            return
        native = self.request
        native.defaultContentType = None
        native.setResponseCode(response.status, response.status_line[4:].encode("latin-1"))
        for name in {name for name, _ in response.header_list}:
            native.responseHeaders.removeHeader(name)
        for name, value in response.header_list:
            native.responseHeaders.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))

    def whole(self, response: Response) -> None:
        """A response that is no stream, with its body."""
        self.head(response)
        if not self._gone:
            self.request.write(response.body)
            self.request.finish()

    def begin_stream(self, response: Response) -> None:
        self.head(response)
        if not self._gone:
            self.request.registerProducer(self, True)

    def end_stream(self) -> None:
        if not self._gone:
            self.request.unregisterProducer()
            self.request.finish()

    async def write(self, chunk: bytes) -> None:
        await self._may_write.wait()
        if self._gone:
            raise ConnectionResetError("the client went")
        await in_reactor(self.request.write, chunk)


def to_request(exchange: HTTPExchange) -> Request:
    return asgi.to_request(scope(exchange.request), exchange.receive, native=exchange.request)


async def to_response(exchange: HTTPExchange, response: Response) -> None:
    if response.body is not None:
        await in_reactor(exchange.whole, response)
        return
    await in_reactor(exchange.begin_stream, response)
    await asgi.stream(response, exchange.write)
    await in_reactor(exchange.end_stream)
