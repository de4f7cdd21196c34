"""Errors: the same status, fields and bytes everywhere, and nothing of the inside gets out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

import frameworkhub as hub

from .answers import Answer
from .hosts import Host

PROBLEM = "application/problem+json"
BARE_500 = b'{"type": "about:blank", "title": "Internal Server Error", "status": 500}'


def raised(host: Host, colour: str, name: str) -> Answer:
    return host.get(f"/{colour}/errors/raise/{name}")


def handled(host: Host, colour: str, name: str) -> Answer:
    return host.get(f"/{colour}/handled/{name}")


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("plain", 404, '{"type": "about:blank", "title": "Not Found", "status": 404}'),
        (
            "detail",
            409,
            '{"type": "about:blank", "title": "Conflict", "status": 409,'
            ' "detail": "é: \'x\' \\"y\\""}',
        ),
        (
            "renamed",
            403,
            '{"type": "https://example.org/p", "title": "Out of credit", "status": 403}',
        ),
        ("unnamed", 499, '{"type": "about:blank", "title": "Unknown", "status": 499}'),
    ],
)
def test_http_error(host: Host, colour: str, name: str, status: int, body: str) -> None:
    """An HTTPError is RFC 9457 problem details, to the byte."""
    answer = raised(host, colour, name)
    assert (answer.status, answer.body) == (status, body.encode())
    assert answer.header("content-type") == PROBLEM
    assert answer.header("content-length") == str(len(body.encode()))


def test_http_error_members(host: Host, colour: str) -> None:
    """Further members stand in the problem object; what JSON can't say is written as text."""
    problem = raised(host, colour, "members").json()
    assert (problem["detail"], problem["errors"], problem["balance"]) == ("d", [{"a": 1}], 30)
    assert raised(host, colour, "odd-members").json()["when"] == "(1+2j)"


def test_http_error_headers(host: Host, colour: str) -> None:
    """The fields of an HTTPError are sent, repeated ones apart."""
    answer = raised(host, colour, "headers")
    assert answer.all("www-authenticate") == ["Basic", "Bearer"]
    assert (answer.status, answer.header("x-a")) == (401, "1")
    answer = raised(host, colour, "mapping")
    assert (answer.status, answer.header("retry-after")) == (503, "120")


def test_http_error_subclass(host: Host, colour: str) -> None:
    """A subclass of HTTPError is one."""
    answer = raised(host, colour, "subclass")
    assert (answer.status, answer.json()["shape"]) == (418, "round")


def test_http_error_in_answer_to_head(host: Host, colour: str) -> None:
    """In answer to HEAD the fields of the error come alone."""
    get = raised(host, colour, "detail")
    head = host.request("HEAD", f"/{colour}/errors/raise/detail")
    assert (head.status, head.body) == (409, b"")
    assert head.header("content-length") == get.header("content-length")


@pytest.mark.parametrize(
    "name",
    ["unhandled", "key-error", "no-status", "unicode-error", "assertion", "timeout"],
)
def test_unhandled_error(host: Host, colour: str, name: str) -> None:
    """Any other exception is a 500 that tells nothing."""
    answer = raised(host, colour, name)
    assert (answer.status, answer.body) == (500, BARE_500)
    assert answer.header("content-type") == PROBLEM


def test_stop_iteration(host: Host, colour: str) -> None:
    """StopIteration is an error like others, though generators and futures trip over it."""
    answer = raised(host, colour, "stop-iteration")
    assert (answer.status, answer.body) == (500, BARE_500)


def test_error_in_a_converter(host: Host, colour: str) -> None:
    """What a converter raises, other than ValueError, is a 500 like others."""
    answer = host.get(f"/{colour}/errors/picky/abc")
    assert (answer.status, answer.body) == (500, BARE_500)


def test_the_host_lives_on(host: Host, colour: str) -> None:
    """After an unhandled error the next request is answered."""
    for _ in range(5):
        assert raised(host, colour, "unhandled").status == 500
    assert host.get(f"/{colour}/paths/static").status == 200


def test_404_and_405_are_problems(host: Host, colour: str) -> None:
    """What the router answers has the form of every error."""
    missing = host.get(f"/{colour}/errors/nowhere")
    assert missing.body == b'{"type": "about:blank", "title": "Not Found", "status": 404}'
    wrong = host.request("DELETE", f"/{colour}/errors/raise/plain")
    assert wrong.json() == {"type": "about:blank", "title": "Method Not Allowed", "status": 405}
    assert missing.header("content-type") == wrong.header("content-type") == PROBLEM


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("base", "Base handler, Base, GET"),
        ("middle", "Middle handler, Middle, GET"),
        ("leaf", "Middle handler, Leaf, GET"),
        ("teapot", "Teapot handler, TeapotError, GET"),
    ],
)
def test_exception_handler(host: Host, colour: str, name: str, told: str) -> None:
    """The handler of the nearest class in the error's MRO answers."""
    answer = handled(host, colour, name)
    assert (answer.status, answer.text) == (599, told)


