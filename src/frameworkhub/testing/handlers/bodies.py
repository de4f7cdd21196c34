"""Request bodies: raw, as text, as JSON."""

from __future__ import annotations

import hashlib
from typing import Any

import frameworkhub as hub

from ..app import Both
from .probe import count

ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")


def add(both: Both) -> None:
    _add_raw(both)
    _add_limited(both)
    _add_parsed(both)


def _add_raw(both: Both) -> None:
    @both.route("/bodies/echo", ANY)
    def echo(request: hub.Request) -> hub.Response:
        return hub.Response(request.body, headers={"x-length": str(len(request.body))})

    @both.post("/bodies/digest")
    def digest(request: hub.Request) -> dict[str, Any]:
        return {"size": len(request.body), "sha256": hashlib.sha256(request.body).hexdigest()}

    @both.post("/bodies/ignored")
    def ignored(request: hub.Request) -> str:
        return "never looked"

    @both.post("/bodies/counted")
    def counted(request: hub.Request) -> dict[str, Any]:
        count("bodies.counted")
        return {"size": len(request.body)}


def _add_limited(both: Both) -> None:
    @both.post("/bodies/small", max_body_size=1000)
    def small(request: hub.Request) -> dict[str, Any]:
        count("bodies.small")
        return {"size": len(request.body)}

    @both.post("/bodies/unlimited", max_body_size=None)
    def unlimited(request: hub.Request) -> dict[str, Any]:
        return {"size": len(request.body)}


def _add_parsed(both: Both) -> None:
    @both.post("/bodies/text")
    def text(request: hub.Request) -> str:
        return request.text

    @both.route("/bodies/json", ("GET", "POST"))
    def parsed(request: hub.Request) -> dict[str, Any]:
        value = request.json()
        return {"value": value, "type": type(value).__name__}

    @both.post("/bodies/nested")
    def nested(request: hub.Request) -> str:
        return type(request.json()).__name__

    @both.post("/bodies/again")
    def again(request: hub.Request) -> dict[str, Any]:
        first = request.body
        return {
            "same": [request.body == first, request.text.encode() == first],
            "json": [request.json(), request.json()],
            "last": request.body.decode(),
        }
