"""Middlewares: around groups and routes, in both colours, around handlers of both colours."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import frameworkhub as hub

from ..app import Both, Colour, painted
from .probe import note


def tracer(name: str, is_async: bool) -> Callable[..., Any]:
    """A middleware that writes down its way in and its way out."""

    def trace(request: hub.Request) -> Any:
        _trace(request).append(f"{name} in")
        response = yield
        response.headers.add("x-trace", f"{name} out")

    async def atrace(request: hub.Request) -> Any:
        _trace(request).append(f"{name} in")
        response = yield
        response.headers.add("x-trace", f"{name} out")

    return atrace if is_async else trace


def _trace(request: hub.Request) -> list[str]:
    if not hasattr(request.state, "trace"):
        request.state.trace = []
    return request.state.trace  # type: ignore[no-any-return]


def traced(request: hub.Request) -> list[str]:
    return _trace(request)


def add(both: Both) -> None:
    @both.app.middleware
    def whole_app(request: hub.Request) -> Any:
        """Sees every request of the app; touches those that ask for it."""
        asked = "x-app-middleware" in request.headers
        try:
            response = yield
        except hub.HTTPError as error:
            if asked:
                return hub.Response.text(f"saw {error.status}", 599)
            raise
        if asked:
            response.headers["x-app-saw"] = str(response.status)

    for kind, (outer, inner) in KINDS.items():
        both.group(
            f"/layers/{kind}",
            _layers(outer, inner),
            middleware=[tracer("include", outer)],
        )
    both.group("/outer", _outer)
    for label, middlewares in BEHAVING.items():
        for is_async, middleware in enumerate(middlewares):
            word = "async" if is_async else "sync"
            both.group(f"/behave/{label}/{word}", _behave(middleware))


# Whether the outer and the inner middlewares are async.
KINDS = {
    "sync": (False, False),
    "async": (True, True),
    "sync-async": (False, True),
    "async-sync": (True, False),
}


def _layers(outer: bool, inner: bool) -> Callable[[hub.App, Colour], None]:
    def build(group: hub.App, colour: Colour) -> None:
        group.middleware(tracer("first", outer))
        group.middleware(tracer("second", inner))
        route = group.get("/x", middleware=[tracer("route", inner), tracer("innermost", outer)])
        route(painted(traced, colour))

    return build


def _outer(group: hub.App, colour: Colour) -> None:
    group.middleware(tracer("outer", False))
    inner = hub.App(name=f"inner_{colour}")
    inner.middleware(tracer("inner", True))
    inner.get("/x")(painted(traced, colour))
    group.include(inner, prefix="/inner")
    group.get("/x")(painted(_outer_only, colour))


def _outer_only(request: hub.Request) -> list[str]:
    return _trace(request)


def _behave(middleware: Callable[..., Any]) -> Callable[[hub.App, Colour], None]:
    def build(group: hub.App, colour: Colour) -> None:
        group.middleware(middleware)
        group.get("/{name}")(painted(_behaving, colour))
        group.exception_handler(ZeroDivisionError)(painted(_divided, colour))

    return build


def _behaving(request: hub.Request, name: str) -> Any:
    note(f"handler {request.method} {name}")
    if name == "http":
        raise hub.HTTPError(404, "inside")
    if name == "value":
        raise ValueError("inside")
    if name == "stream":
        return iter([b"a", b"b"])
    return {"state": getattr(request.state, "word", None)}


def _divided(request: hub.Request, error: Exception) -> hub.Response:
    return hub.Response.text("divided", 598)


# Each behaviour as a sync and as an async middleware.


def pass_on(request: hub.Request) -> Any:
    request.state.word = "from outside"
    yield


async def apass_on(request: hub.Request) -> Any:
    request.state.word = "from outside"
    yield


def short(request: hub.Request) -> Any:
    if "early" in request.query:
        return {"early": request.query["early"]}
    yield


async def ashort(request: hub.Request) -> Any:
    if "early" in request.query:
        yield {"early": request.query["early"]}
    else:
        yield


def replace(request: hub.Request) -> Any:
    response = yield
    return hub.Response.text(f"instead of {response.status}", 203)


async def areplace(request: hub.Request) -> Any:
    response = yield
    yield hub.Response.text(f"instead of {response.status}", 203)


def change(request: hub.Request) -> Any:
    response = yield
    response.status = 202
    response.headers["x-body"] = "stream" if response.body is None else str(len(response.body))
    return response


async def achange(request: hub.Request) -> Any:
    response = yield
    response.status = 202
    response.headers["x-body"] = "stream" if response.body is None else str(len(response.body))


def catch(request: hub.Request) -> Any:
    try:
        yield
    except ValueError as error:
        return f"caught {error}"


async def acatch(request: hub.Request) -> Any:
    try:
        yield
    except ValueError as error:
        yield f"caught {error}"


def translate(request: hub.Request) -> Any:
    try:
        yield
    except ValueError as error:
        raise hub.HTTPError(409, f"translated {error}") from error
    finally:
        note("finally")


async def atranslate(request: hub.Request) -> Any:
    try:
        yield
    except ValueError as error:
        raise hub.HTTPError(409, f"translated {error}") from error
    finally:
        note("finally")


def swallow(request: hub.Request) -> Any:
    with suppress(Exception):
        yield


async def aswallow(request: hub.Request) -> Any:
    with suppress(Exception):
        yield


def before(request: hub.Request) -> Any:
    if "divide" in request.query:
        raise ZeroDivisionError
    raise hub.HTTPError(403, "at the door")
    yield


async def abefore(request: hub.Request) -> Any:
    if "divide" in request.query:
        raise ZeroDivisionError
    raise hub.HTTPError(403, "at the door")
    yield


def afterwards(request: hub.Request) -> Any:
    yield
    raise hub.HTTPError(410, "on the way out")


async def aafterwards(request: hub.Request) -> Any:
    yield
    raise hub.HTTPError(410, "on the way out")


def twice(request: hub.Request) -> Any:
    yield
    yield


async def atwice(request: hub.Request) -> Any:
    yield
    yield


BEHAVING: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "pass": (pass_on, apass_on),
    "short": (short, ashort),
    "replace": (replace, areplace),
    "change": (change, achange),
    "catch": (catch, acatch),
    "translate": (translate, atranslate),
    "swallow": (swallow, aswallow),
    "before": (before, abefore),
    "afterwards": (afterwards, aafterwards),
    "twice": (twice, atwice),
}
