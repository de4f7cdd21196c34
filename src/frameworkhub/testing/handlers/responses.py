"""Responses: whatever a handler may return, and whatever the test asks for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs

import frameworkhub as hub

from ..app import Both


@attrs.define
class Point:
    x: int
    y: int


@dataclasses.dataclass
class Named:
    name: str
    point: Point


def _generator() -> Iterator[Any]:
    yield b"bytes "
    yield "str é"


# What handlers return, by name.
RETURNED: dict[str, Callable[[], Any]] = {
    "str": lambda: "é 雪",
    "str-empty": lambda: "",
    "bytes": lambda: bytes(range(256)),
    "bytes-empty": lambda: b"",
    "bytearray": lambda: bytearray(b"x"),
    "dict": lambda: {"b": "é", "a": [1, 2.5, None, True]},
    "dict-empty": lambda: {},
    "list": lambda: [1, "2"],
    "list-empty": lambda: [],
    "tuple": lambda: (1, 2),
    "int": lambda: 200,
    "float": lambda: 1.5,
    "true": lambda: True,
    "false": lambda: False,
    "zero": lambda: 0,
    "attrs": lambda: Point(1, 2),
    "dataclass": lambda: Named("n", Point(1, 2)),
    "nested": lambda: {"points": [Point(1, 2)], "named": Named("n", Point(3, 4))},
    "none": lambda: None,
    "generator": _generator,
    "iterator": lambda: iter([b"a", b"", b"b"]),
    "object": object,
    "set": lambda: {1},
    "nan": lambda: [float("nan")],
    "response": lambda: hub.Response(),
    "response-none": lambda: hub.Response(None),
    "response-json": lambda: hub.Response({"a": 1}, status=201),
    "text": lambda: hub.Response.text("t", status=202, headers={"x-a": "1"}),
    "html": lambda: hub.Response.html("<p>é", headers=[("x-a", "1"), ("x-a", "2")]),
    "json": lambda: hub.Response.json("text", status=203),
}


def add(both: Both) -> None:
    for name, make in RETURNED.items():
        both.get(f"/returned/{name}", name=name)(_returner(make))
    _add_made(both)
    _add_cookies(both)
    both.get("/responses/refused")(refused)


def _returner(make: Callable[[], Any]) -> Callable[..., Any]:
    def handler(request: hub.Request) -> Any:
        return make()

    return handler


def _add_made(both: Both) -> None:
    @both.route("/responses/make", ("GET", "POST"))
    def make(request: hub.Request) -> hub.Response:
        wish = request.json()
        body = wish.get("body")
        response = hub.Response(
            None if body is None else body.encode("latin-1"),
            status=wish.get("status", 200),
            headers=[(name, value) for name, value in wish.get("headers", ())],
            content_type=wish.get("type"),
        )
        for name in wish.get("delete", ()):
            del response.headers[name]
        return response

    @both.get("/responses/status/{code:int}")
    def status(request: hub.Request, code: int) -> hub.Response:
        return hub.Response.text(f"body of {code}", status=code)

    @both.get("/responses/redirect")
    def redirect(request: hub.Request) -> hub.Response:
        code = int(request.query.get("status", "302"))
        return hub.Response.redirect(request.query["to"], status=code)

    @both.get("/responses/large/{size:int}")
    def large(request: hub.Request, size: int) -> bytes:
        return bytes(range(256)) * (size // 256)

    @both.get("/responses/fixed")
    def fixed(request: hub.Request) -> hub.Response:
        headers = {"etag": '"1"', "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
        return hub.Response.text("fixed " * 200, headers=headers)


def _add_cookies(both: Both) -> None:
    @both.get("/responses/cookies")
    def cookies(request: hub.Request) -> hub.Response:
        response = hub.Response.text("cookies")
        response.set_cookie("plain", "1")
        response.set_cookie(
            "all",
            "v",
            max_age=60,
            expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
            path="/p",
            domain="example.org",
            secure=True,
            httponly=True,
            samesite="Strict",
            partitioned=True,
        )
        response.set_cookie("plain", "2", path="/other")
        response.set_cookie("odd", 'a; b,"c"')
        response.delete_cookie("gone", path="/p")
        return response


def refused(request: hub.Request) -> dict[str, str]:
    """For each way to set a field: what a bad value does there."""
    bad = request.query["bad"]
    return {name: _outcome(attempt, bad) for name, attempt in ATTEMPTS.items()}


def _outcome(attempt: Callable[[str], Any], bad: str) -> str:
    try:
        response = attempt(bad)
    except ValueError:
        return "refused"
    fields = getattr(response, "header_list", [("", bad)])
    return "taken" if any(bad in value for _, value in fields) else "encoded"


def _changed(change: Callable[[Any], Any]) -> None:
    change(hub.Response().headers)


def _with_cookie(*args: str, **attributes: Any) -> hub.Response:
    response = hub.Response()
    response.set_cookie(*args, **attributes)
    return response


ATTEMPTS: dict[str, Callable[[str], Any]] = {
    "mapping": lambda bad: hub.Response(headers={"x": bad}),
    "pairs": lambda bad: hub.Response(headers=[("x", bad)]),
    "content_type": lambda bad: hub.Response(content_type=bad),
    "name": lambda bad: hub.Response(headers={f"x{bad}": "v"}),
    "item": lambda bad: _changed(lambda headers: headers.__setitem__("x", bad)),
    "add": lambda bad: _changed(lambda headers: headers.add("x", bad)),
    "set": lambda bad: _changed(lambda headers: headers.set("x", bad)),
    "extend": lambda bad: _changed(lambda headers: headers.extend([("x", bad)])),
    "update": lambda bad: _changed(lambda headers: headers.update({"x": bad})),
    "setdefault": lambda bad: _changed(lambda headers: headers.setdefault("x", bad)),
    "setlist": lambda bad: _changed(lambda headers: headers.setlist("x", ["v", bad])),
    "item name": lambda bad: _changed(lambda headers: headers.__setitem__(f"x{bad}", "v")),
    "http error": lambda bad: hub.HTTPError(400, headers={"x": bad}),
    "cookie path": lambda bad: _with_cookie("n", path=bad),
    "cookie domain": lambda bad: _with_cookie("n", domain=bad),
    "cookie name": lambda bad: _with_cookie(f"n{bad}"),
    "cookie value": lambda bad: _with_cookie("n", bad),
    "redirect": lambda bad: hub.Response.redirect(bad),
}
