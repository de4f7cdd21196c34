"""What is peculiar to Bottle: its own machinery sees the hub's routes, and leaves them alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import bottle
import pytest
from werkzeug.test import Client

import frameworkhub as hub


def make_app(name: str = "app") -> hub.App:
    app = hub.App(name=name)

    @app.get("/items/{id:int}/{rest:path}")
    def item(request: hub.Request, id: int, rest: str) -> dict[str, Any]:
        return {"id": id, "rest": rest, "user": getattr(request.native, "user", None)}

    @app.route("/things", methods=("GET", "POST"))
    def things(request: hub.Request) -> str:
        return request.text

    @app.get("/v1:batch/<b>/{größe}")
    def odd(request: hub.Request, größe: str) -> str:
        return f"odd {größe}"

    @app.get("/bare")
    def bare(request: hub.Request) -> hub.Response:
        headers = [("Last-Modified", "then"), ("X-Latin", "é"), ("Set-Cookie", "a=1; HttpOnly")]
        return hub.Response(status=304, headers=headers)

    return app


def users() -> bottle.Bottle:
    native = bottle.Bottle()
    native.route("/<path:path>", ["GET", "POST", "ANY"], lambda path: f"any {path}")
    return native


def test_names() -> None:
    """Bottle knows the routes by their names, and their methods."""
    native = make_app().on("bottle")
    bottle.request.bind({})
    assert native.get_url("app.item", id=-3, rest="a b/é") == "/items/-3/a%20b/%C3%A9"
    found = [(route.method, route.name) for route in native.routes if route.name]
    assert ("POST", "app.things") in found and ("GET", "app.item") in found


def test_hooks_and_plugins() -> None:
    """What they set on `bottle.request` and `bottle.response` arrives."""
    native, seen = make_app().on("bottle"), []

    @native.hook("before_request")
    def before() -> None:
        bottle.request.user = "ann"
        bottle.response.set_header("X-Before", "ü")

    @native.hook("after_request")
    def after() -> None:
        seen.append((bottle.request.route.name, bottle.response.content_type))
        bottle.response.add_header("X-After", "1")
        bottle.response.set_cookie("b", "2")
        bottle.response.status = 203

    @native.install
    def plugin(callback: Callable[..., Any]) -> Callable[..., Any]:
        def around(**params: str) -> Any:
            seen.append(params)
            return callback(**params)

        return around

    answer = Client(native).get("/items/5/x")
    assert answer.json == {"id": 5, "rest": "x", "user": "ann"}
    assert (answer.status_code, answer.headers["X-After"]) == (203, "1")
    assert (answer.headers["X-Before"], answer.headers["Set-Cookie"]) == ("Ã¼", "b=2")
    assert seen == [{"id": "5", "rest": "x"}, ("app.item", "application/json")]


def test_fields_that_bottle_would_change() -> None:
    answer = Client(make_app().on("bottle")).get("/bare")
    assert sorted((name.lower(), value) for name, value in answer.headers) == [
        ("last-modified", "then"),
        ("set-cookie", "a=1; HttpOnly"),
        ("x-latin", "é"),
    ]


@pytest.mark.filterwarnings("error")
def test_paths_with_marks_of_the_router() -> None:
    """A colon and angle brackets are no parameters, also where no other rule would help."""
    client = Client(make_app().attach(bottle.Bottle()))
    assert client.get("/v1:batch/<b>/7").text == "odd 7"
    assert client.get("/v1x/b/7").status_code == 404


def test_hooks_that_change_the_request() -> None:
    """A rewritten path is the path; a body that was read is still there."""
    native = make_app().on("bottle")

    @native.hook("before_request")
    def before() -> None:
        bottle.request.environ["PATH_INFO"] = bottle.request.environ["PATH_INFO"].rstrip("/")
        assert bottle.request.body.read() == b"body"

    assert Client(native).post("/things/", data="body").text == "body"


@pytest.mark.parametrize("prefix", ["", "/hub"])
def test_users_routes(prefix: str) -> None:
    """The app comes before rules that take every path."""
    client = Client(make_app().attach(users(), prefix))
    assert client.get("/a/b").text == "any a/b"
    assert client.get("/hubris").text == "any hubris"
    assert client.get(f"{prefix}/things").text == ""
    assert client.get(f"{prefix}/items/1/x").json["id"] == 1
    if prefix:
        assert client.get("/hub").text == "any hub"
        assert client.get("/hub/bare/").json["status"] == 404
        assert client.get("/hub/items/1/x").json["id"] == 1
        assert client.get("/hub/nowhere").json["status"] == 404
        assert client.open("/hub/things", method="BREW").json["status"] == 405


def test_two_apps_in_a_merged_application() -> None:
    """Another application may take the routes over."""
    one, two = make_app("one"), hub.App(name="two")

    @two.get("/{id:uuid}")
    def by_uuid(request: hub.Request, id: Any) -> str:
        return type(id).__name__

    inner = two.attach(one.attach(users(), "/one"), "/two")
    outer = bottle.Bottle()
    outer.merge(inner)
    for native in (inner, outer):
        client = Client(native)
        assert client.get("/one/items/1/x").json["id"] == 1
        assert client.get(f"/two/{'0' * 8}-0000-0000-0000-{'0' * 12}").text == "UUID"
        assert client.get("/two/no").json["status"] == 404


def test_native_request_in_another_thread() -> None:
    """`request.native` is bound to its request, and not, as `bottle.request` is, to a thread."""
    app, found = hub.App(), []

    @app.get("/")
    def root(request: hub.Request) -> None:
        thread = threading.Thread(target=lambda: found.append(request.native.path))
        thread.start()
        thread.join()

    assert Client(app.on("bottle")).get("/").status_code == 204
    assert found == ["/"]
