"""Context variables: set by middleware, seen by what is inside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import frameworkhub as hub

from ..app import Both, Colour, painted

user: ContextVar[str] = ContextVar("user", default="nobody")


def add(both: Both) -> None:
    both.group("/context/sync", lambda group, colour: _build(group, colour, _sync_middleware))
    both.group("/context/async", lambda group, colour: _build(group, colour, _async_middleware))
    both.group("/context/reset", lambda group, colour: _build(group, colour, _resetting))

    @both.get("/context/outside")
    def outside(request: hub.Request) -> str:
        return user.get()

    @both.get("/context/set/{name}")
    def set_(request: hub.Request, name: str) -> str:
        before = user.get()
        user.set(name)
        return before


def _sync_middleware(request: hub.Request) -> Iterator[None]:
    user.set(request.query.get("user", "nobody"))
    yield


async def _async_middleware(request: hub.Request) -> AsyncIterator[None]:
    user.set(request.query.get("user", "nobody"))
    yield


def _resetting(request: hub.Request) -> Any:
    token = user.set(request.query.get("user", "nobody"))
    response = yield
    response.headers["x-after"] = user.get()
    user.reset(token)
    return response


def _build(group: hub.App, colour: Colour, middleware: Any) -> None:
    group.middleware(middleware)

    def handler(request: hub.Request) -> str:
        return user.get()

    def setting(request: hub.Request) -> str:
        user.set("handler")
        return "set"

    group.get("/handler")(painted(handler, colour))
    group.get("/setting")(painted(setting, colour))
    _add_streams(group, colour)


def _add_streams(group: hub.App, colour: Colour) -> None:
    def own_stream(request: hub.Request) -> Any:
        return _stream() if colour == "sync" else _astream()

    def other_stream(request: hub.Request) -> Any:
        return _astream() if colour == "sync" else _stream()

    def events(request: hub.Request) -> hub.Response:
        return hub.Response.events(_stream() if colour == "sync" else _astream())

    def later(request: hub.Request) -> str:
        request.after(_note_user, request.query["run"])
        return "later"

    for function in (own_stream, other_stream, events, later):
        name = function.__name__.replace("_", "-")
        group.get(f"/{name}")(painted(function, colour))


def _note_user(run: str) -> None:
    from .probe import note

    note(f"{run} {user.get()}")


def _stream() -> Iterator[str]:
    yield f"{user.get()} "
    user.set("stream")
    yield user.get()


async def _astream() -> AsyncIterator[str]:
    yield f"{user.get()} "
    user.set("stream")
    await asyncio.sleep(0)
    yield user.get()
