"""The same small app as each plugin's control app, as users of the hub write it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from ..app import App
from ..requests import Request


def make_app(interface: str) -> App:
    """With sync handlers for WSGI, else with async ones."""
    app = App(name="twin")
    (add_sync if interface == "wsgi" else add_async)(app)
    return app


def add_sync(app: App) -> None:
    app.get("/empty")(empty)
    app.get("/items/{id:int}")(item)
    app.post("/json")(echo_json)
    app.post("/form")(echo_form)
    app.post("/upload")(upload)
    app.get("/stream")(stream)


def empty(request: Request) -> str:
    return "ok"


def item(request: Request, id: int) -> str:
    return f"{id} {request.query.get('q', '')}"


def echo_json(request: Request) -> Any:
    return request.json()


def echo_form(request: Request) -> dict[str, str]:
    return dict(request.form)


def upload(request: Request) -> str:
    return str(len(request.body))


def stream(request: Request) -> Iterator[bytes]:
    for _ in range(10):
        yield b"x" * 1024


def add_async(app: App) -> None:
    app.get("/empty")(aempty)
    app.get("/items/{id:int}")(aitem)
    app.post("/json")(aecho_json)
    app.post("/form")(aecho_form)
    app.post("/upload", stream=True)(aupload)
    app.get("/stream")(astream)


async def aempty(request: Request) -> str:
    return "ok"


async def aitem(request: Request, id: int) -> str:
    return f"{id} {request.query.get('q', '')}"


async def aecho_json(request: Request) -> Any:
    return request.json()


async def aecho_form(request: Request) -> dict[str, str]:
    return dict(request.form)


async def aupload(request: Request) -> str:
    size = 0
    async for chunk in request.stream:
        size += len(chunk)
    return str(size)


async def astream(request: Request) -> AsyncIterator[bytes]:
    for _ in range(10):
        yield b"x" * 1024
