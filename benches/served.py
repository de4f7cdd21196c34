"""What is served over sockets: `application` is what BARS_SERVE names.

`bare:wsgi`, `bare:asgi`, `beside:NAME` (the same app beside a framework), or `stream:wsgi` and
`stream:asgi` (the app that takes and gives much, and tells how much memory that took).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import frameworkhub as hub

MB = 2**20
CHUNK = b"x" * 64 * 1024
PAUSE = 0.3
"""Seconds that an upload's handler rests once: who sends on meanwhile must wait, not be stored."""


def small(interface: str) -> hub.App:
    app = hub.App()

    def item(request: hub.Request, id: int) -> str:
        return f"item {id}"

    async def async_item(request: hub.Request, id: int) -> str:
        return f"item {id}"

    app.get("/items/{id:int}")(async_item if interface == "asgi" else item)
    return app


def streaming(interface: str) -> hub.App:
    app = hub.App()
    up, down = (async_up, async_down) if interface == "asgi" else (sync_up, sync_down)
    app.post("/up", stream=True)(up)
    app.get("/down/{size:int}")(down)
    app.get("/peak")(peak)
    return app


def sync_up(request: hub.Request) -> str:
    size = 0
    for chunk in request.stream:
        if size < 10 * MB <= size + len(chunk):
            time.sleep(PAUSE)
        size += len(chunk)
    return str(size)


async def async_up(request: hub.Request) -> str:
    size = 0
    async for chunk in request.stream:
        if size < 10 * MB <= size + len(chunk):
            await asyncio.sleep(PAUSE)
        size += len(chunk)
    return str(size)


def sync_down(request: hub.Request, size: int) -> Iterator[bytes]:
    for _ in range(size // len(CHUNK)):
        yield CHUNK


async def async_down(request: hub.Request, size: int) -> AsyncIterator[bytes]:
    for _ in range(size // len(CHUNK)):
        yield CHUNK


def peak(request: hub.Request) -> str:
    """KiB that the process held at most since it was last asked for it."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return status.partition("VmHWM:")[2].split()[0]


def beside(name: str) -> Any:
    interface = "asgi" if name in ("starlette", "fastapi") else "wsgi"
    options = {"interface": "wsgi"} if name in ("django", "falcon") else {}
    return small(interface).on(name, style="beside", **options)


def made(what: str) -> Any:
    kind, _, name = what.partition(":")
    if kind == "beside":
        return beside(name)
    app = small(name) if kind == "bare" else streaming(name)
    return getattr(app, name)


if "BARS_SERVE" in os.environ:
    application = made(os.environ["BARS_SERVE"])
