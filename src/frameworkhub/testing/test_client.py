"""`app.client`: an httpx client, the same for every adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

import frameworkhub as hub

from .handlers.streams import gates, is_open
from .hosts import BARE, Host, Spec, adapter
from .test_streams import new_run
from .waiting import wait_until

Carry = Callable[..., Host]
Clients = Callable[..., httpx.Client]


class Shop:
    """An app to be called, which tells what happened to it."""

    def __init__(self) -> None:
        self.app = hub.App(name="shop")
        self.events: list[str] = []
        self.app.lifespan(self.lifespan)
        self.app.get("/tell")(self.tell)
        self.app.post("/post")(self.post)
        self.app.get("/login")(self.login)
        self.app.get("/old", name="old")(lambda request: hub.Response.redirect("/tell?from=old"))
        self.app.get("/gated/{run}")(self.gated)
        self.app.get("/endless/{run}")(self.endless)
        self.app.get("/fail")(self.fail)

    def lifespan(self, app: hub.App) -> Iterator[None]:
        self.events.append("start")
        yield
        self.events.append("stop")

    async def tell(self, request: hub.Request) -> dict[str, Any]:
        cookies, query = request.cookies.to_dict(), request.query.multi_items()
        return {"cookies": cookies, "query": query, "header": request.headers.get("x-a")}

    def post(self, request: hub.Request) -> dict[str, Any]:
        files = {name: file.read().decode() for name, file in request.files.items()}
        return {"form": request.form.to_dict(), "files": files, "size": len(request.body)}

    def login(self, request: hub.Request) -> hub.Response:
        response = hub.Response.redirect("/tell")
        response.set_cookie("session", "abc", httponly=True)
        response.set_cookie("theme", "dark")
        return response

    async def gated(self, request: hub.Request, run: str) -> AsyncIterator[str]:
        yield "one"
        yield "two" if await is_open(run) else "nobody opened"

    def endless(self, request: hub.Request, run: str) -> Iterator[str]:
        try:
            while True:
                yield "tick" * 1024
        finally:
            self.events.append("closed")

    def fail(self, request: hub.Request) -> None:
        raise RuntimeError("fails")


def client(app: hub.App, spec: Spec, **options: Any) -> httpx.Client:
    if spec.framework == BARE:
        return app.client(interface=spec.interface, **options)
    if len(adapter("frameworks", spec.framework).features.interfaces) > 1:
        options["interface"] = spec.interface
    return app.client(spec.framework, **options)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def calls(shop: Shop, spec: Spec, carry: Carry) -> Iterator[httpx.Client]:
    """The client of the shop, started."""
    with client(shop.app, spec) as started:
        yield started


def test_client_is_an_httpx_client(calls: httpx.Client) -> None:
    """The client is an `httpx.Client`: queries, fields and JSON as its users know them."""
    assert isinstance(calls, httpx.Client)
    answer = calls.get("/tell", params={"a": ["1", "2"]}, headers={"X-A": "1"})
    query = [["a", "1"], ["a", "2"]]
    assert answer.json() == {"cookies": {}, "query": query, "header": "1"}
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


def test_client_posts(calls: httpx.Client) -> None:
    """Forms and files are sent."""
    answer = calls.post("/post", data={"a": "é"}, files={"f": ("name.txt", b"content")})
    assert answer.json()["form"] == {"a": "é"}
    assert answer.json()["files"] == {"f": "content"}
    assert calls.post("/post", content=b"x" * 100_000).json()["size"] == 100_000


def test_client_keeps_cookies(calls: httpx.Client) -> None:
    """Cookies are kept from one request to the next, each with its own field."""
    answer = calls.get("/login")
    assert answer.status_code == 302
    assert len(answer.headers.get_list("set-cookie")) == 2
    assert calls.get("/tell").json()["cookies"] == {"session": "abc", "theme": "dark"}


def test_client_follows_redirects(calls: httpx.Client) -> None:
    """Redirects are followed where the caller wants it."""
    assert calls.get("/old").status_code == 302
    answer = calls.get("/old", follow_redirects=True)
    assert answer.json()["query"] == [["from", "old"]]
    assert [one.status_code for one in answer.history] == [302]


def test_client_streams(calls: httpx.Client) -> None:
    """`stream` gives each chunk as it is made."""
    run = new_run()
    with calls.stream("GET", f"/gated/{run}") as answer:
        chunks = answer.iter_text()
        assert next(chunks) == "one"
        gates[run].set()
        assert "".join(chunks) == "two"


def test_client_leaves_a_stream(shop: Shop, calls: httpx.Client) -> None:
    """A stream that is left closes its generator."""
    with calls.stream("GET", f"/endless/{new_run()}") as answer:
        assert next(answer.iter_bytes())
    assert wait_until(lambda: "closed" in shop.events)


def test_client_gets_errors_as_answers(calls: httpx.Client) -> None:
    """Errors are answers, not exceptions."""
    assert [calls.get(path).status_code for path in ("/fail", "/nowhere")] == [500, 404]
    assert calls.delete("/tell").headers["allow"] == "GET, HEAD, OPTIONS"
    assert calls.head("/tell").content == b""


def test_client_starts_and_stops(shop: Shop, spec: Spec, carry: Carry) -> None:
    """The lifespan runs around the client's context."""
    with client(shop.app, spec) as started:
        assert shop.events == ["start"]
        started.get("/tell")
    assert shop.events == ["start", "stop"]
    with client(shop.app, spec) as again:
        assert again.get("/tell").status_code == 200
    assert shop.events == ["start", "stop"] * 2


def test_client_of_an_app_that_does_not_start(spec: Spec, carry: Carry) -> None:
    """A start that fails is raised by the client's context."""
    app = hub.App()

    @app.lifespan
    def failing(app: hub.App) -> Iterator[None]:
        raise RuntimeError("no database today")
        yield

    with pytest.raises(Exception, match="no database today"), client(app, spec):
        raise AssertionError("it started")


def test_options_of_the_client(shop: Shop, spec: Spec, carry: Carry) -> None:
    """Other options are httpx's own."""
    with client(shop.app, spec, headers={"x-a": "2"}, follow_redirects=True) as started:
        assert started.get("/login").json()["header"] == "2"
