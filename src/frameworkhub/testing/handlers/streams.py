"""Streamed answers, in each colour as its users write it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any

import frameworkhub as hub

from ..app import Both, Colour
from .probe import count, note

MIXED = ["é", b"", "", b"1", bytearray(b"2"), memoryview(b"3")]
ENDLESS_CHUNK = 64 * 1024
ENDLESS_CHUNKS = 3200  # 200 MiB
PATIENCE = 5.0

gates: defaultdict[str, threading.Event] = defaultdict(threading.Event)


def add(both: Both) -> None:
    _add_plain(both)
    _add_waiting(both)
    _add_counted(both)
    _add_failing(both)
    for colour in both.colours:
        _add_iterators(both.each(colour), colour)


def _add_plain(both: Both) -> None:
    @both.get("/streams/mixed")
    def mixed(request: hub.Request) -> Iterator[Any]:
        yield from MIXED

    @both.get("/streams/none")
    def none(request: hub.Request) -> Iterator[bytes]:
        yield from ()

    @both.get("/streams/typed")
    def typed(request: hub.Request) -> hub.Response:
        return hub.Response(iter(["<p>", "</p>"]), 201, {"x-a": "1"}, "text/html")

    @both.get("/streams/endless/{run}")
    def endless(request: hub.Request, run: str) -> Iterator[bytes]:
        chunk = b"x" * ENDLESS_CHUNK
        try:
            for _ in range(ENDLESS_CHUNKS):
                count(f"endless {run}")
                yield chunk
        finally:
            note(f"{run} endless closed")

    @both.get("/streams/not-bytes")
    def not_bytes(request: hub.Request) -> Iterator[Any]:
        yield 1


def _add_waiting(both: Both) -> None:
    @both.app.post("/streams/gate/{run}", name="streams_gate")
    def gate(request: hub.Request, run: str) -> None:
        gates[run].set()

    @both.each("sync").get("/streams/gated/{run}", name="gated")
    def gated(request: hub.Request, run: str) -> Iterator[str]:
        yield "one"
        yield "two" if gates[run].wait(PATIENCE) else "nobody opened"

    @both.each("async").get("/streams/gated/{run}", name="gated")
    async def agated(request: hub.Request, run: str) -> AsyncIterator[str]:
        yield "one"
        yield "two" if await is_open(run) else "nobody opened"

    @both.get("/streams/held/{port:int}")
    def held(request: hub.Request, port: int) -> Iterator[str]:
        yield "one"
        yield is_released(port)
        yield is_released(port)


def is_released(port: int) -> str:
    """What the test says at that port. Until then nothing else runs on this thread."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        return line.recv(10).decode()


async def is_open(run: str) -> bool:
    """Whether the gate opens in time, for async handlers."""
    for _ in range(int(PATIENCE / 0.01)):
        if gates[run].is_set():
            return True
        await asyncio.sleep(0.01)
    return False


def _add_counted(both: Both) -> None:
    @both.get("/streams/length/{declared:int}/{actual:int}")
    def length(request: hub.Request, declared: int, actual: int) -> hub.Response:
        chunks = (b"x" for _ in range(actual))
        return hub.Response(chunks, headers={"content-length": str(declared)})

    @both.each("async").get("/streams/alength/{declared:int}/{actual:int}")
    async def alength(request: hub.Request, declared: int, actual: int) -> hub.Response:
        return hub.Response(_letters(actual), headers={"content-length": str(declared)})

    @both.each("sync").get("/streams/alength/{declared:int}/{actual:int}", name="salength")
    def salength(request: hub.Request, declared: int, actual: int) -> hub.Response:
        return hub.Response(_letters(actual), headers={"content-length": str(declared)})


async def _letters(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        await asyncio.sleep(0)
        yield b"x"


def _add_failing(both: Both) -> None:
    @both.get("/streams/fail/{after:int}/{run}")
    def fail(request: hub.Request, after: int, run: str) -> Iterator[bytes]:
        try:
            for _ in range(after):
                yield b"fine "
            raise RuntimeError(f"the stream broke {run}")
        finally:
            note(f"{run} closed")


class Chunks:
    """An iterator that is no generator, and tells what is done to it."""

    def __init__(self, run: str, limit: int = 3) -> None:
        self.run = run
        self.left = limit
        self.noted = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self.noted < 10:  # of millions the rest would make the notes too long to be asked for
            self.noted += 1
            note(f"{self.run} next")
        if not self.left:
            raise StopIteration
        self.left -= 1
        return b"chunk "

    def close(self) -> None:
        note(f"{self.run} closed")


class AsyncChunks:
    """The same, async."""

    def __init__(self, run: str, limit: int = 3) -> None:
        self.chunks = Chunks(run, limit)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0)
        for chunk in self.chunks:
            return chunk
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.chunks.close()


class Stubborn(Chunks):
    """An iterator that can't be closed."""

    def close(self) -> None:
        raise RuntimeError(f"{self.run} does not close")


def _add_iterators(both: Both, colour: Colour) -> None:
    make = Chunks if colour == "sync" else AsyncChunks

    @both.get("/streams/iterator/{run}")
    def iterator(request: hub.Request, run: str) -> Any:
        return make(run)

    @both.get("/streams/iterator/{run}/{limit:int}")
    def long_iterator(request: hub.Request, run: str, limit: int) -> Any:
        return make(run, limit)

    @both.get("/streams/stubborn/{run}")
    def stubborn(request: hub.Request, run: str) -> Any:
        return Stubborn(run)
