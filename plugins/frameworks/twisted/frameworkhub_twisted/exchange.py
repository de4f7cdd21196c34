"""One request: to the site and back."""

from __future__ import annotations

import asyncio
from typing import Any

from frameworkhub import ClientDisconnect, Request, Response, asgi
from frameworkhub.hosts import Inbox
from frameworkhub.site import Site

from .bridge import event_loop, in_reactor

CHUNK = 64 * 1024


class HTTPExchange:
    """Carries a request to the site and its response back; also Twisted's producer for that."""

    def __init__(self, site: Site, request: Any, described: Any) -> None:
        self.site = site
        self.request = request
        self.scope = described
        self.loop = event_loop()
        self.inbox = Inbox(self._pause, self._resume)
        self._gone = False
        self._may_write = asyncio.Event()
        self._may_write.set()
        request.notifyFinish().addErrback(self.stopProducing)
        request.answered = False  # for our server, which waits for it when it stops
        # Our server hands a body over as it comes; else it is whole, in `request.content`.
        self._whole = not getattr(request, "subscribe", lambda exchange: False)(self)
        if self._whole:
            request.content.seek(0)

    # In the reactor.

    def feed(self, chunk: bytes) -> None:
        self.loop.call_soon_threadsafe(self.inbox.feed, chunk)

    def finish(self) -> None:
        self.loop.call_soon_threadsafe(self.inbox.finish)

    def pauseProducing(self) -> None:
        self.loop.call_soon_threadsafe(self._may_write.clear)

    def resumeProducing(self) -> None:
        self.loop.call_soon_threadsafe(self._may_write.set)

    def stopProducing(self, failure: Any = None) -> None:
        self._gone = True
        self.loop.call_soon_threadsafe(self.inbox.disconnect)
        self.resumeProducing()

    def abort(self) -> None:
        if not self._gone:
            self.request.transport.abortConnection()

    def head(self, response: Response) -> None:
        native = self.request
        native.defaultContentType = None
        native.setResponseCode(response.status, response.status_line[4:].encode("latin-1"))
        for name in {name for name, _ in response.header_list}:
            native.responseHeaders.removeHeader(name)
        for name, value in response.header_list:
            native.responseHeaders.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))

    def answer(self, response: Response) -> None:
        """The head of a response, with its body if that is no stream."""
        if self._gone:
            return
        self.head(response)
        if response.body is None:
            self.request.registerProducer(self, True)
        else:
            self.request.write(response.body)

    def end(self, response: Response) -> None:
        if self._gone:
            return
        if response.body is None:
            self.request.unregisterProducer()
        self.request.finish()

    # On the event loop.

    def _pause(self) -> None:
        self.loop.create_task(in_reactor(self.request.pause_upload))

    def _resume(self) -> None:
        self.loop.create_task(in_reactor(self.request.resume_upload))

    def start(self) -> None:
        self._task = self.loop.create_task(self.run())

    async def receive(self) -> Any:
        """The body, then `http.disconnect`, as an ASGI server gives them."""
        if self._whole:
            if chunk := self.request.content.read(CHUNK):
                return {"type": "http.request", "body": chunk, "more_body": True}
            self._whole = False
            self.inbox.finish()
        return await self.inbox.receive()

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
            await in_reactor(self.abort)
        finally:
            request.source.close()
            self.request.answered = True

    async def write(self, chunk: bytes) -> None:
        await self._may_write.wait()
        if self._gone:
            raise ConnectionResetError("the client went")
        await in_reactor(self.request.write, chunk)


def to_request(exchange: HTTPExchange) -> Request:
    return asgi.to_request(exchange.scope, exchange.receive, native=exchange.request)


async def to_response(exchange: HTTPExchange, response: Response) -> None:
    await in_reactor(exchange.answer, response)
    if response.body is None:
        await asgi.stream(response, exchange.write)
    if not exchange._whole:
        await exchange.inbox.discard()
    await in_reactor(exchange.end, response)
