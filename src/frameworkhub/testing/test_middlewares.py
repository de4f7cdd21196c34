"""Middlewares: one form, whatever the colours of what is around and inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import frameworkhub as hub

from .answers import Answer
from .handlers.middlewares import KINDS
from .hosts import Host

BOTH = pytest.mark.parametrize("form", ["sync", "async"])


def behave(host: Host, colour: str, label: str, form: str, rest: str = "/x") -> Answer:
    return host.get(f"/{colour}/behave/{label}/{form}{rest}")


def handled(host: Host, what: str) -> int:
    """How often the handlers of this module noted `what` so far."""
    return host.events().count(what)


@pytest.mark.parametrize("kind", KINDS)
def test_order(host: Host, colour: str, kind: str) -> None:
    """First registered is outermost: include, app, route; and the way out is the reverse."""
    answer = host.get(f"/{colour}/layers/{kind}/x")
    order = ["include", "first", "second", "route", "innermost"]
    assert answer.json() == [f"{name} in" for name in order]
    assert answer.all("x-trace") == [f"{name} out" for name in reversed(order)]


def test_group_in_a_group(host: Host, colour: str) -> None:
    """A group's middlewares are around its own routes, inside those of the group around it."""
    assert host.get(f"/{colour}/outer/inner/x").json() == ["outer in", "inner in"]
    assert host.get(f"/{colour}/outer/x").json() == ["outer in"]


@BOTH
def test_state_from_middleware(host: Host, colour: str, form: str) -> None:
    """What a middleware leaves in `request.state` the handler finds."""
    assert behave(host, colour, "pass", form).json() == {"state": "from outside"}


def test_state_is_the_requests_own(host: Host, colour: str) -> None:
    """`request.state` starts empty with each request."""
    assert behave(host, colour, "replace", "sync").status == 203
    assert behave(host, colour, "change", "sync").json() == {"state": None}


@BOTH
def test_short_circuit(host: Host, colour: str, form: str) -> None:
    """A middleware that returns before its `yield` answers in the handler's stead."""
    before = handled(host, "handler GET short")
    answer = behave(host, colour, "short", form, "/short?early=1")
    assert (answer.status, answer.json()) == (200, {"early": "1"})
    assert handled(host, "handler GET short") == before
    assert behave(host, colour, "short", form, "/short").json() == {"state": None}
    assert handled(host, "handler GET short") == before + 1


@BOTH
def test_replace(host: Host, colour: str, form: str) -> None:
    """What a middleware returns after its `yield` is the response from then on."""
    answer = behave(host, colour, "replace", form)
    assert (answer.status, answer.text) == (203, "instead of 200")
    assert behave(host, colour, "replace", form, "/stream").text == "instead of 200"


@BOTH
def test_change(host: Host, colour: str, form: str) -> None:
    """A middleware may change the response it is given, and return it or nothing."""
    answer = behave(host, colour, "change", form)
    assert (answer.status, answer.header("x-body")) == (202, str(len(answer.body)))


@BOTH
def test_stream_passes(host: Host, colour: str, form: str) -> None:
    """A stream passes through unread."""
    answer = behave(host, colour, "change", form, "/stream")
    assert (answer.status, answer.header("x-body"), answer.body) == (202, "stream", b"ab")


@BOTH
def test_catch(host: Host, colour: str, form: str) -> None:
    """Errors of what is inside are raised at the `yield`; what is returned then is the answer."""
    answer = behave(host, colour, "catch", form, "/value")
    assert (answer.status, answer.text) == (200, "caught inside")
    assert behave(host, colour, "catch", form, "/http").json()["detail"] == "inside"


@BOTH
def test_translate(host: Host, colour: str, form: str) -> None:
    """An error may be turned into another; `finally` runs in any case."""
    before = handled(host, "finally")
    answer = behave(host, colour, "translate", form, "/value")
    assert (answer.status, answer.json()["detail"]) == (409, "translated inside")
    assert behave(host, colour, "translate", form, "/http").status == 404
    assert behave(host, colour, "translate", form).status == 200
    assert handled(host, "finally") == before + 3


