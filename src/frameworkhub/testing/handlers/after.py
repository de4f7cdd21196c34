"""Work after the response: `request.after`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import frameworkhub as hub

from ..app import Both
from .probe import note


def _work(run: str, what: str, *, twice: bool = False) -> None:
    note(f"{run} {what}{' twice' if twice else ''}")


async def _awork(run: str, what: str) -> None:
    await asyncio.sleep(0.01)
    note(f"{run} {what}")


def _fail(run: str) -> None:
    raise RuntimeError(f"{run} after")


async def _afail(run: str) -> None:
    raise RuntimeError(f"{run} async after")


def _slow(run: str) -> None:
    time.sleep(0.5)
    note(f"{run} slow")


async def _aslow(run: str) -> None:
    await asyncio.sleep(0.5)
    note(f"{run} slow")


def add(both: Both) -> None:
    _add_plain(both)
    _add_unusual(both)


def _add_plain(both: Both) -> None:
    @both.get("/after/order/{run}")
    def order(request: hub.Request, run: str) -> str:
        request.after(_work, run, "one")
        request.after(_awork, run, what="two")
        request.after(_work, run, "three", twice=True)
        return "answered"

    @both.get("/after/slow/{run}")
    def slow(request: hub.Request, run: str) -> str:
        request.after(_slow, run)
        return "answered"

    @both.get("/after/aslow/{run}")
    def aslow(request: hub.Request, run: str) -> str:
        request.after(_aslow, run)
        return "answered"

    @both.get("/after/fail/{run}")
    def fail(request: hub.Request, run: str) -> str:
        request.after(_fail, run)
        request.after(_afail, run)
        request.after(_work, run, "still done")
        return "answered"


def _add_unusual(both: Both) -> None:
    @both.get("/after/stream/{run}")
    def stream(request: hub.Request, run: str) -> Any:
        return _noting(request, run)

    @both.get("/after/error/{run}")
    def error(request: hub.Request, run: str) -> Any:
        request.after(_work, run, "done")
        raise RuntimeError(run)

    @both.get("/after/http-error/{run}")
    def http_error(request: hub.Request, run: str) -> Any:
        request.after(_work, run, "done")
        raise hub.HTTPError(404)

    @both.get("/after/broken/{run}")
    def broken(request: hub.Request, run: str) -> Any:
        request.after(_work, run, "done")
        return _breaking()

    @both.get("/after/nothing/{run}")
    def nothing(request: hub.Request, run: str) -> None:
        request.after(_work, run, "done")

    @both.post("/after/body/{run}")
    def body(request: hub.Request, run: str) -> str:
        request.after(lambda: note(f"{run} {request.method} {len(request.body)}"))
        return "answered"


def _noting(request: hub.Request, run: str) -> Iterator[str]:
    try:
        yield "one "
        # In mid-stream as well.
        request.after(_work, run, "after")
        yield "two"
    finally:
        note(f"{run} closed")


def _breaking() -> Iterator[str]:
    yield "one "
    raise RuntimeError("broken")
