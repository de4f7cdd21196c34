"""Uvicorn in this process, on an event loop that it is given."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from uvicorn import Config, Server

from .served import Served


class HubServer(Server):
    """A server that tells when it accepts connections, and what made its application fail.

    Attributes:
        served: the application.
        ready: to be called once.
    """

    served: Served
    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()


def make(native: Any, settings: dict[str, Any]) -> HubServer:
    served = Served(native)
    server = HubServer(Config(served, **settings))
    server.served = served
    return server


async def serve(
    server: HubServer, listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Raises what made the application's start or stop fail."""
    server.ready = ready
    watch = asyncio.create_task(_watch(server, stop))
    try:
        await server.serve([listener])
    except SystemExit:
        failure = server.served.failure
        raise failure or RuntimeError("uvicorn did not start; its log says why") from None
    finally:
        watch.cancel()
    if server.served.failure is not None:
        raise server.served.failure


async def _watch(server: Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
