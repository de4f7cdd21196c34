"""Who has a say in a request keeps it, though the app answers most without Bottle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bottle
import pytest
from frameworkhub_bottle import passing
from werkzeug.test import Client, EnvironBuilder

import frameworkhub as hub

# What is asked in both ways: paths of the hub, and what is wrong with them.
ASKED = [
    ("GET", "/two"),
    ("HEAD", "/two"),
    ("OPTIONS", "/two"),
    ("POST", "/two"),
    ("get", "/two"),
    ("BREW", "/two"),
    ("GET", "/two/"),
    ("GET", "/items//3"),
    ("GET", ""),
    ("GET", "/items/-3?a=%20"),
    ("GET", "/items/x"),
    ("GET", "/o/%C3%A9"),
    ("GET", "/o/%FF"),
    ("DELETE", "/gone"),
    ("GET", "/fields"),
    ("HEAD", "/fields"),
    ("GET", "/stream"),
    ("HEAD", "/stream"),
    ("GET", "/cut"),
    ("GET", "/async"),
    ("GET", "/fail"),
    ("GET", "/abort"),
    ("GET", "/sets/200"),
    ("HEAD", "/sets/200"),
    ("GET", "/sets/204"),
    ("GET", "/sets/304"),
    ("GET", "/cookie"),
    ("GET", "/nowhere"),
]
BY_BOTTLE = "frameworkhub.closers"  # what Bottle's way leaves in the environ


def make_app(name: str = "app") -> hub.App:
    app = hub.App(name=name)

    @app.get("/two")
    def two(request: hub.Request) -> str:
        return "two"

    @app.get("/items/{id:int}")
    def item(request: hub.Request, id: int) -> dict[str, Any]:
        return {"id": id, "query": request.query_string}

    @app.get("/o/{name}")
    def odd(request: hub.Request, name: str) -> str:
        return f"{name} {bottle.request.path}"

    @app.delete("/gone")
    def gone(request: hub.Request) -> None:
        pass

    add_errors(app)
    add_answers(app)
    return app


def add_answers(app: hub.App) -> None:
    @app.get("/fields")
    def fields(request: hub.Request) -> hub.Response:
        pairs = [("X-Latin", "é"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; HttpOnly")]
        return hub.Response(b"bytes", 203, pairs)

    @app.get("/stream")
    def stream(request: hub.Request) -> Iterator[str]:
        bottle.response.set_header("X-Before", "1")
        yield "a"
        yield f"b{bottle.request.path}{bottle.response.status}"

    @app.get("/async")
    async def asynchronous(request: hub.Request) -> str:
        return type(request.native).__name__

    @app.get("/cookie")
    def cookie(request: hub.Request) -> str:
        bottle.response.set_cookie("c", "3")
        return "cookie"

    @app.get("/sets/{status:int}")
    def sets(request: hub.Request, status: int) -> hub.Response:
        bottle.response.set_header("X-User", "ü")
        bottle.response.add_header("X-Ours", "Bottle's")
        bottle.response.set_cookie("c", "3", httponly=True)
        bottle.response.status = 201
        return hub.Response("text" if status == 200 else None, status, {"X-Ours": "the app's"})


def add_errors(app: hub.App) -> None:
    @app.get("/cut")
    def cut(request: hub.Request) -> Iterator[str]:
        raise hub.HTTPError(418)
        yield ""

    @app.get("/fail")
    def fail(request: hub.Request) -> None:
        raise ValueError("it fails")

    @app.get("/abort")
    def abort(request: hub.Request) -> None:
        bottle.abort(410, "gone")


def users() -> bottle.Bottle:
    native = bottle.Bottle()
    native.route("/mine/<id:int>", ["GET", "POST"], lambda id: f"mine {id}")
    return native


def put(app: hub.App, how: str) -> Any:
    """The app on a new application, or in one of the user's."""
    return app.on("bottle") if how == "build" else app.attach(users(), "/hub")


def call(native: Any, path: str, method: str = "GET", **options: Any) -> Any:
    """An answer, which tells in `by_bottle` whether it went by all of Bottle."""
    environs = []

    def noting(environ: Any, start_response: Any) -> Any:
        environs.append(environ)
        # Without the error behind a 500, which werkzeug's client would raise.
        return native(environ, lambda status, fields, error=None: start_response(status, fields))

    answer = Client(noting).open(path, method=method, **options)
    answer.by_bottle = BY_BOTTLE in environs[0]
    return answer


