"""Requests that are remembered without being kept."""

from __future__ import annotations

import gc
import weakref
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import frameworkhub as hub

from ..app import Both

seen: defaultdict[str, list[weakref.ref[hub.Request]]] = defaultdict(list)


def add(both: Both) -> None:
    def remember(request: hub.Request) -> None:
        seen[request.path_params["run"]].append(weakref.ref(request))

    @both.get("/freed/text/{run}")
    def text(request: hub.Request, run: str) -> str:
        remember(request)
        return f"text {request.query}"

    @both.get("/freed/native/{run}")
    def native(request: hub.Request, run: str) -> hub.Response:
        remember(request)
        return hub.Response(type(request.native).__name__, 201)

    @both.post("/freed/json/{run}")
    def json(request: hub.Request, run: str) -> Any:
        remember(request)
        return request.json()

    @both.post("/freed/form/{run}")
    def form(request: hub.Request, run: str) -> dict[str, str]:
        remember(request)
        return dict(request.form)

    @both.get("/freed/stream/{run}")
    def stream(request: hub.Request, run: str) -> Iterator[str]:
        remember(request)
        yield "one"
        yield "two"

    @both.get("/freed/later/{run}")
    def later(request: hub.Request, run: str) -> str:
        remember(request)
        request.after(str)
        return "later"

    @both.app.post("/freed/collector/{state}", name="freed_collector")
    def collector(request: hub.Request, state: str) -> None:
        (gc.disable if state == "off" else gc.enable)()

    @both.app.get("/freed/count/{run}", name="freed_count")
    def count(request: hub.Request, run: str) -> list[int]:
        return [len(seen[run]), sum(one() is not None for one in seen[run])]
