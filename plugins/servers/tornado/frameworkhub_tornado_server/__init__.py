"""The server that comes with Tornado: serves its `Application`s, and any other router of its."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import frameworkhub as hub
from frameworkhub import hosts, serving
from frameworkhub.servers import Config, Features, Running, Target

_OPTIONS = (
    "body_timeout", "chunk_size", "idle_connection_timeout", "max_body_size", "max_buffer_size",
    "max_header_size", "no_keep_alive", "protocol", "shutdown_timeout", "ssl_options",
)  # fmt: skip


@hub.hookimpl
def features() -> Features:
    return Features(("tornado",), websocket=True, options=_OPTIONS)


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    serving.run(_serve(target, config), config)
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    return serving.start(_serve(target, config), config)


def _serve(target: Target, config: Config) -> serving.Serve:
    settings: dict[str, Any] = dict(config.options)
    grace = settings.pop("shutdown_timeout", hosts.GRACE)

    async def serve(
        listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event
    ) -> None:
        from .server import Server

        server = Server(target.native, **settings)
        await target.app.lifecycle.astartup()
        try:
            server.add_sockets([listener])
            ready()
            await stop.wait()
            server.stop()
            await hosts.close_websockets(target.app, grace)
            await server.drain(grace)
        finally:
            await target.app.lifecycle.ashutdown()

    return serve
