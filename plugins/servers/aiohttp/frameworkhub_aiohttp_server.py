"""The server that comes with aiohttp: serves its `web.Application`s."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import frameworkhub as hub
from frameworkhub import hosts, serving
from frameworkhub.servers import Config, Features, Running, Target

_OPTIONS = (
    "access_log", "access_log_class", "access_log_format", "keepalive_timeout", "lingering_time",
    "max_field_size", "max_headers", "max_line_size", "read_bufsize", "shutdown_timeout",
    "ssl_context", "tcp_keepalive",
)  # fmt: skip


@hub.hookimpl
def features() -> Features:
    return Features(("aiohttp",), websocket=True, options=_OPTIONS)


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    serving.run(_serve(target, config), config)
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    return serving.start(_serve(target, config), config)


def _serve(target: Target, config: Config) -> serving.Serve:
    settings: dict[str, Any] = {
        "access_log": None,
        "auto_decompress": False,  # The body is what was sent.
        "shutdown_timeout": hosts.GRACE,
        **config.options,
    }
    tls = settings.pop("ssl_context", None)

    async def serve(
        listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event
    ) -> None:
        from aiohttp import web

        runner = web.AppRunner(target.native, **settings)
        try:
            await runner.setup()
            site = web.SockSite(runner, listener, ssl_context=tls)
            await site.start()
            ready()
            await stop.wait()
            await site.stop()
            # While aiohttp stops, it hears no client any more: closing handshakes come before.
            await hosts.close_websockets(target.app)
        finally:
            await runner.cleanup()

    return serve
