"""Routes of every kind for the differential run: what they answer depends on the request alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import frameworkhub as hub

from ..app import Both

# Every kind of segment, some of which overlap.
PATHS = {
    "index": "/",
    "items": "/items",
    "items_slash": "/items/",
    "new": "/items/new",
    "item": "/items/{id:int}",
    "named": "/items/{name}",
    "measure": "/measure/{value:float}/{unit}",
    "token": "/token/{token:uuid}",
    "tree": "/tree/{path:path}",
    "leaf": "/tree/{path:path}/leaf",
    "mixed": "/mixed/{a}-{b}.txt",
    "deep": "/deep/{a}/{b}/{c:int}/end",
    "unicode": "/é/{x}",
}


def add(both: Both) -> None:
    for name, path in PATHS.items():
        both.route(f"/rich{path}", ("GET", "PUT"), name=name)(_echo(name))
    _add_answers(both)
    _add_bodies(both)


def _echo(name: str) -> Any:
    def echo(request: hub.Request, **params: Any) -> dict[str, Any]:
        return {"name": name, "params": {k: str(v) for k, v in params.items()}, **told(request)}

    return echo


def told(request: hub.Request) -> dict[str, Any]:
    """All that every host must see alike."""
    return {
        "method": request.method,
        "path": request.path,
        "root_path": request.root_path,
        "url": request.url,
        "query": request.query.multi_items(),
        "query_string": request.query_string,
        "type": request.content_type,
        "cookies": list(request.cookies.items(multi=True)),
        "accept": request.headers.get("accept"),
        "x-test": request.headers.get("x-test"),
        "length": len(request.body),
        "sha256": hashlib.sha256(request.body).hexdigest(),
    }


def _add_answers(both: Both) -> None:
    @both.get("/rich/status/{status:int}")
    def status(request: hub.Request, status: int) -> hub.Response:
        return hub.Response("body", status)

    @both.get("/rich/error/{status:int}")
    def error(request: hub.Request, status: int) -> None:
        raise hub.HTTPError(status, request.query.get("detail"), headers={"x-a": "1"})

    @both.get("/rich/cookies")
    def cookies(request: hub.Request) -> hub.Response:
        response = hub.Response.html("<p>")
        for name, value in request.query.multi_items():
            response.set_cookie("c", f"{name}={value}", samesite="Lax", max_age=5)
        return response

    @both.get("/rich/redirect")
    def redirect(request: hub.Request) -> hub.Response:
        return hub.Response.redirect(request.query.get("to", "/"), 307)

    @both.get("/rich/stream")
    def stream(request: hub.Request) -> Iterator[str]:
        for name, value in request.query.multi_items():
            yield f"{name}={value}\n"

    @both.get("/rich/nothing")
    def nothing(request: hub.Request) -> None:
        return None


def _add_bodies(both: Both) -> None:
    @both.post("/rich/json")
    def json(request: hub.Request) -> Any:
        return {"json": request.json()}

    @both.post("/rich/text")
    def text(request: hub.Request) -> str:
        return request.text

    @both.post("/rich/form")
    def form(request: hub.Request) -> Any:
        files = [
            [name, file.filename, file.content_type, file.read().hex()]
            for name, file in request.files.items(multi=True)
        ]
        return {"form": request.form.multi_items(), "files": files}

    @both.post("/rich/bytes")
    def bytes_(request: hub.Request) -> bytes:
        return request.body

    @both.post("/rich/limited", max_body_size=20)
    def limited(request: hub.Request) -> int:
        return len(request.body)

    @both.post("/rich/upload", stream=True)
    def upload(request: hub.Request) -> str:
        return "not read"