@BOTH
def test_swallow(host: Host, colour: str, form: str) -> None:
    """To catch an error and answer nothing is an error: 500."""
    assert behave(host, colour, "swallow", form, "/value").status == 500
    assert behave(host, colour, "swallow", form).status == 200


@BOTH
def test_error_before(host: Host, colour: str, form: str) -> None:
    """A middleware's own HTTPError is an answer, and what is inside does not run."""
    before = handled(host, "handler GET never")
    answer = behave(host, colour, "before", form, "/never")
    assert (answer.status, answer.json()["detail"]) == (403, "at the door")
    assert handled(host, "handler GET never") == before


@BOTH
def test_exception_handlers_are_outside(host: Host, colour: str, form: str) -> None:
    """Exception handlers of an app get the errors of its middlewares."""
    answer = behave(host, colour, "before", form, "/x?divide")
    assert (answer.status, answer.text) == (598, "divided")


@BOTH
def test_error_afterwards(host: Host, colour: str, form: str) -> None:
    """An error after the `yield` takes the response's place, that of a stream too."""
    for rest in ("/x", "/stream"):
        answer = behave(host, colour, "afterwards", form, rest)
        assert (answer.status, answer.json()["detail"]) == (410, "on the way out")


@BOTH
def test_two_yields(host: Host, colour: str, form: str) -> None:
    """A middleware that yields twice, and has no response at that, is an error: 500."""
    assert behave(host, colour, "twice", form).status == 500


def test_app_middleware_sees_everything(host: Host, colour: str) -> None:
    """App middlewares see what finds no route: 404, 405 and 400 are raised at their `yield`."""
    asked = [("X-App-Middleware", "1")]
    paths = {
        ("GET", "/nowhere"): 404,
        ("DELETE", "/methods/get"): 405,
        ("GET", "/paths/str/%FF"): 400,
        ("GET", "/errors/raise/detail"): 409,
    }
    for (method, path), status in paths.items():
        answer = host.request(method, f"/{colour}{path}", asked)
        assert (answer.status, answer.text) == (599, f"saw {status}")


def test_app_middleware_sees_answers(host: Host, colour: str) -> None:
    """App middlewares see every answer, the automatic OPTIONS included."""
    asked = [("X-App-Middleware", "1")]
    for method, path, status in (
        ("GET", "/paths/static", 200),
        ("HEAD", "/methods/get", 200),
        ("OPTIONS", "/methods/get", 204),
        ("GET", "/handled/leaf", 599),
    ):
        answer = host.request(method, f"/{colour}{path}", asked)
        assert answer.header("x-app-saw") == str(status), (method, path)


def test_group_middleware_sees_its_own_only(host: Host, colour: str) -> None:
    """A path under a group's prefix that no route has is not the group's."""
    answer = host.get(f"/{colour}/layers/sync/nowhere")
    assert (answer.status, answer.all("x-trace")) == (404, [])


def seeing_app(is_async: bool) -> hub.App:
    """An app with one middleware, which tells what it saw."""
    app = hub.App(name="seeing")

    def see(request: hub.Request) -> Any:
        try:
            response = yield
        except hub.HTTPError as error:
            return hub.Response.text(f"saw {error.status}", 599)
        response.headers["x-saw"] = str(response.status)

    async def asee(request: hub.Request) -> Any:
        try:
            response = yield
        except hub.HTTPError as error:
            yield hub.Response.text(f"saw {error.status}", 599)
            return
        response.headers["x-saw"] = str(response.status)

    app.middleware(asee if is_async else see)
    app.get("/sync")(lambda request: "here")
    return app


@pytest.mark.parametrize("is_async", [False, True])
def test_only_middleware_of_an_app(carry: Callable[..., Host], is_async: bool) -> None:
    """The only middleware of an app sees hits and misses, in either colour."""
    host = carry(seeing_app(is_async))
    assert host.get("/sync").header("x-saw") == "200"
    assert host.get("/nowhere").text == "saw 404"
    assert host.request("POST", "/sync").text == "saw 405"
    assert host.request("OPTIONS", "/sync").header("x-saw") == "204"


def test_middleware_must_be_a_generator() -> None:
    """A function without `yield` is refused when it is registered."""
    with pytest.raises(TypeError):
        hub.App().middleware(lambda request: None)
