"""One request: to the site and back."""

from __future__ import annotations

import asyncio
from typing import Any

from frameworkhub import ClientDisconnect, Response, asgi
from frameworkhub.site import Site

from .link import Link
from .requests import to_request


class HTTPExchange(Link):
    """Carries a request to the site and its response back."""

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
        fields: dict[str, list[bytes]] = {}
        for name, value in response.header_list:
            fields.setdefault(name.lower(), []).append(value.encode("latin-1"))
        for name, values in fields.items():
            native.responseHeaders.setRawHeaders(name.encode("latin-1"), values)

    def answer(self, response: Response) -> None:
        """The head of a response, with its body if that is no stream."""
        if self.is_gone:
            return
        self.head(response)
        if response.body is None:
            self.request.registerProducer(self, True)
        else:
            self.request.write(response.body)

    def end(self, response: Response) -> None:
        if self.is_gone:
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
            response = await self.site.ahandle(to_request(self))
            try:
                await self.reply(response)
            finally:
                if response.delivery is not None:
                    await response.aclose()
        except ClientDisconnect:
            pass
        except Exception:
            # It is logged; what the client has must not look whole. What was written goes out when
            # the reactor next looks at the connection.
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
        if self.is_gone:
            raise ConnectionResetError("the client went")
        await self.do(self.request.write, chunk)
