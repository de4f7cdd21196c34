"""Mounted: under a prefix, in an application that the user has, beside another app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import frameworkhub as hub
from frameworkhub.headers import pairs

from .app import COLOURS, Colour, painted
from .hosts import Host, Spec, adapter, on
from .waiting import wait_until

Carry = Callable[..., Host]


def tell(request: hub.Request, **params: Any) -> dict[str, Any]:
    """What a mounted handler sees of its place."""
    return {
        "app": request.app.name,
        "path": request.path,
        "root_path": request.root_path,
        "url": request.url,
        "params": params,
        "request": request.url_for("sync_item", id=-1, rest="a b/é"),
        "by app": request.app.url_for("sync_item", id=2, rest="x"),
        "middleware": getattr(request.state, "middleware", None),
    }


def hub_app(name: str = "hub") -> hub.App:
    """The app that is attached."""
    app = hub.App(name=name)

    @app.middleware
    def middleware(request: hub.Request) -> Any:
        request.state.middleware = request.path
        try:
            response = yield
        except hub.HTTPError as error:
            error.headers = [*pairs(error.headers), ("x-app", name)]
            raise
        response.headers["x-app"] = name
        return response

    for colour in COLOURS:
        _add(app, colour)
    app.get("/", name="root")(tell)
    return app


def _add(app: hub.App, colour: Colour) -> None:
    def item(request: hub.Request, id: int, rest: str) -> dict[str, Any]:
        return tell(request, id=id, rest=rest)

    def stream(request: hub.Request) -> Iterator[str]:
        yield request.url_for("root")
        yield request.app.url_for("root")

    def post(request: hub.Request) -> Any:
        return {"form": request.form.multi_items(), "body": request.text}

    def fail(request: hub.Request) -> None:
        raise RuntimeError("fails")

    paths = {"item": "item/{id:int}/{rest:path}", "stream": "stream", "fail": "fail"}
    handlers: dict[str, Any] = {"item": item, "stream": stream, "fail": fail}
    for name, path in paths.items():
        register = app.get(f"/{colour}/{path}", name=f"{colour}_{name}")
        register(painted(handlers[name], colour))
    app.post(f"/{colour}/post", name=f"{colour}_post")(painted(post, colour))


def users_app() -> hub.App:
    """The application that the user has already: made by the same adapter."""
    app = hub.App(name="users")

    @app.get("/users/{id:int}", name="user")
    def user(request: hub.Request, id: int) -> str:
        return f"user {id} {request.root_path}|{request.url_for('user', id=1)}"

    @app.get("/hubris", name="hubris")
    def hubris(request: hub.Request) -> str:
        return "hubris"

    return app


def attach(spec: Spec, native: Any, app: hub.App, prefix: str, **options: Any) -> Any:
    if len(adapter("frameworks", spec.framework).features.interfaces) > 1:
        options["interface"] = spec.interface
    return app.attach(native, prefix, **options)


@pytest.fixture(params=["native", "beside"])
def mounted(request: pytest.FixtureRequest, framework: Spec, carry: Carry) -> Host:
    """The hub app at `/hub` in the user's application."""
    users, app = users_app(), hub_app()
    served = attach(framework, on(users, framework), app, "/hub", style=request.param)
    return carry(app, served)


def test_mounted_handler(mounted: Host, colour: str) -> None:
    """`path` is without the prefix, `root_path` is the prefix, `url` has both."""
    answer = mounted.get(f"/hub/{colour}/item/-5/a/b%20c?x=%20")
    assert answer.status == 200, answer
    told = answer.json()
    assert (told["path"], told["root_path"]) == (f"/{colour}/item/-5/a/b c", "/hub")
    assert told["url"] == f"http://{mounted.netloc}/hub/{colour}/item/-5/a/b%20c?x=%20"
    assert told["params"] == {"id": -5, "rest": "a/b c"}


