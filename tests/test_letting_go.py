"""An answered request is let go: by what a server copies, and where it refuses the answer."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterator
from contextvars import Context, copy_context
from io import BytesIO
from typing import Any

import pytest

import frameworkhub as hub
from frameworkhub.bench.drivers import environ, scope
from frameworkhub.check.requests import Request

seen: list[weakref.ref[Any]] = []
app = hub.App(name="letting-go")


@app.get("/text")
async def text(request: hub.Request) -> str:
    seen.append(weakref.ref(request))
    return f"text {app.url_for('text')}"


@app.get("/response/{name}/end")
async def response(request: hub.Request, name: str) -> hub.Response:
    seen.append(weakref.ref(request))
    return hub.Response(name, 201)


@app.get("/error")
async def error(request: hub.Request) -> str:
    seen.append(weakref.ref(request))
    raise hub.HTTPError(404)


async def kept(path: str) -> list[Context]:
    """The contexts that the server's timers would have copied, one request after the other."""
    contexts: list[Context] = []

    async def receive() -> Any:
        return await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            contexts.append(copy_context())

    for _ in range(3):
        asked = scope(Request("GET", path))
        await asyncio.create_task(app.asgi(asked, receive, send), context=Context())
    return contexts


@pytest.mark.parametrize("path", ["/text", "/response/some/end", "/error"])
def test_an_answered_request_is_let_go(path: str) -> None:
    seen.clear()
    contexts = asyncio.run(kept(path))
    assert len(contexts) == len(seen) == 3
    assert [request() for request in seen] == [None] * 3


@pytest.mark.parametrize("refused", [ValueError, SystemExit])
def test_an_answer_that_a_server_refuses_is_closed(refused: type[BaseException]) -> None:
    """As it has no body to close then (PEP 3333)."""
    app, told = hub.App(), []

    @app.get("/")
    def root(request: hub.Request) -> Iterator[bytes]:
        request.after(told.append, "after")
        try:
            yield b"chunk"
        finally:
            told.append("closed")

    def refuse(status: str, fields: Any) -> None:
        raise refused

    for _ in range(2):  # the first request starts the app
        told.clear()
        with pytest.raises(refused):
            app.wsgi(environ(Request("GET", "/")) | {"wsgi.input": BytesIO()}, refuse)
        assert told == ["closed", "after"]
