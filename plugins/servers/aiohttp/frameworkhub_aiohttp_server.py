"""The server that comes with aiohttp: serves its `web.Application`s."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import frameworkhub as hub
from frameworkhub import hosts, serving
from frameworkhub.servers import Config, Features, Running, Target

# `parser="c"` is faster, and refuses methods that it does not know with 400.
_OPTIONS = (
    "access_log", "access_log_class", "access_log_format", "keepalive_timeout", "lingering_time",
    "max_field_size", "max_headers", "max_line_size", "parser", "read_bufsize", "shutdown_timeout",
    "ssl_context", "tcp_keepalive",
)  # fmt: skip

# Seconds for what is left when `shutdown_timeout` has passed: it is cancelled.
_LAST_SECONDS = 1.0


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
    settings: dict[str, Any] = {"access_log": None, "auto_decompress": False, **config.options}
    grace = settings.pop("shutdown_timeout", hosts.GRACE)
    tls = settings.pop("ssl_context", None)
    in_python = settings.pop("parser", "python") == "python"

    async def serve(
        listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event
    ) -> None:
        from aiohttp import web

        if in_python:
            _take_any_method()
        runner = web.AppRunner(target.native, shutdown_timeout=_LAST_SECONDS, **settings)
        try:
            await runner.setup()
            in_flight = _requests(runner.server)
            site = web.SockSite(runner, listener, ssl_context=tls)
            await site.start()
            ready()
            await stop.wait()
            # First of all, as aiohttp hears no client any more once it begins to stop: neither the
            # end of a WebSocket nor the rest of an upload.
            await site.stop()
            await hosts.close_websockets(target.app, grace)
            if in_flight:
                await asyncio.wait(in_flight, timeout=grace)
        finally:
            await runner.cleanup()

    return serve


def _requests(server: Any) -> set[asyncio.Task[Any]]:
    """The tasks of the requests in flight, always up to date."""
    tasks: set[asyncio.Task[Any]] = set()
    handle = server.request_handler

    async def counted(request: Any) -> Any:
        if (task := asyncio.current_task()) is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return await handle(request)

    server.request_handler = counted
    return tasks


def _take_any_method() -> None:
    """Chooses aiohttp's parser in Python: the one in C refuses methods that it does not know."""
    from aiohttp import http_parser, web_protocol

    web_protocol.HttpRequestParser = http_parser.HttpRequestParserPy