def test_url_for_under_a_prefix(mounted: Host, colour: str) -> None:
    """`request.url_for` and `app.url_for` give paths with the prefix, percent-encoded."""
    told = mounted.get(f"/hub/{colour}/item/1/x").json()
    assert told["request"] == "/hub/sync/item/-1/a%20b/%C3%A9"
    assert told["by app"] == "/hub/sync/item/2/x"
    assert mounted.get(f"/hub/{colour}/stream").text == "/hub//hub/"


def test_middleware_under_a_prefix(mounted: Host, colour: str) -> None:
    """The app's middlewares see the path without the prefix, and only its own requests."""
    answer = mounted.get(f"/hub/{colour}/item/1/x")
    assert answer.json()["middleware"] == f"/{colour}/item/1/x"
    assert answer.header("x-app") == "hub"
    assert mounted.get("/users/1").header("x-app") is None


def test_root_of_a_prefix(mounted: Host) -> None:
    """`/hub/` is the app's `/`; `/hub` is none of its paths."""
    assert mounted.get("/hub/").json()["path"] == "/"
    answer = mounted.get("/hub")
    assert (answer.status, answer.header("location"), answer.header("x-app")) == (404, None, None)


def test_body_under_a_prefix(mounted: Host, colour: str) -> None:
    """Bodies arrive whole."""
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    answer = mounted.request("POST", f"/hub/{colour}/post", headers, b"a=1&b=2&a=3")
    form = [["a", "1"], ["b", "2"], ["a", "3"]]
    assert answer.json() == {"form": form, "body": "a=1&b=2&a=3"}


@pytest.mark.parametrize("path", ["nowhere", "sync/item/x/y", "sync//item/1/x", "%FF"])
def test_404_under_a_prefix(mounted: Host, path: str) -> None:
    """What the app does not know under its prefix is its own problem answer."""
    answer = mounted.get(f"/hub/{path}")
    assert answer.status == (400 if path == "%FF" else 404)
    assert answer.header("content-type") == "application/problem+json"
    assert answer.header("x-app") == "hub"


def test_405_under_a_prefix(mounted: Host, colour: str) -> None:
    """So are wrong methods, and OPTIONS."""
    answer = mounted.request("DELETE", f"/hub/{colour}/post")
    assert (answer.status, answer.header("allow")) == (405, "OPTIONS, POST")
    assert answer.header("x-app") == "hub"
    answer = mounted.request("OPTIONS", f"/hub/{colour}/stream")
    assert (answer.status, answer.header("allow")) == (204, "GET, HEAD, OPTIONS")


def test_error_under_a_prefix(mounted: Host, colour: str) -> None:
    """So is an error."""
    answer = mounted.get(f"/hub/{colour}/fail")
    assert (answer.status, answer.header("content-type")) == (500, "application/problem+json")


def test_users_routes_are_untouched(mounted: Host) -> None:
    """The user's own routes answer as before; a path that only begins like the prefix is theirs."""
    assert mounted.get("/users/7").text == "user 7 |/users/1"
    assert mounted.get("/hubris").text == "hubris"
    assert mounted.get("/hub/users/7").status == 404


def test_404_outside_is_the_users(mounted: Host) -> None:
    """What nobody knows is answered by the user's application."""
    for path in ("/nowhere", "/hub-nowhere", "/users/7/hub/"):
        answer = mounted.get(path)
        assert (answer.status, answer.header("x-app")) == (404, None)


def test_prefix_of_several_segments(framework: Spec, carry: Carry) -> None:
    """A prefix may have several segments."""
    app = hub_app()
    host = carry(app, attach(framework, on(users_app(), framework), app, "/a/b/c"))
    told = host.get("/a/b/c/sync/item/1/x").json()
    assert (told["root_path"], told["by app"]) == ("/a/b/c", "/a/b/c/sync/item/2/x")
    assert host.get("/a/b/sync/item/1/x").status == 404


