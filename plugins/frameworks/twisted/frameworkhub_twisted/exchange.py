"""One request: to the site and back."""

from __future__ import annotations

import asyncio
from typing import Any

from frameworkhub import ClientDisconnect, Response, asgi
from frameworkhub.site import Site

from .bridge import in_reactor
from .link import Link
from .requests import to_request

# Bytes of a stream that are written together.
TOGETHER = 32 * 1024


class HTTPExchange(Link):
    """Carries a request to the site and its response back."""

    _task: asyncio.Task[None] | None = None

    def __init__(self, site: Site, request: Any) -> None:
        super().__init__(request)
        self.site = site
        self._written: list[bytes] = []
        self._size = 0

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
            self._flush()
            self.request.unregisterProducer()
        self.request.finish()

    def whole(self, response: Response) -> None:
        self.answer(response)
        self.end(response)

    def _flush(self) -> None:
        """Writes what the stream gave in this turn of the loop."""
        if self._written:
            data, self._written, self._size = b"".join(self._written), [], 0
            if not self.request._disconnected:
                self.request.write(data)

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
                await self.reply(response)
            finally:
                await response.aclose()
        except ClientDisconnect:
            pass
        except Exception:
            # It is logged; what the client has must not look whole. What was written goes out when
            # the reactor next looks at the connection.
            self._flush()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await self.do(self.abort)
        finally:
            self.request.answered = True
            # Its context has the request, and that this: a cycle for the garbage collector.
            self._task = None

    async def reply(self, response: Response) -> None:
        has_read = self.inbox is None or self.inbox.complete
        if has_read and response.body is not None:
            await self.do(self.whole, response)
            return
        await self.do(self.answer, response)
        if response.body is None:
            await asgi.stream(response, self.write)
        if self.inbox is not None:
            await self.inbox.discard()
        await self.do(self.end, response)

    async def write(self, chunk: bytes) -> None:
        if self._may_write is not None:
            await self._may_write.wait()
        if self.request._disconnected:
            raise ConnectionResetError("the client went")
        if not self.is_local:
            await in_reactor(self.request.write, chunk)
            return
        # A transport sends nothing before the reactor's next turn either.
        if not self._written:
            self.loop.call_soon(self._flush)
        self._written.append(chunk)
        self._size += len(chunk)
        if self._size > TOGETHER:
            self._flush()
