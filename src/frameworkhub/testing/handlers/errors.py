"""Errors: those that are answers, and those that are not."""

from __future__ import annotations

from typing import Any

import frameworkhub as hub

from ..app import Both, Colour, painted


class Base(Exception):
    pass


class Middle(Base):
    pass


class Leaf(Middle):
    pass


class TeapotError(hub.HTTPError):
    def __init__(self) -> None:
        super().__init__(418, "short and stout", shape="round")


RAISED: dict[str, Any] = {
    "plain": lambda: hub.HTTPError(404),
    "detail": lambda: hub.HTTPError(409, "é: 'x' \"y\""),
    "members": lambda: hub.HTTPError(422, "d", errors=[{"a": 1}], balance=30),
    "renamed": lambda: hub.HTTPError(403, type="https://example.org/p", title="Out of credit"),
    "headers": lambda: hub.HTTPError(
        401, headers=[("www-authenticate", "Basic"), ("www-authenticate", "Bearer"), ("x-a", "1")]
    ),
    "mapping": lambda: hub.HTTPError(503, headers={"Retry-After": "120"}),
    "subclass": TeapotError,
    "unnamed": lambda: hub.HTTPError(499),
    "odd-members": lambda: hub.HTTPError(400, when=complex(1, 2)),
    "unhandled": lambda: RuntimeError("secret"),
    "key-error": lambda: KeyError("secret"),
    "stop-iteration": lambda: StopIteration("secret"),
    "no-status": lambda: hub.HTTPError(200),
    "unicode-error": lambda: "\ud800".encode(),
    "assertion": lambda: AssertionError("secret"),
    "timeout": lambda: TimeoutError("secret"),
}


def add(both: Both) -> None:
    @both.get("/errors/raise/{name}")
    def fail(request: hub.Request, name: str) -> None:
        raise RAISED[name]()

    @both.get("/errors/picky/{value:picky}")
    def picky(request: hub.Request, value: str) -> str:
        return value

    both.group("/handled", _build_group)


GROUP_RAISED: dict[str, Any] = {
    "leaf": Leaf,
    "middle": Middle,
    "base": Base,
    "key": lambda: KeyError("k"),
    "zero": lambda: ZeroDivisionError(),
    "os": lambda: OSError("o"),
    "timeout": lambda: TimeoutError("t"),
    "http": lambda: hub.HTTPError(404, "gone"),
    "teapot": TeapotError,
    "value": lambda: ValueError("v"),
    "type": lambda: TypeError("t"),
    "unicode": lambda: UnicodeError("u"),
}


def _build_group(group: hub.App, colour: Colour) -> None:
    def fail(request: hub.Request, name: str) -> None:
        raise GROUP_RAISED[name]()

    group.get("/{name}")(painted(fail, colour))
    for kind, handler in HANDLERS.items():
        group.exception_handler(kind)(painted(handler, colour))


def _told(what: str) -> Any:
    def handler(request: hub.Request, error: Exception) -> hub.Response:
        text = f"{what} handler, {type(error).__name__}, {request.method}"
        return hub.Response.text(text, status=599)

    return handler


def _again(request: hub.Request, error: Exception) -> Any:
    raise hub.HTTPError(410, "from the handler")


def _broken(request: hub.Request, error: Exception) -> Any:
    raise RuntimeError("secret")


HANDLERS: dict[type[Exception], Any] = {
    Base: _told("Base"),
    Middle: _told("Middle"),
    LookupError: lambda request, error: {"lookup": str(error)},
    ZeroDivisionError: lambda request, error: None,
    OSError: _again,
    ValueError: _broken,
    UnicodeError: lambda request, error: "text",
    TeapotError: _told("Teapot"),
}