def goes_by_bottle(native: Any, path: str) -> Any:
    answer = call(native, path)
    assert answer.status_code < 400
    return answer.by_bottle


@pytest.fixture(params=["build", "attach"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def native(how: str) -> Any:
    """An application in which two requests have passed Bottle by."""
    made = put(make_app(), how)
    path = two(how)
    call(made, path)  # which starts the app
    assert not goes_by_bottle(made, path)
    assert not goes_by_bottle(made, path)
    return made


def two(how: str) -> str:
    return "/two" if how == "build" else "/hub/two"


def test_two_apps_in_an_application() -> None:
    native = users()
    for name in ("one", "other"):
        make_app(name).attach(native, f"/{name}")
    for path in ("/one/two", "/other/two"):
        assert [goes_by_bottle(native, path) for _ in range(3)] == [True, False, False]
    assert call(native, "/mine/7").text == "mine 7"
    assert call(native, "/nowhere").status_code == 404


def test_both_ways_answer_alike() -> None:
    """With a hook, which takes the request by all of Bottle, and without."""
    short, long = make_app().on("bottle"), make_app().on("bottle")
    long.add_hook("before_request", lambda: None)
    for method, path in ASKED:
        for _ in range(2):  # the first request is the one that starts the app
            ours, theirs = (call(native, path, method) for native in (short, long))
        assert theirs.by_bottle
        assert ours.by_bottle == (not path or "%" in path.partition("?")[0])
        assert ours.status == theirs.status, (method, path)
        fields = [
            sorted((name.lower(), value) for name, value in answer.headers)
            for answer in (ours, theirs)
        ]
        assert fields[0] == fields[1], (method, path)
        assert ours.data == theirs.data, (method, path)


@pytest.mark.parametrize("way", ["short", "long"])
def test_what_bottle_tells_handlers(way: str) -> None:
    """By its own request and response, and by the environ; with `bottle.request`'s attributes."""
    app, told = make_app(), []

    @app.get("/tell/{id:int}")
    def tell(request: hub.Request, id: int) -> str:
        asked = bottle.request
        asked.user = "ann"
        told.append((asked.url_args, asked.route.name, asked.app is native, asked.route.rule[:6]))
        told.append(asked.environ["route.handle"] is asked.route)
        told.append((asked.environ["bottle.raw_path"], asked.path, asked.query.a))
        told.append((request.native.user, request.native.app is native))
        told.append((bottle.response.status, bottle.response.content_type, bottle.response.body))
        return str(asked.app.get_url("app.tell", id=7))

    native = app.on("bottle")
    if way == "long":
        native.add_hook("after_request", lambda: None)
    for _ in range(2):
        told.clear()
        answer = call(native, "/tell/5?a=1")
        assert answer.text == "/tell/7"
        assert told == [
            ({"id": "5"}, "app.tell", True, "/tell/"),
            True,
            ("/tell/5", "/tell/5", "1"),
            ("ann", True),
            ("200 OK", "", ""),
        ]
    assert answer.by_bottle == (way == "long")


@pytest.mark.parametrize("way", ["short", "long"])
def test_what_bottle_tells_afterwards(way: str) -> None:
    """To a WSGI application around it, in the same thread."""
    native = make_app().on("bottle")
    if way == "long":
        native.add_hook("after_request", lambda: None)
    for path, status in (("/two", "200 OK"), ("/items/x", "404 Not Found"), ("/two", "200 OK")):
        for _ in range(2):
            length = int(call(native, path).headers["Content-Length"])
        assert bottle.response.status == status
        assert bottle.response.content_length == length
        assert bottle.request.path == path


def test_one_request_leaves_nothing_to_the_next(native: Any, how: str) -> None:
    call(native, two(how).replace("two", "sets/200"))
    answer = call(native, two(how))
    assert not {"X-User", "Set-Cookie"} & {*answer.headers.keys()}


@pytest.mark.parametrize("hook", ["before_request", "after_request"])
def test_hooks(native: Any, how: str, hook: str) -> None:
    """They are asked when they come after a request, too; and no more when they are removed."""
    seen = []

    def note() -> None:
        seen.append(bottle.request.path)

    native.add_hook(hook, note)
    assert goes_by_bottle(native, two(how))
    assert seen == [two(how)]
    native.remove_hook(hook, note)
    assert not goes_by_bottle(native, two(how))
    before = users()
    before.add_hook(hook, note)
    make_app().attach(before, "/hub")
    for _ in range(2):
        assert goes_by_bottle(before, "/hub/two")
    assert len(seen) == 3


def note_by(seen: list[Any]) -> Callable[..., Any]:
    """A plugin that notes what it sees."""

    def plugin(callback: Callable[..., Any]) -> Callable[..., Any]:
        def around(**params: str) -> Any:
            seen.append(params)
            return callback(**params)

        return around

    return plugin


class Own(bottle.JSONPlugin):  # type: ignore[misc]
    """One that stands in the place of Bottle's own, and does what Bottle's does besides."""

    def __init__(self, note: Callable[..., Any]) -> None:
        super().__init__()
        self.note = note

    def apply(self, callback: Any, route: Any) -> Any:
        return super().apply(self.note(callback), route)


@pytest.mark.parametrize("kind", ["function", "named json"])
def test_plugins(native: Any, how: str, kind: str) -> None:
    seen: list[Any] = []
    plugin = note_by(seen) if kind == "function" else Own(note_by(seen))
    native.install(plugin)
    for _ in range(2):
        assert goes_by_bottle(native, two(how))
    assert len(seen) == 2
    native.uninstall(plugin)
    assert not goes_by_bottle(native, two(how))
    before = users()
    before.install(plugin)
    make_app().attach(before, "/hub")
    for _ in range(2):
        assert goes_by_bottle(before, "/hub/two")
    assert len(seen) == 4


def test_plugin_that_bottle_offers(native: Any, how: str) -> None:
    """It is in Bottle's module, but no plugin of an application that is Bottle's own."""
    native.install(bottle.auth_basic(lambda user, password: False))
    for _ in range(2):
        assert call(native, two(how)).status_code == 401


def test_plugin_of_a_route(native: Any, how: str) -> None:
    seen: list[Any] = []
    route = route_of(native, "app.two")
    route.plugins.append(note_by(seen))
    route.reset()
    for _ in range(2):
        assert goes_by_bottle(native, two(how))
    assert len(seen) == 2
    other = two(how).replace("two", "o/x")
    assert call(native, other).status_code == 200
    assert len(seen) == 2


def route_of(native: Any, name: str) -> Any:
    return next(route for route in native.routes if route.name == name)


class Proxy:
    """As wrapt's."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)

    def __call__(self, **params: Any) -> Any:
        return b"around " + self.wrapped(**params)


def test_what_a_route_calls_replaced(native: Any, how: str) -> None:
    route = route_of(native, "app.two")
    route.call = Proxy(route.call)
    assert call(native, two(how)).text == "around two"
    route.call = lambda: "mine"
    assert call(native, two(how)).text == "mine"
    route.callback = lambda: "other"
    route.reset()
    assert call(native, two(how)).text == "other"


def test_users_kind_of_route(native: Any, how: str) -> None:
    seen: list[Any] = []
    route = route_of(native, "app.two")

    class Own(bottle.Route):  # type: ignore[misc]
        def all_plugins(self) -> Any:
            seen.append(self)
            return super().all_plugins()

    route.__class__ = Own
    route.reset()
    for _ in range(2):
        assert goes_by_bottle(native, two(how))
    assert seen


def test_plugin_that_fails(native: Any, how: str) -> None:
    """When it is put around the route; Bottle answers that."""

    def plugin(callback: Any) -> Any:
        raise LookupError("no callback")

    native.install(plugin)
    for _ in range(2):
        assert call(native, two(how)).status_code == 500


def test_application_without_plugins(native: Any, how: str) -> None:
    native.uninstall(True)
    assert not goes_by_bottle(native, two(how))


def test_users_routes_added_later(native: Any, how: str) -> None:
    """The router prefers some of them to the hub's: literal text, and what is mounted."""
    items = two(how).replace("two", "items")
    assert call(native, f"{items}/7").json["id"] == 7
    native.route(f"{items}/7", callback=lambda: "seven")
    assert call(native, f"{items}/7").text == "seven"
    assert call(native, f"{items}/8").json["id"] == 8
    native.route(two(how), "PROXY", lambda: "proxy")
    assert call(native, two(how)).text == "proxy"
    gone = two(how).replace("two", "gone")
    native.route(gone, callback=lambda: "mine")
    assert call(native, gone, "get").text == "mine"
    assert call(native, gone, "HEAD").status_code == 200
    native.route(two(how).replace("two", "o/é"), callback=lambda: "é")
    assert call(native, two(how).replace("two", "o/%C3%A9")).text == "é"
    native.mount(f"{items}/", lambda environ, start: [start("200 OK", []), [b"mounted"]][1])
    assert call(native, f"{items}/8").text == "mounted"


def test_users_paths_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of the app's prefix."""
    asked = []
    monkeypatch.setattr(passing, "search", lambda router, verb, path: asked.append(path))
    native = make_app().attach(users(), "/hub")
    for _ in range(2):
        assert call(native, "/mine/7").text == "mine 7"
        assert call(native, "/hub/two").text == "two"
    assert asked == ["/hub/two"] * 2


def test_own_routes_for_head(native: Any, how: str) -> None:
    head = two(how)
    native.route(head, "HEAD", lambda: bottle.HTTPResponse(status=299))
    assert call(native, head, "HEAD").status_code == 299
    assert not goes_by_bottle(native, head)


def test_users_filters_are_called_once() -> None:
    asked = []
    native = bottle.Bottle()
    native.router.add_filter("noted", lambda conf: (r"\d+", asked.append, None))
    native.route("/noted/<id:noted>", callback=lambda id: "noted")
    app = make_app()
    app.attach(native)
    call(native, "/two")
    assert call(native, "/noted/1").text == "noted"
    assert asked == ["1"]


def test_filter_in_the_place_of_the_routers(how: str) -> None:
    """The hub's rules are made of it as well; then an error of it is Bottle's to answer."""

    def fail(text: str) -> Any:
        raise ValueError(text)

    native = bottle.Bottle()
    native.router.add_filter("re", lambda conf: (conf, fail, None))
    make_app().attach(native, "/hub")
    for _ in range(2):
        assert call(native, "/hub/two").text == "two"
        assert call(native, "/hub/items/7").status_code == 400


def watching(original: Any, seen: list[Any]) -> Any:
    def watch(*args: Any, **options: Any) -> Any:
        seen.append(args)
        return original(*args, **options)

    return watch


PARTS = [
    (bottle.Bottle, "wsgi"),
    (bottle.Bottle, "_handle"),
    (bottle.Bottle, "_cast"),
    (bottle.Bottle, "trigger_hook"),
    (bottle.Router, "match"),
    (bottle.Route, "_make_callback"),
    (bottle.Route, "all_plugins"),
    (bottle.JSONPlugin, "apply"),
    (bottle.TemplatePlugin, "apply"),
]
ASKED_EACH_TIME = PARTS[1:5]


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize(("kind", "part"), PARTS)
def test_parts_of_bottle_that_somebody_has_changed(
    kind: Any, part: str, is_named: bool, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As instruments of monitoring do; some under the name of what they wrap."""
    seen: list[Any] = []
    watch = watching(getattr(kind, part), seen)
    monkeypatch.setattr(kind, part, wraps(getattr(kind, part))(watch) if is_named else watch)
    native = put(make_app(), how)
    for _ in range(2):
        assert goes_by_bottle(native, two(how))
    assert seen


@pytest.mark.parametrize(("kind", "part"), ASKED_EACH_TIME)
def test_parts_of_bottle_that_somebody_changes_later(
    kind: Any, part: str, native: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(kind, part, watching(getattr(kind, part), seen))
        assert goes_by_bottle(native, two(how))
        assert seen
    assert not goes_by_bottle(native, two(how))


@pytest.mark.parametrize("part", ["_make_callback", "all_plugins"])
def test_callbacks_that_somebody_makes_later(
    part: str, native: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bottle asks for another one when the application is reset."""
    seen: list[Any] = []
    monkeypatch.setattr(bottle.Route, part, watching(getattr(bottle.Route, part), seen))
    native.reset()
    assert goes_by_bottle(native, two(how))
    assert seen


@pytest.mark.parametrize("part", ["_handle", "_cast", "trigger_hook"])
def test_parts_of_one_application(part: str, native: Any, how: str) -> None:
    seen: list[Any] = []
    vars(native)[part] = watching(getattr(native, part), seen)
    assert goes_by_bottle(native, two(how))
    assert seen


def test_match_of_one_router(native: Any, how: str) -> None:
    seen: list[Any] = []
    native.router.match = watching(native.router.match, seen)
    assert goes_by_bottle(native, two(how))
    assert len(seen) == 1


@pytest.mark.parametrize("part", ["wsgi", "_handle", "_cast", "trigger_hook"])
def test_subclass(part: str) -> None:
    seen: list[Any] = []
    watch = watching(getattr(bottle.Bottle, part), seen)
    kind = type("Own", (bottle.Bottle,), {part: lambda self, *args: watch(self, *args)})
    native = make_app().attach(kind(), "/hub")
    for _ in range(2):
        assert goes_by_bottle(native, "/hub/two")
    assert len(seen) >= 2


def test_what_stands_in_the_place_of_wsgi() -> None:
    seen: list[Any] = []
    native = users()
    native.wsgi = watching(native.wsgi, seen)
    make_app().attach(native, "/hub")
    for _ in range(2):
        assert goes_by_bottle(native, "/hub/two")
    assert len(seen) == 2


@pytest.mark.parametrize("is_later", [True, False])
def test_users_router(is_later: bool) -> None:
    """It may look at the request, and is asked about each."""

    class Hosts(bottle.Router):  # type: ignore[misc]
        def match(self, environ: Any) -> Any:
            if environ["HTTP_HOST"] == "closed":
                return SimpleNamespace(call=lambda: "closed"), {}
            return super().match(environ)

    native = users()
    if not is_later:
        vars(native)["router"] = Hosts()
    make_app().attach(native, "/hub")
    for _ in range(2):
        assert call(native, "/hub/two").text == "two"
    if is_later:
        vars(native)["router"].__class__ = Hosts
    assert call(native, "/hub/two").text == "two"
    assert call(native, "/hub/two", base_url="http://closed").text == "closed"


def test_start_that_fails() -> None:
    """Bottle's error handlers are told; the errors of handlers are the app's."""
    app, told = make_app(), []

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        if not told:
            raise LookupError("no database")
        yield

    native = app.on("bottle")

    @native.error(500)
    def handle(error: Any) -> str:
        told.append(repr(error.exception))
        return "later"

    assert call(native, "/two").text == "later"
    for _ in range(2):
        assert call(native, "/fail").headers["Content-Type"] == "application/problem+json"
    assert told == ["LookupError('no database')"]


def test_body_that_was_read_before(how: str) -> None:
    """By a WSGI application around it, with Bottle's request, which keeps it."""
    app = make_app()

    @app.post("/text")
    def text(request: hub.Request) -> str:
        return request.text

    native = put(app, how)
    for _ in range(2):
        environ = EnvironBuilder(two(how).replace("two", "text"), data="body").get_environ()
        environ["REQUEST_METHOD"] = "POST"
        assert bottle.Request(environ).body.read() == b"body"
        assert b"".join(native(environ, lambda *head: None)) == b"body"


def test_mounted(how: str) -> None:
    """Inside of another WSGI application, which has moved a part of the path."""
    native = put(make_app(), how)
    for _ in range(2):
        answer = call(native, two(how), base_url="http://h/root")
        assert answer.text == "two"
    assert not answer.by_bottle


@pytest.mark.parametrize("way", ["short", "long"])
@pytest.mark.parametrize("catchall", [True, False])
def test_head_that_a_server_refuses(way: str, catchall: bool) -> None:
    """Bottle answers that, or raises it; what the app had opened is closed."""
    app, told = hub.App(), []

    @app.get("/")
    def root(request: hub.Request) -> Iterator[bytes]:
        request.after(told.append, "after")
        try:
            yield b"chunk"
        finally:
            told.append("closed")

    def refuse(status: str, fields: Any, exc_info: Any = None) -> None:
        if exc_info is None:
            raise ValueError(status)
        told.append(status)

    native = app.on("bottle")
    call(native, "/")
    told.clear()
    native.config["catchall"] = catchall
    if way == "long":
        native.add_hook("after_request", lambda: None)
    if catchall:
        body = native(EnvironBuilder("/").get_environ(), refuse)
        assert b"Critical error" in b"".join(body)
        if hasattr(body, "close"):
            body.close()
    else:
        with pytest.raises(ValueError, match="200 OK"):
            native(EnvironBuilder("/").get_environ(), refuse)
    expected = ["closed", "after"] + ["500 INTERNAL SERVER ERROR"] * catchall
    assert sorted(told) == sorted(expected)


BY_ALL = """
from frameworkhub_bottle.passing import Passing
Passing._is_plain = lambda self: False
"""


def test_suite_by_all_of_bottle(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The conformance suite, whose applications have no hooks, as if they had."""
    (tmp_path / "by_bottle.py").write_text(BY_ALL)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "by_bottle", "-c", pytestconfig.inipath]
    command += ["--hub-adapter", "bottle", "--hub-no-bare", "--hub-server", "inprocess"]
    command += ["--pyargs", "frameworkhub.testing"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:]
