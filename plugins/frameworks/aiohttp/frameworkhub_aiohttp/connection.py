"""A connection, in the terms of aiohttp."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from frameworkhub import hosts


class Watched(asyncio.Protocol):
    """Stands before a connection's own protocol to tell when the connection is lost.

    Attributes:
        lost: done when it is.
        content: the body of the latest request.
    """

    def __init__(self, protocol: Any) -> None:
        self.lost = asyncio.get_running_loop().create_future()
        self.content: Any = None
        self._protocol = protocol
        for name in ("data_received", "eof_received", "pause_writing", "resume_writing"):
            setattr(self, name, getattr(protocol, name))

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set_result(None)
        self._protocol.connection_lost(error)
        if self.content is not None and self.content.exception() is None:
            # Once it has answered, aiohttp goes on waiting for a body that can't come any more.
            self.content.set_exception(asyncio.CancelledError())


def watch(request: web.Request) -> asyncio.Future[None]:
    """Done as soon as the connection is lost; one per connection."""
    if (transport := request.transport) is None:
        gone = asyncio.get_running_loop().create_future()
        gone.set_result(None)
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
