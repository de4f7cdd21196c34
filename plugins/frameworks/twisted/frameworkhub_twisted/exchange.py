"""One request: to the site and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any

from frameworkhub import ClientDisconnect, Response, asgi
from frameworkhub.site import Site

from .bridge import in_reactor, send_encrypted, send_now
from .link import Link
from .requests import to_request


class HTTPExchange(Link):
    """Carries a request to the site and its response back."""

    is_secure = False
    _task: asyncio.Task[None] | None = None

    def __init__(self, site: Site, request: Any) -> None:
        super().__init__(request)
        self.site = site

    # In the reactor.

    def abort(self) -> None:
        if not self.is_gone:
            self.request.transport.abortConnection()

    def head(self, response: Response) -> None:
        native = self.request
        native.defaultContentType = None
        if response.status != 200:
            native.setResponseCode(response.status, response.status_line[4:].encode("latin-1"))
        headers, seen = native.responseHeaders, set()
        for name, value in response.header_list:
            key = name.lower()
            if key in seen:
                headers.addRawHeader(key, value.encode("latin-1"))
            else:
                seen.add(key)  # in place of what Twisted has set
                headers.setRawHeaders(key, (value.encode("latin-1"),))

    def answer(self, response: Response) -> None:
        """The head of a response, with its body if that is no stream."""
        request, body = self.request, response.body
        if request._disconnected:
            return
        respond = getattr(request, "respond", None)  # our server's
        if respond is None or not respond(
            response.status, response.status_line, response.header_list, body
        ):
            self.head(response)
            if body is not None:
                request.write(body)
        if body is None:
            request.registerProducer(self, True)

    def end(self, response: Response) -> None:
        if self.request._disconnected:
            return
        if response.body is None:
            self.request.unregisterProducer()
        self.request.finish()

    def whole(self, response: Response) -> None:
        self.answer(response)
        self.end(response)

    # On the event loop.

    def start(self) -> None:
        self._task = self.loop.create_task(self.run())

    async def run(self) -> None:
        try:
            if self.is_local:
                if self.is_gone:
                    return
                if getattr(self.request, "early", False):
                    self.receive()
            response = await self.site.ahandle(to_request(self))
            if response.delivery is None and self.inbox is None and self.is_local:
                self.whole(response)
                return
            try:
                if response.body is None:
                    response = await self.stream(response)
                await self.reply(response)
            finally:
                await response.aclose()
        except ClientDisconnect:
            pass
        except Exception:
            # It is logged; what the client has must not look whole.
            await self.do(self.abort)
        finally:
            self.request.answered = True
            # Its context has the request, and that this: a cycle for the garbage collector.
            self._task = None

    async def stream(self, response: Response) -> Response:
        """As the core's."""
        self.is_secure = self.request.isSecure()
        return await asgi.stream(response, partial(self.do, self.answer, response), self.write)

    async def reply(self, response: Response) -> None:
        """Sends a response, or the end of one whose stream has been sent."""
        has_read = self.inbox is None or self.inbox.complete
        if has_read and response.body is not None:
            await self.do(self.whole, response)
            return
        if response.body is not None:
            await self.do(self.answer, response)
        if self.inbox is not None:
            await self.inbox.discard()
        await self.do(self.end, response)

    def write(self, chunk: bytes) -> Awaitable[None] | None:
        if self._may_write is not None and not self._may_write.is_set():
            return self.wait_and_write(chunk, self._may_write)
        if self.request._disconnected:
            raise ConnectionResetError("the client went")
        if not self.is_local:
            return in_reactor(self.request.write, chunk)
        self.request.write(chunk)
        if self.is_secure:
            return send_encrypted(self.request)
        send_now(self.request)
        return None

    async def wait_and_write(self, chunk: bytes, ready: asyncio.Event) -> None:
        await ready.wait()
        if (waited := self.write(chunk)) is not None:
            await waited
