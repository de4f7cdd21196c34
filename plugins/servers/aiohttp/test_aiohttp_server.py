"""How the server stops: with what is in flight, and without what does not end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import frameworkhub as hub
from frameworkhub.servers import Config, Running, Target
from frameworkhub.testing.hosts import adapter
from frameworkhub.testing.websockets import SocketClient
from frameworkhub.testing.wire import Wire

events: list[str] = []


def make_app() -> hub.App:
    app = hub.App()

    @app.post("/upload")
    def upload(request: hub.Request) -> str:
        return request.text

    @app.get("/endless")
    async def endless(request: hub.Request) -> AsyncIterator[str]:
        try:
            while True:
                yield "x"
                await asyncio.sleep(0.01)
        finally:
            events.append("closed")

    @app.websocket("/ws")
    async def ws(ws: hub.WebSocket) -> None:
        await ws.accept()
        async for message in ws:
            await ws.send(message)
        events.append("ended")

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        yield
        events.append("stopped")

    return app


def serve(**options: Any) -> Running:
    events.clear()
    app = make_app()
    target = Target(app, app.on("aiohttp"), "aiohttp")
    running: Running = adapter("servers", "aiohttp").hook.start(
        target=target, config=Config(options=options)
    )
    return running


@contextmanager
def stopping(running: Running) -> Iterator[None]:
    """While the server is told to stop; at the end it has stopped."""
    thread = threading.Thread(target=running.stop)
    thread.start()
    time.sleep(0.1)
    yield
    thread.join(10)
    assert not thread.is_alive()


def test_upload_in_flight() -> None:
    """A request that is still being sent is taken to its end, and answered."""
    running = serve()
    with Wire(running.host, running.port) as wire:
        wire.send(b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
        time.sleep(0.1)
        with stopping(running):
            wire.send(b"world")
            assert wire.answer().text == "helloworld"
    assert events == ["stopped"]


def test_idle_connection() -> None:
    """A connection that nobody uses does not hold the server up."""
    running = serve()
    with Wire(running.host, running.port) as wire:
        wire.request("POST", "/upload", body=b"x")
        assert wire.answer().text == "x"
        with stopping(running):
            assert wire.at_end()


def test_endless_stream() -> None:
    """What does not end within `shutdown_timeout` is cut, and closed before the app stops."""
    running = serve(shutdown_timeout=0.2)
    with Wire(running.host, running.port) as wire:
        wire.request("GET", "/endless")
        with stopping(running):
            assert not wire.answer().complete
    assert events == ["closed", "stopped"]


def test_websocket() -> None:
    """WebSockets are closed with 1001, and their handlers end before the app stops."""
    running = serve()
    with SocketClient(Wire(running.host, running.port), "/ws") as ws:
        ws.send("hello")
        assert ws.receive() == "hello"
        with stopping(running):
            assert ws.wait_closed() == (1001, "")
    assert events == ["ended", "stopped"]
