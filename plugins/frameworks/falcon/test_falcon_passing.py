"""Who has a say in a request keeps it, though Falcon's own request is made when it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import falcon
import falcon.asgi
import falcon.routing
import pytest
from test_falcon import AsyncMine, AsyncWatch, Mine, Watch, call, interface, make_app, users_app

import frameworkhub as hub

__all__ = ["interface"]  # the fixture

# What is asked in both ways: paths of the hub, and what is wrong with them.
ASKED = [
    ("GET", "/two"),
    ("HEAD", "/two"),
    ("OPTIONS", "/two"),
    ("POST", "/two"),
    ("GET", "/two/"),
    ("GET", "//two"),
    ("GET", "/items/-3?a=%20"),
    ("GET", "/items/x"),
    ("GET", "/o/%C3%A9"),
    ("DELETE", "/gone"),
    ("PURGE", "/gone"),
    ("PURGE", "/two"),
    ("WEBSOCKET", "/two"),
    ("GET", "/fail"),
    ("GET", "/nowhere"),
]


def put(app: hub.App, interface: str, how: str, **options: Any) -> Any:
    """The app on a new application, or in one of the user's."""
    if how == "build":
        return app.on("falcon", interface=interface)
    return app.attach(users_app(interface, **options), interface=interface)


def asked(native: Any) -> list[Any]:
    """What Falcon's own request says of itself, to a handler of the hub."""
    return call(native, "GET", "/native?a=1&a=2&b=").json()  # type: ignore[no-any-return]


def asking_app() -> hub.App:
    app = make_app()

    @app.get("/native")
    def native(request: hub.Request) -> Any:
        req = request.native
        req.context.user = "ann"
        same = req is request.native and req.context.user == "ann"
        return [type(req).__name__, req.params, req.uri_template, req.path, same]

    return app


class Quiet:
    """Middleware that does nothing."""

    def process_request(self, req: Any, resp: Any) -> None:
        pass

    async def process_request_async(self, req: Any, resp: Any) -> None:
        pass


def resource(interface: str) -> Any:
    return Mine() if interface == "wsgi" else AsyncMine()


def _saying(text: str, interface: str) -> Any:
    """A resource that answers a GET so."""

    def on_get(self: Any, req: Any, resp: Any, /, **params: Any) -> None:
        resp.text = text

    async def aon_get(self: Any, req: Any, resp: Any, /, **params: Any) -> None:
        resp.text = text

    return type("Saying", (), {"on_get": on_get if interface == "wsgi" else aon_get})()


