"""The control app: the same small app in Bottle's own idiom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bottle import Bottle, json_dumps, request, response

app = Bottle()


def make_app() -> Bottle:
    return app


@app.get("/empty")
def empty() -> str:
    return "ok"


@app.get("/items/<id:int>")
def item(id: int) -> str:
    return f"{id} {request.query.q}"


@app.post("/json")
def echo_json() -> str:
    response.content_type = "application/json"
    return json_dumps(request.json)


@app.post("/form")
def echo_form() -> dict[str, Any]:
    return dict(request.forms.decode())


@app.post("/upload")
def upload() -> str:
    return str(len(request.body.read()))


@app.get("/stream")
def stream() -> Iterator[bytes]:
    response.content_type = "application/octet-stream"
    for _ in range(10):
        yield b"x" * 1024
