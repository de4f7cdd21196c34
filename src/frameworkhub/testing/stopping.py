"""For a server plugin's own tests: how it stops with what does not end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import frameworkhub as hub
from frameworkhub import targets
from frameworkhub.servers import Config

from .hosts import adapter
from .wire import TIMEOUT, Wire


def cuts_endless_streams(server: str, on: str, **options: Any) -> None:
    """Asserts that a stream without an end is cut, and closed before the app stops.

    Args:
        server: the server plugin, which has a hook `start`.
        on: what it serves, as `frameworkhub run --on` takes it.
        options: of the server: that it waits only for a moment.
    """
    events: list[str] = []
    begun = threading.Event()
    app = _endless(events, begun)
    running = adapter("servers", server).hook.start(
        target=targets.make(app, on), config=Config(options=options)
    )
    with Wire(running.host, running.port) as wire:
        wire.request("GET", "/endless")
        assert begun.wait(TIMEOUT)
        thread = threading.Thread(target=running.stop)
        thread.start()
        assert not wire.answer().complete
        thread.join(TIMEOUT)
        assert not thread.is_alive()
    assert events == ["closed", "stopped"]


def _endless(events: list[str], begun: threading.Event) -> hub.App:
    app = hub.App()

    @app.get("/endless")
    async def endless(request: hub.Request) -> AsyncIterator[str]:
        try:
            while True:
                yield "x"
                begun.set()
                await asyncio.sleep(0.01)
        finally:
            events.append("closed")

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        yield
        events.append("stopped")

    return app
