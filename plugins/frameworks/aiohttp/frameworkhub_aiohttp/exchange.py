"""A request's connection and body, in the terms of aiohttp."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from frameworkhub import HTTPError, hosts
from frameworkhub.asgi import Message


class Watched(asyncio.Protocol):
    """Stands before a connection's own protocol to tell when the connection is lost.

    Attributes:
        lost: set when it is.
        content: the body of the latest request.
    """

    def __init__(self, protocol: Any) -> None:
        self.lost = asyncio.Event()
        self.content: Any = None
        self._protocol = protocol
        for name in ("data_received", "eof_received", "pause_writing", "resume_writing"):
            setattr(self, name, getattr(protocol, name))

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set()
        self._protocol.connection_lost(error)
        if self.content is not None and self.content.exception() is None:
            # Once it has answered, aiohttp goes on waiting for a body that can't come any more.
            self.content.set_exception(asyncio.CancelledError())


def watch(request: web.Request) -> asyncio.Event:
    """Set as soon as the connection is lost; one per connection."""
    if (transport := request.transport) is None:
        gone = asyncio.Event()
        gone.set()
        return gone
    protocol = transport.get_protocol()
    if not isinstance(protocol, Watched):
        protocol = Watched(protocol)
        transport.set_protocol(protocol)
    protocol.content = request.content
    return protocol.lost


def cut(request: web.Request) -> asyncio.CancelledError:
    """Ends the connection, not well; what to raise where nobody has to be told."""
    if (transport := request.transport) is not None:
        if request.version < (1, 1):
            hosts.reset(transport.get_extra_info("socket"))
        transport.abort()
    return asyncio.CancelledError("the client went")


class Body:
    """The ASGI `receive` of a request.

    Attributes:
        expected: the client waits for `100 Continue` before it sends the body.
    """

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._lost = watch(request)
        self._ended = False
        self.expected = request.headers.get("Expect", "").lower() == "100-continue"

    async def receive(self) -> Message:
        if self._ended:
            await self._lost.wait()
            return {"type": "http.disconnect"}
        content = self._request.content
        if content.at_eof():
            self._ended = True
            return {"type": "http.request", "body": b"", "more_body": False}
        if self.expected and not content.is_eof():
            await self._continue()
        try:
            chunk = await content.readany()
        except Exception as error:
            self._ended = True
            if self._request.transport is None:
                return {"type": "http.disconnect"}
            raise HTTPError(400, "the body is malformed") from error
        self._ended = content.at_eof()
        return {"type": "http.request", "body": chunk, "more_body": not self._ended}

    async def _continue(self) -> None:
        self.expected = False
        writer = self._request.writer
        await writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.output_size = 0  # As aiohttp does: the response has not begun.
