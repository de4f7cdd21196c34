"""Server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import attrs

import frameworkhub as hub

from ..app import Both, Colour
from .probe import note
from .streams import PATIENCE, gates, is_open


@attrs.frozen
class Price:
    """Something JSON-able that is no dict."""

    amount: int


KINDS: dict[str, list[Any]] = {
    "text": ["plain", "é雪"],
    "lines": ["one\ntwo\r\nthree\rfour\n"],
    "separators": ["a\u2028b\u2029c\x85d\x0be\x0cf"],
    "json": [{"a": "é", "b": [1, None]}, ["x"], Price(3)],
    "fields": [hub.Event("x", event="tick", id="7", retry=100), hub.Event({"n": 1}, id="")],
    "empty": [""],
    "none": [],
}

INJECTIONS: dict[str, Any] = {
    "event": lambda: hub.Event("x", event="a\ndata: evil"),
    "event-cr": lambda: hub.Event("x", event="a\rdata: evil"),
    "id": lambda: hub.Event("x", id="1\n\ndata: evil"),
    "id-nul": lambda: hub.Event("x", id="1\0"),
}


def add(both: Both) -> None:
    for colour in both.colours:
        _add(both.each(colour), colour)

    @both.get("/events/injected/{name}")
    def injected(request: hub.Request, name: str) -> str:
        try:
            INJECTIONS[name]()
        except ValueError as error:
            return f"ValueError: {error}"
        return "no error"

    @both.get("/events/typed")
    def typed(request: hub.Request) -> hub.Response:
        return hub.Response.events(["x"], 201, {"cache-control": "no-store", "x-a": "1"})


def _add(both: Both, colour: Colour) -> None:
    @both.get("/events/kind/{kind}")
    def kind(request: hub.Request, kind: str) -> hub.Response:
        items = KINDS[kind]
        return hub.Response.events(items if colour == "sync" else _async(items))

    @both.get("/events/gated/{run}")
    def gated(request: hub.Request, run: str) -> hub.Response:
        return hub.Response.events(_gated(run) if colour == "sync" else _agated(run))

    @both.get("/events/endless/{run}")
    def endless(request: hub.Request, run: str) -> hub.Response:
        return hub.Response.events(_endless(run) if colour == "sync" else _aendless(run))

    @both.get("/events/last")
    def last(request: hub.Request) -> hub.Response:
        told = [request.headers.get("last-event-id", "none")]
        return hub.Response.events(told if colour == "sync" else _async(told))


async def _async(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item


def _gated(run: str) -> Iterator[str]:
    yield "open" if gates[run].wait(PATIENCE) else "nobody opened"


async def _agated(run: str) -> AsyncIterator[str]:
    yield "open" if await is_open(run) else "nobody opened"


def _endless(run: str) -> Iterator[str]:
    try:
        while True:
            yield "tick"
            time.sleep(0.02)
    finally:
        note(f"{run} closed")


async def _aendless(run: str) -> AsyncIterator[str]:
    try:
        while True:
            yield "tick"
            await asyncio.sleep(0.02)
    finally:
        note(f"{run} closed")