@pytest.mark.parametrize("prefix", ["/", "/x/", "x", "/a{b}", "/a?b"])
def test_malformed_prefix(framework: Spec, prefix: str) -> None:
    """A prefix is "" or like "/x"."""
    with pytest.raises(ValueError, match="prefix"):
        attach(framework, on(users_app(), framework), hub_app(), prefix)


def test_two_apps_in_one_application(framework: Spec, carry: Carry) -> None:
    """Apps of different names live in one application, each under its prefix."""
    one, two = hub_app("one"), hub_app("two")
    native = attach(framework, on(users_app(), framework), one, "/one")
    native = attach(framework, native, two, "/two")
    carry(one)
    host = carry(two, native)
    for name in ("one", "two"):
        told = host.get(f"/{name}/async/item/1/x").json()
        assert (told["app"], told["by app"]) == (name, f"/{name}/sync/item/2/x")
        assert host.get(f"/{name}/nowhere").header("x-app") == name
    assert host.get("/users/7").text.startswith("user 7")


def test_attach_without_a_prefix(framework: Spec, carry: Carry) -> None:
    """Without a prefix the app's paths are its own, and all others the user's."""
    app = hub_app()
    host = carry(app, attach(framework, on(users_app(), framework), app, ""))
    assert host.get("/sync/item/1/x").json()["root_path"] == ""
    assert host.request("DELETE", "/sync/post").header("allow") == "OPTIONS, POST"
    assert host.get("/users/7").text.startswith("user 7")
    assert host.get("/nowhere").header("x-app") is None


def test_lifespan_of_an_attached_app(framework: Spec, carry: Carry) -> None:
    """An attached app is started before its first request, with the user's application's own."""
    events = []
    users, app = users_app(), hub_app()

    @app.lifespan
    def ours(app: hub.App) -> Iterator[None]:
        events.append("start ours")
        yield

    @users.lifespan
    async def theirs(app: hub.App) -> AsyncIterator[None]:
        events.append("start theirs")
        yield

    host = carry(app, attach(framework, on(users, framework), app, "/hub"))
    assert host.get("/hub/sync/item/1/x").status == 200
    assert host.get("/users/1").status == 200
    assert wait_until(lambda: sorted(events) == ["start ours", "start theirs"])
    users.lifecycle.started = False


SAMPLE = [
    ("GET", "/"),
    ("GET", "/sync/item/1/x"),
    ("GET", "/async/item/-1/a%2Fb"),
    ("HEAD", "/sync/item/1/x"),
    ("GET", "/async/stream"),
    ("GET", "/sync/stream"),
    ("POST", "/sync/post"),
    ("POST", "/async/post"),
    ("GET", "/sync/fail"),
    ("GET", "/sync/post"),
    ("OPTIONS", "/sync/post"),
    ("GET", "/nowhere"),
    ("GET", "/sync/"),
    ("GET", "//"),
    ("BREW", "/nowhere"),
    ("GET", "/%FF"),
]


@pytest.mark.parametrize("style", ["native", "beside"])
def test_styles_answer_alike(framework: Spec, carry: Carry, style: str) -> None:
    """`style="beside"` gives the same answers as native routes, and as no framework at all."""
    app = hub_app()
    host = carry(app, on(app, framework, style=style))
    bare = carry_bare(app)
    for method, target in SAMPLE:
        body = b"a=1" if method == "POST" else b""
        headers = [("Host", "example.test")]
        if body:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        ours, theirs = (h.request(method, target, headers, body) for h in (host, bare))
        assert (ours.status, ours.body) == (theirs.status, theirs.body), (method, target)
        for name in ("content-type", "content-length", "allow", "x-app", "location"):
            if method == "HEAD" or name != "content-length":
                assert ours.header(name) == theirs.header(name), (method, target, name)


def carry_bare(app: hub.App) -> Host:
    from .hosts import BARE, WsgiHost

    return WsgiHost(Spec(BARE, "wsgi"), app, app.wsgi)
