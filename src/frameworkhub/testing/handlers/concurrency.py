"""Threads and event loops: where handlers run, and what they share."""

from __future__ import annotations

import asyncio
import threading
from functools import cache
from typing import Any

import frameworkhub as hub

from ..app import Both
from ..meetings import MEETINGS
from .probe import count


def add(both: Both) -> None:
    _add_blocking(both)
    _add_places(both)
    _add_shared(both.each("async"), _Shared())


def _add_blocking(both: Both) -> None:
    @both.each("sync").get("/concurrency/meet/{name}/{size:int}")
    def meet(request: hub.Request, name: str, size: int) -> bool:
        return MEETINGS[name].come(size)

    @both.each("async").get("/concurrency/meet/{name}/{size:int}", name="meet")
    async def ameet(request: hub.Request, name: str, size: int) -> bool:
        return await MEETINGS[name].acome(size)


def _add_places(both: Both) -> None:
    @both.get("/concurrency/place")
    def place(request: hub.Request) -> dict[str, Any]:
        return {"thread": threading.get_ident(), "loop": _loop()}

    @both.get("/concurrency/stream-place")
    def stream_place(request: hub.Request) -> Any:
        yield f"{threading.get_ident()} "
        yield f"{_loop()}"


def _loop() -> int | None:
    """The loop that runs in this thread."""
    try:
        return id(asyncio.get_running_loop())
    except RuntimeError:
        return None


class _Shared:
    """What the requests of a process share: bound to the first loop that waits for it."""

    @cache  # noqa: B019  lives as long as the app
    def queue(self, name: str) -> asyncio.Queue[str]:
        return asyncio.Queue()

    @cache  # noqa: B019
    def lock(self) -> asyncio.Lock:
        return asyncio.Lock()


def _add_shared(both: Both, shared: _Shared) -> None:
    @both.get("/concurrency/take/{name}")
    async def take(request: hub.Request, name: str) -> str:
        return await asyncio.wait_for(shared.queue(name).get(), 5)

    @both.get("/concurrency/put/{name}/{word}")
    async def put(request: hub.Request, name: str, word: str) -> None:
        await shared.queue(name).put(word)

    @both.get("/concurrency/lock/{name}")
    async def lock(request: hub.Request, name: str) -> bool:
        async with shared.lock():
            count(f"lock {name}")
            mine = shared.queue(name).empty()
            shared.queue(name).put_nowait("taken")
            await asyncio.sleep(0.01)
            shared.queue(name).get_nowait()
        return mine
