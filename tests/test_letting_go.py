"""An answered request is let go: by what a server copies, and where it refuses the answer."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import AsyncIterator, Iterator
from contextvars import Context, copy_context
from io import BytesIO
from itertools import islice
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


async def nothing() -> Any:
    """The client sends no more, and stays."""
    return await asyncio.get_running_loop().create_future()


async def kept(path: str) -> list[Context]:
    """The contexts that the server's timers would have copied, one request after the other."""
    contexts: list[Context] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            contexts.append(copy_context())

    for _ in range(3):
        asked = scope(Request("GET", path))
        await asyncio.create_task(app.asgi(asked, nothing, send), context=Context())
    return contexts


@pytest.mark.parametrize("path", ["/text", "/response/some/end", "/error"])
def test_an_answered_request_is_let_go(path: str) -> None:
    seen.clear()
    contexts = asyncio.run(kept(path))
    assert len(contexts) == len(seen) == 3
    assert [request() for request in seen] == [None] * 3


outer = hub.App(name="outer")


@app.get("/chunks")
async def chunks(request: hub.Request) -> AsyncIterator[str]:
    yield f"chunk {app.url_for('chunks')}"
    await asyncio.sleep(0)
    yield app.url_for("chunks")


@app.get("/duties")
async def duties(request: hub.Request) -> str:
    request.after(lambda: None)
    return "done"


@outer.get("/call/{name}")
async def call(request: hub.Request, name: str) -> list[str]:
    """Calls the other app in its own task, as `httpx.ASGITransport` does."""
    said = []

    async def send(message: Any) -> None:
        said.append(message.get("body", b"").decode())

    await app.asgi(scope(Request("GET", f"/{name}")) | {"root_path": "/inner"}, nothing, send)
    return ["".join(said), outer.url_for("call", name="x")]


@pytest.mark.parametrize("name", ["text", "chunks", "duties", "error"])
def test_who_calls_another_app_keeps_its_own_request(name: str) -> None:
    async def main() -> str:
        said = []

        async def send(message: Any) -> None:
            said.append(message.get("body", b"").decode())

        asked = scope(Request("GET", f"/call/{name}")) | {"root_path": "/outer"}
        await outer.asgi(asked, nothing, send)
        return "".join(said)

    inner, own = json.loads(asyncio.run(main()))
    assert own == "/outer/call/x"
    assert inner.count("/inner/") == {"text": 1, "chunks": 2}.get(name, 0)


@app.get("/letters")
def letters(request: hub.Request) -> Iterator[str]:
    seen.append(weakref.ref(request))
    yield from "abc"


@pytest.mark.parametrize("taken", range(5))
def test_a_stream_is_let_go_wherever_it_is_closed(taken: int) -> None:
    """As by a client that goes, before its first chunk or after its last."""
    seen.clear()
    gc.disable()
    try:
        for _ in range(3):
            asked = environ(Request("GET", "/letters")) | {"wsgi.input": BytesIO()}
            body: Any = app.wsgi(asked, lambda status, fields: None)
            given = list(islice(body, taken))
            body.close()
            del body, asked
        assert given == [b"a", b"b", b"c"][:taken]
        assert [request() for request in seen] == [None] * 3
    finally:
        gc.enable()


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