def test_exception_handler_returns_anything(host: Host, colour: str) -> None:
    """An exception handler returns what a handler may return."""
    assert handled(host, colour, "key").json() == {"lookup": "'k'"}
    assert handled(host, colour, "unicode").header("content-type") == "text/plain; charset=utf-8"
    assert (handled(host, colour, "zero").status, handled(host, colour, "zero").body) == (204, b"")


def test_exception_handler_raises(host: Host, colour: str) -> None:
    """An exception handler may raise an HTTPError; anything else from it is a 500."""
    answer = handled(host, colour, "timeout")
    assert (answer.status, answer.json()["detail"]) == (410, "from the handler")
    assert handled(host, colour, "value").body == BARE_500


def test_exception_without_a_handler(host: Host, colour: str) -> None:
    """Errors that no handler is for pass the handlers by, HTTPErrors too."""
    assert handled(host, colour, "type").body == BARE_500
    assert handled(host, colour, "http").json()["detail"] == "gone"


def failing_app(**options: Any) -> hub.App:
    """An app whose handlers fail, sync and async."""
    app = hub.App(name="failing", **options)

    @app.get("/sync")
    def sync_handler(request: hub.Request) -> None:
        raise RuntimeError("the secret")

    @app.get("/async")
    async def async_handler(request: hub.Request) -> None:
        raise RuntimeError("the secret")

    return app


def test_debug_tells_the_traceback(carry: Callable[..., Host], colour: str) -> None:
    """In debug mode a 500 tells error and traceback, still as problem details."""
    answer = carry(failing_app(debug=True)).get(f"/{colour}")
    problem = answer.json()
    assert (answer.status, answer.header("content-type")) == (500, PROBLEM)
    assert problem["detail"] == "RuntimeError: the secret"
    assert any("_handler" in line for line in problem["traceback"])


def test_unhandled_error_is_logged(
    carry: Callable[..., Host], colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An unhandled error reaches the log, with its traceback and the request."""
    host = carry(failing_app())
    with caplog.at_level(logging.ERROR, "frameworkhub"):
        assert host.get(f"/{colour}").body == BARE_500
    logged = [r for r in caplog.records if r.name == "frameworkhub" and r.exc_info]
    assert len(logged) == 1
    assert f"GET /{colour}" in logged[0].getMessage()
    assert isinstance(logged[0].exc_info, tuple) and "the secret" in str(logged[0].exc_info[1])


def test_http_error_is_not_logged(
    carry: Callable[..., Host], colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An HTTPError is an answer: nothing failed."""
    host = carry(failing_app())
    with caplog.at_level(logging.DEBUG, "frameworkhub"):
        assert host.get("/nowhere").status == 404
    assert [r for r in caplog.records if r.name == "frameworkhub"] == []


def test_handler_of_http_errors_sees_404_and_405(carry: Callable[..., Host]) -> None:
    """An app's handler of HTTPError shapes every error answer, the router's too."""
    app = failing_app()

    @app.exception_handler(hub.HTTPError)
    def shape(request: hub.Request, error: hub.HTTPError) -> hub.Response:
        return hub.Response.text(f"own {error.status}", error.status, error.headers)

    host = carry(app)
    assert (host.get("/nowhere").status, host.get("/nowhere").text) == (404, "own 404")
    wrong = host.request("POST", "/sync")
    assert (wrong.status, wrong.text, wrong.header("allow")) == (
        405,
        "own 405",
        "GET, HEAD, OPTIONS",
    )
    assert host.get("/x%FF").text == "own 400"


def test_handler_of_everything(carry: Callable[..., Host], colour: str) -> None:
    """A handler of Exception gets every error, but HTTPErrors, which are answers already."""
    app = failing_app()

    @app.exception_handler(Exception)
    async def shape(request: hub.Request, error: Exception) -> hub.Response:
        return hub.Response.text(f"own {error}", 599)

    host = carry(app)
    assert (host.get(f"/{colour}").status, host.get(f"/{colour}").text) == (599, "own the secret")
    assert host.get("/nowhere").header("content-type") == PROBLEM
