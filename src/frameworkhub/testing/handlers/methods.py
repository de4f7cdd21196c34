"""Methods: what answers HEAD, OPTIONS and the unusual ones."""

from __future__ import annotations

from collections.abc import Iterator

import frameworkhub as hub

from ..app import Both
from .probe import count


def add(both: Both) -> None:
    @both.get("/methods/get")
    def get(request: hub.Request) -> hub.Response:
        count(f"methods.get.{request.method}")
        headers = {"x-method": request.method, "etag": '"1"'}
        return hub.Response.text("hello", headers=headers)

    @both.get("/methods/stream")
    def stream(request: hub.Request) -> hub.Response:
        return hub.Response(_chunks(), headers={"x-method": request.method})

    @both.get("/methods/counted-stream")
    def counted_stream(request: hub.Request) -> hub.Response:
        return hub.Response(_chunks(), headers={"content-length": "6"})

    @both.route("/methods/many", ("DELETE", "PATCH", "GET", "PUT", "POST"))
    def many(request: hub.Request) -> str:
        return request.method

    @both.get("/methods/own")
    def own_get(request: hub.Request) -> str:
        return "get"

    @both.route("/methods/own", ("HEAD",))
    def own_head(request: hub.Request) -> hub.Response:
        return hub.Response(None, headers={"x-own": "head"}, content_type="text/plain")

    @both.route("/methods/own", ("OPTIONS",))
    def own_options(request: hub.Request) -> hub.Response:
        return hub.Response.text("options", headers={"allow": "MINE"})

    @both.route("/methods/unusual", ("PROPFIND", "PURGE", "M-SEARCH"))
    def unusual(request: hub.Request) -> str:
        return request.method

    @both.post("/methods/post")
    def post(request: hub.Request) -> str:
        return "posted"

    @both.route("/methods/split", ("PUT",))
    def put(request: hub.Request) -> str:
        return "put"

    @both.route("/methods/split", ("DELETE",))
    def delete(request: hub.Request) -> str:
        return "delete"

    @both.route("/methods/{name}/item", ("DELETE",))
    def item(request: hub.Request, name: str) -> str:
        return name


def _chunks() -> Iterator[bytes]:
    yield b"one"
    yield b"two"