@pytest.fixture(params=["build", "attach"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("prefix", ["", "/hub"])
def test_falcons_request_is_made_when_it_is_asked_for(interface: str, prefix: str) -> None:
    """With two apps in one application, for either."""
    native, made = users_app(interface), []
    asking_app().attach(native, prefix, interface=interface)
    make_app("other").attach(native, "/other", interface=interface)
    request_type = native._request_type

    def make(*args: Any, **options: Any) -> Any:
        made.append(args)
        return request_type(*args, **options)

    for path in (f"{prefix}/two", "/other/two"):
        call(native, "GET", path)  # which starts the app
    native._request_type = make
    for path in (f"{prefix}/two", "/other/two"):
        assert call(native, "GET", path).text == "two"
    assert made == []
    assert call(native, "GET", f"{prefix}/native").status_code == 200
    assert len(made) == 1
    assert call(native, "GET", "/mine/7").text == "mine 7"
    assert len(made) == 2


def test_both_ways_answer_alike(interface: str) -> None:
    """With middleware, which takes the request by all of Falcon, and without."""
    short, long = (make_app().on("falcon", interface=interface) for _ in range(2))
    long.add_middleware(Quiet())
    for method, path in ASKED:
        for _ in range(2):  # the first request is the one that starts the app
            ours, theirs = (call(native, method, path) for native in (short, long))
        assert ours.status_code == theirs.status_code, (method, path)
        assert ours.headers.multi_items() == theirs.headers.multi_items(), (method, path)
        assert ours.content == theirs.content, (method, path)


@pytest.mark.parametrize("independent", [True, False])
@pytest.mark.parametrize("hook", ["process_request", "process_resource", "process_response"])
def test_middleware_of_the_user(interface: str, independent: bool, hook: str) -> None:
    """Whatever it asks for, and whether it was there before the hub or comes after a request."""
    seen = []

    def note(self: Any, req: Any, resp: Any, *more: Any) -> None:
        seen.append(req.path)

    async def anote(self: Any, req: Any, resp: Any, *more: Any) -> None:
        seen.append(req.path)

    watch = type("Watch", (), {hook: note if interface == "wsgi" else anote})
    options = {"independent_middleware": independent}
    before = make_app().attach(users_app(interface, middleware=watch(), **options), "/hub")
    assert call(before, "GET", "/hub/two").status_code == 200
    assert seen == ["/hub/two"]
    later = make_app().attach(users_app(interface, **options), "/hub")
    for _ in range(2):
        call(later, "GET", "/hub/two")
    assert len(seen) == 1
    later.add_middleware([watch()])
    call(later, "GET", "/hub/two")
    assert len(seen) == 2


def test_middleware_after_the_first_request(interface: str) -> None:
    """An application that the hub has made is the user's all the same."""
    native = make_app().on("falcon", interface=interface)
    for _ in range(2):
        assert "x-watched" not in call(native, "GET", "/two").headers
    native.add_middleware(Watch() if interface == "wsgi" else AsyncWatch())
    assert call(native, "GET", "/two").headers["x-watched"] == "1, 2"


def test_cross_origin_requests(interface: str) -> None:
    """`cors_enable` is middleware."""
    native = make_app().attach(users_app(interface, cors_enable=True), interface=interface)
    for _ in range(2):
        answer = call(native, "GET", "/two", headers={"Origin": "http://elsewhere.test"})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_users_routes_added_later(interface: str, how: str) -> None:
    """Falcon's router prefers some of them to the hub's: literal text, and the same template."""
    native = put(make_app(), interface, how)
    for _ in range(2):
        assert call(native, "GET", "/items/7").json()["id"] == 7
    native.add_route("/items/7", _saying("seven", interface))
    assert call(native, "GET", "/items/7").text == "seven"
    assert call(native, "GET", "/items/8").json()["id"] == 8
    native.add_route("/mine/{id}/x", resource(interface))
    assert call(native, "GET", "/mine/9/x").text == "mine 9"


def test_users_sink_and_static_route_added_later(interface: str, how: str, tmp_path: Path) -> None:
    """What no route takes is the sink's that came last, then the static routes'."""

    def sink(req: Any, resp: Any, ws: Any = None) -> None:
        resp.text = "sunk"

    async def asink(req: Any, resp: Any, ws: Any = None) -> None:
        resp.text = "sunk"

    (tmp_path / "a.txt").write_text("static")
    native = put(make_app(), interface, how)
    call(native, "GET", "/two")
    native.add_static_route("/files", tmp_path)
    native.add_sink(sink if interface == "wsgi" else asink, "/t|/sunk")
    assert call(native, "GET", "/two").text == "two"
    assert call(native, "GET", "/sunk").text == "sunk"
    # A new application's other paths are all the site's, by a sink: those come first.
    status = 404 if how == "build" else 200
    assert call(native, "GET", "/files/a.txt").status_code == status


def test_static_route_before_sinks(interface: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("static")
    native = users_app(interface, sink_before_static_route=False)
    make_app().attach(native, "/hub", interface=interface)
    native.add_static_route("/hub", tmp_path)
    for _ in range(2):
        assert call(native, "GET", "/hub/a.txt").text == "static"
        assert call(native, "GET", "/hub/two").text == "two"


def test_native_request(interface: str, how: str) -> None:
    """It is what Falcon would have made: with its options, its template, and a context."""
    native = put(asking_app(), interface, how)
    for _ in range(2):
        told = ["Request", {"a": ["1", "2"], "b": ""}, "/native", "/native", True]
        assert asked(native) == told
    native.req_options.keep_blank_qs_values = False
    assert asked(native)[1] == {"a": ["1", "2"]}


def test_native_request_beside(interface: str, how: str) -> None:
    app = asking_app()
    if how == "build":
        native = app.on("falcon", interface=interface, style="beside")
    else:
        native = app.attach(users_app(interface), interface=interface, style="beside")
    assert call(native, "GET", "/native").json()[0] == "Request"


def test_body_by_the_native_request(interface: str) -> None:
    """On a route that streams its body, Falcon's request has it to read."""
    app = make_app()

    @app.post("/sync", stream=True)
    def sync(request: hub.Request) -> Any:
        return request.native.bounded_stream.read()

    @app.post("/async", stream=True)
    async def asynchronous(request: hub.Request) -> Any:
        return await request.native.stream.read()

    native = app.on("falcon", interface=interface)
    path = "/sync" if interface == "wsgi" else "/async"
    for _ in range(2):
        assert call(native, "POST", path, content=b"body").text == "body"


@pytest.mark.parametrize("part", ["request_type", "response_type"])
def test_users_types(interface: str, part: str) -> None:
    """A request or response class of the user's is made for every request, asked for or not."""
    made = []
    side = falcon if interface == "wsgi" else falcon.asgi
    base: Any = side.Request if part == "request_type" else side.Response

    class Own(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            made.append(self)

    native = asking_app().attach(users_app(interface, **{part: Own}), interface=interface)
    for _ in range(2):
        assert asked(native)[0] == ("Own" if part == "request_type" else "Request")
        call(native, "GET", "/two")
    assert len(made) == 4


def test_error_reporter_set_later(interface: str) -> None:
    told = []
    native = make_app().on("falcon", interface=interface)
    for _ in range(2):
        assert call(native, "GET", "/fail").status_code == 500
    native.set_error_reporter(lambda req, error, params, handled: told.append(str(error)))
    assert call(native, "GET", "/fail").status_code == 500
    assert told == ["it fails"]


def test_error_handlers(interface: str) -> None:
    """Falcon's are asked about a start that fails; the errors of handlers are the app's."""
    app, told = make_app(), []

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        if not told:
            raise LookupError("no database")
        yield

    def handle(req: Any, resp: Any, error: Exception, params: Any) -> None:
        told.append(repr(error))
        resp.status, resp.text = 503, "later"

    async def ahandle(req: Any, resp: Any, error: Exception, params: Any) -> None:
        handle(req, resp, error, params)

    native = app.on("falcon", interface=interface)
    native.add_error_handler(Exception, handle if interface == "wsgi" else ahandle)
    assert call(native, "GET", "/two").text == "later"
    for _ in range(2):
        assert call(native, "GET", "/fail").headers["content-type"] == "application/problem+json"
    assert told == ["LookupError('no database')"]


def test_trailing_slashes_that_falcon_strips(interface: str) -> None:
    """Then a route of the user's may be meant where else one of the hub's was."""
    native = make_app().attach(users_app(interface), interface=interface)
    native.add_route("/{req}/{resp}/{self}", _saying("three", interface))
    for _ in range(2):
        assert call(native, "GET", "/1/2/3/").status_code == 404
    native.req_options.strip_url_path_trailing_slash = True
    assert call(native, "GET", "/1/2/3/").text == "three"


def test_forms_that_falcon_parses() -> None:
    """Falcon then has the body before the app, which finds it cut short."""
    app = make_app()

    @app.post("/form")
    def form(request: hub.Request) -> Any:
        return request.text

    native = app.on("falcon", interface="wsgi")
    for _ in range(2):
        assert call(native, "POST", "/form", data={"a": "1"}).text == "a=1"
    with pytest.warns(Warning, match="auto_parse_form_urlencoded"):
        native.req_options.auto_parse_form_urlencoded = True
    assert call(native, "POST", "/form", data={"a": "1"}).status_code == 400


@pytest.mark.parametrize("part", ["__call__", "_get_responder"])
def test_parts_of_falcon_that_somebody_has_changed(
    interface: str, part: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As instruments of monitoring do, by a patch or a subclass."""
    base: Any = falcon.App if interface == "wsgi" else falcon.asgi.App
    original, seen = getattr(base, part), []

    def watching(self: Any, *args: Any) -> Any:
        seen.append(part)
        return original(self, *args)

    if how == "build":
        monkeypatch.setattr(base, part, watching)
        native = make_app().on("falcon", interface=interface)
    else:
        native = make_app().attach(type("Own", (base,), {part: watching})(), interface=interface)
    for _ in range(2):
        assert call(native, "GET", "/two").status_code == 200
    assert seen == [part, part]


def test_users_router(interface: str) -> None:
    """It may look at the request, and is asked about each."""

    class Hosts(falcon.routing.DefaultRouter):
        def find(self, uri: str, req: Any = None) -> Any:
            is_closed = req is not None and req.host == "closed"
            return super().find("/mine/1" if is_closed else uri, req)

    native = make_app().attach(users_app(interface, router=Hosts()), interface=interface)
    for _ in range(2):
        assert call(native, "GET", "/two").text == "two"
        assert call(native, "GET", "/two", headers={"Host": "closed"}).text == "mine 1"


def test_converter_of_the_users_that_raises(interface: str) -> None:
    """Falcon answers its error, as if there were no hub."""

    class Failing(falcon.routing.BaseConverter):
        def convert(self, value: str) -> Any:
            raise falcon.HTTPGone

    native = users_app(interface)
    native.router_options.converters["failing"] = Failing
    native.add_route("/failing/{id:failing}", resource(interface))
    make_app().attach(native, interface=interface)
    call(native, "GET", "/two")
    assert call(native, "GET", "/failing/1").status_code == 410


# What differs most between Falcon's way and the site's own.
SUITE = ["after", "context", "disconnect", "methods", "prefix", "responses", "streams", "uploads"]
BY_FALCON = """
from frameworkhub_falcon import passing
passing.is_plain = lambda native: False
"""


def test_suite_by_all_of_falcon(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The conformance suite, whose applications have no middleware, as if they had."""
    (tmp_path / "by_falcon.py").write_text(BY_FALCON)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "by_falcon", "-c", pytestconfig.inipath]
    command += ["--hub-adapter", "falcon", "--hub-no-bare", "--hub-server", "inprocess"]
    command += ["--pyargs", *(f"frameworkhub.testing.test_{name}" for name in SUITE)]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:]
