"""What is peculiar to Falcon: its router, middleware, sinks, error reporter and response class."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import falcon
import falcon.asgi
import falcon.inspect
import falcon.testing
import httpx
import pytest

import frameworkhub as hub

Call = Callable[..., httpx.Response]
INTERFACES = ["wsgi", "asgi"]


def make_app(name: str = "hub") -> hub.App:
    app = hub.App(name=name)
    app.state.done = []

    @app.get("/items/{id:int}")
    def item(request: hub.Request, id: int) -> Any:
        return {"id": id, "native": type(request.native).__name__, "path": request.path}

    @app.get("/o/{name}")
    def by_name(request: hub.Request, name: str) -> str:
        return f"name {name}"

    @app.get("/o/{id:int}/{rest:path}")
    def conflicting(request: hub.Request, id: int, rest: str) -> str:
        return f"id {id} {rest}"

    @app.get("/{req}/{resp}/{self}/{class}")
    def odd_names(request: hub.Request, **params: str) -> dict[str, str]:
        return params

    @app.get("/two")
    def two(request: hub.Request) -> hub.Response:
        cookies = [("Set-Cookie", "a=1; Path=/x"), ("Set-Cookie", "b=2")]
        fields = [("X-Two", "1"), ("X-Two", "2"), *cookies]
        return hub.Response(b"two", headers=fields, content_type="text/x-two")

    @app.route("/gone", methods=["DELETE", "PURGE"])
    def gone(request: hub.Request) -> None:
        request.after(app.state.done.append, request.method)

    @app.get("/fail")
    def fail(request: hub.Request) -> None:
        raise RuntimeError("it fails")

    return app


def users_app(interface: str, **options: Any) -> Any:
    """An application that a user has: a route, an error page, a sink."""
    native = falcon.App(**options) if interface == "wsgi" else falcon.asgi.App(**options)
    if interface == "wsgi":
        native.add_route("/mine/{id}", Mine())
        native.add_error_handler(falcon.HTTPNotFound, lambda *_: _not_found(_[1]))
        native.add_sink(lambda req, resp, **_: setattr(resp, "text", "sunk"), "/sink")
    else:
        native.add_route("/mine/{id}", AsyncMine())
        native.add_error_handler(falcon.HTTPNotFound, _anot_found)
    return native


class Mine:
    def on_get(self, req: Any, resp: Any, id: str) -> None:
        resp.text = f"mine {id}"


class AsyncMine:
    async def on_get(self, req: Any, resp: Any, id: str) -> None:
        resp.text = f"mine {id}"

    async def on_post(self, req: Any, resp: Any, id: str) -> None:
        resp.text = f"{id} {(await req.stream.read()).decode()}"


def _not_found(resp: Any) -> None:
    resp.status, resp.text = 404, "my own page"


async def _anot_found(req: Any, resp: Any, error: Any, params: Any) -> None:
    _not_found(resp)


def call(native: Any, method: str, path: str, **options: Any) -> httpx.Response:
    """One request, without a server."""
    if not (isinstance(native, falcon.asgi.App) or inspect.iscoroutinefunction(native)):
        with httpx.Client(transport=httpx.WSGITransport(native), base_url="http://h") as client:
            return client.request(method, path, **options)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(native)
        async with httpx.AsyncClient(transport=transport, base_url="http://h") as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask())


@pytest.fixture(params=INTERFACES)
def interface(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_routes_are_falcons(interface: str) -> None:
    """Falcon's inspection shows the paths in its own syntax, and the names of the routes."""
    shown = falcon.inspect.inspect_routes(make_app().on("falcon", interface=interface))
    routes = {route.path: route.class_name for route in shown}
    assert routes["/items/{id:int}"] == "item"
    assert routes["/gone"] == "gone"


def test_paths_that_falcons_router_refuses(interface: str) -> None:
    """They are served by a sink, on a new application and in one of the user's."""
    app = make_app()
    for native in (
        app.on("falcon", interface=interface),
        app.attach(users_app(interface), interface=interface),
    ):
        assert call(native, "GET", "/o/x").text == "name x"
        assert call(native, "GET", "/o/5/a/b").text == "id 5 a/b"
        answer = call(native, "DELETE", "/o/5/a/b")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        odd = {"req": "1", "resp": "2", "self": "3", "class": "4"}
        assert call(native, "GET", "/1/2/3/4").json() == odd


def test_methods_that_falcon_does_not_know(interface: str) -> None:
    """The app answers them; on the user's own routes Falcon does."""
    app = make_app()
    native = app.attach(users_app(interface), "/hub", interface=interface)
    assert call(native, "PURGE", "/hub/gone").status_code == 204
    assert call(native, "PURGE", "/hub/two").status_code == 405
    assert call(native, "PURGE", "/mine/1").status_code == 400
    assert app.state.done == ["PURGE"]


def test_users_application(interface: str) -> None:
    """Routes, sinks and error pages of the user's stay, and routes added later are found."""
    native = users_app(interface)
    assert make_app().attach(native, "/hub", interface=interface) is native
    mine = Mine() if interface == "wsgi" else AsyncMine()
    native.add_route("/later/{id}", mine)
    assert call(native, "GET", "/mine/7").text == "mine 7"
    assert call(native, "GET", "/later/8").text == "mine 8"
    assert call(native, "GET", "/nowhere").text == "my own page"
    assert call(native, "GET", "/hub/nowhere").json()["status"] == 404
    if interface == "wsgi":
        assert call(native, "GET", "/sink/x").text == "sunk"
    else:
        assert call(native, "POST", "/mine/7", content=b"body").text == "7 body"


def test_interface_is_recognised() -> None:
    """`attach` needs no `interface`: WebSockets can be carried by the one, not by the other."""
    app = make_app()

    @app.websocket("/ws")
    async def ws(ws: hub.WebSocket) -> None:
        await ws.accept()

    app.attach(users_app("asgi"), "/hub")
    with pytest.raises(hub.CapabilityError, match="WSGI has none"):
        app.attach(users_app("wsgi"), "/hub")


def test_class_of_the_application(interface: str) -> None:
    """An attached application is of a subclass of its class, which keeps its attributes."""
    base = falcon.App if interface == "wsgi" else falcon.asgi.App
    kind = type("Own", (base,), {"__doc__": "the user's"})
    native = kind()
    native.mine = 1
    for name in ("one", "two"):
        make_app(name).attach(native, f"/{name}", interface=interface)
    assert isinstance(native, kind) and native.mine == 1
    assert type(native).__mro__.count(kind) == 1
    assert call(native, "GET", "/two/items/2").json()["id"] == 2


class Watch:
    """Middleware that sees everything, and adds a field."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def process_response(self, req: Any, resp: Any, resource: Any, ok: bool) -> None:
        self.seen.append((req.path, resp.status_code, type(resource).__name__, ok))
        resp.set_header("X-Watched", resp.get_header("x-two") or "-")

    def process_request(self, req: Any, resp: Any) -> None:
        req.context.user = "ann"


class AsyncWatch(Watch):
    async def process_request(self, req: Any, resp: Any) -> None:  # type: ignore[override]
        super().process_request(req, resp)

    async def process_response(  # type: ignore[override]
        self, req: Any, resp: Any, resource: Any, ok: bool
    ) -> None:
        super().process_response(req, resp, resource, ok)


def test_middleware(interface: str) -> None:
    """Middleware sees the app's requests and answers, and may change them."""
    watch = Watch() if interface == "wsgi" else AsyncWatch()
    native = make_app().on("falcon", interface=interface)
    native.add_middleware(watch)
    answer = call(native, "GET", "/two")
    assert answer.headers.get_list("x-two") == ["1", "2"]
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/x", "b=2"]
    assert answer.headers["x-watched"] == "1, 2"
    assert call(native, "DELETE", "/gone").headers.get("content-type") is None
    assert call(native, "PURGE", "/gone").headers["x-watched"] == "-"
    assert call(native, "GET", "/nowhere").status_code == 404
    assert watch.seen[:2] == [("/two", 200, "two", True), ("/gone", 204, "gone", True)]
    assert watch.seen[3][:2] == ("/nowhere", 404)


def test_middleware_that_answers(interface: str) -> None:
    """Middleware may answer in the app's place, or change a field of its answer."""

    class Maintenance:
        def process_request(self, req: Any, resp: Any) -> None:
            if req.get_header("x-closed"):
                raise falcon.HTTPServiceUnavailable

        def process_response(self, req: Any, resp: Any, resource: Any, ok: bool) -> None:
            resp.set_header("X-Two", "changed")

        async def process_request_async(self, req: Any, resp: Any) -> None:
            self.process_request(req, resp)

        async def process_response_async(
            self, req: Any, resp: Any, resource: Any, ok: bool
        ) -> None:
            self.process_response(req, resp, resource, ok)

    native = make_app().on("falcon", interface=interface)
    native.add_middleware(Maintenance())
    assert call(native, "GET", "/two", headers={"x-closed": "1"}).status_code == 503
    assert call(native, "GET", "/two").headers.get_list("x-two") == ["changed"]


def test_after_an_empty_answer(interface: str) -> None:
    """What is to be done after the answer is done where Falcon forgets the body: 204 and HEAD."""
    app = make_app()

    @app.get("/later")
    def later(request: hub.Request) -> Iterator[bytes]:
        request.after(app.state.done.append, request.method)
        yield b"x"

    @app.get("/whole")
    def whole(request: hub.Request) -> bytes:
        request.after(app.state.done.append, f"whole {request.method}")
        return b"x"

    native = app.attach(users_app(interface), "/hub", interface=interface)
    for method, path in (("DELETE", "gone"), ("HEAD", "whole"), ("GET", "whole")):
        call(native, method, f"/hub/{path}")
    assert app.state.done == ["DELETE", "whole HEAD", "whole GET"]


def test_users_response_class(interface: str) -> None:
    """The user's own response class is used, and sends the app's fields as they are."""
    base = falcon.Response if interface == "wsgi" else falcon.asgi.Response
    made = []

    class Own(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            made.append(self)

    native = make_app().attach(users_app(interface, response_type=Own), "", interface=interface)
    assert call(native, "GET", "/two").headers.get_list("x-two") == ["1", "2"]
    assert len(made) == 1


def test_error_reporter(interface: str) -> None:
    """Falcon's error reporter is told of the error behind a 500."""
    told = []
    native = make_app().on("falcon", interface=interface)
    native.set_error_reporter(lambda req, error, params, handled: told.append((req.path, error)))
    assert call(native, "GET", "/fail").status_code == 500
    assert call(native, "GET", "/nowhere").status_code == 404
    assert [(path, str(error)) for path, error in told] == [("/fail", "it fails")]


def test_falcons_test_client(interface: str) -> None:
    """Falcon's own test client takes the application."""
    client = falcon.testing.TestClient(make_app().on("falcon", interface=interface))
    assert client.simulate_get("/items/-3").json["id"] == -3
    assert client.simulate_get("/items/x").status_code == 404


def test_query_that_is_no_utf8() -> None:
    """Falcon fails where the query is no UTF-8; the app gets it as it was sent."""
    app = hub.App()

    @app.get("/")
    def query(request: hub.Request) -> Any:
        return [request.query_string, request.native.query_string]

    async def ask() -> list[Any]:
        sent: list[Any] = []
        scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"a=\xff%20",
            "headers": [], "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip

        async def receive() -> Any:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            sent.append(message)

        native = app.on("falcon", interface="asgi")
        for _ in range(2):  # the first request is the one that starts the app
            await native(scope, receive, send)
        return sent

    sent = asyncio.run(ask())
    for start, body in (sent[:2], sent[2:]):
        assert start["status"] == 200
        assert body["body"].decode() == '["a=ÿ%20","a=%FF%20"]'


def test_lifespan_and_websocket() -> None:
    """Start and stop go with those of the user's middleware; a WebSocket works under a prefix."""
    events: list[str] = []
    app = make_app()

    class Users:
        async def process_startup(self, scope: Any, event: Any) -> None:
            events.append("users start")

        async def process_shutdown(self, scope: Any, event: Any) -> None:
            events.append("users stop")

        async def process_request_ws(self, req: Any, ws: Any) -> None:
            events.append(f"websocket {req.path}")

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        events.append("start")
        yield
        events.append("stop")

    @app.websocket("/ws/{room}")
    async def ws(ws: hub.WebSocket, room: str) -> None:
        await ws.accept()
        async for message in ws:
            await ws.send(f"{room} {message!r} {type(ws.native).__name__}")

    native = app.attach(users_app("asgi", middleware=[Users()]), "/hub")

    async def talk() -> list[str]:
        async with (
            falcon.testing.ASGIConductor(native) as conductor,
            conductor.simulate_ws("/hub/ws/r") as client,
        ):
            await client.send_text("a")
            await client.send_data(b"b")
            return [await client.receive_text(), await client.receive_text()]

    assert asyncio.run(talk()) == ["r 'a' Request", "r b'b' Request"]
    assert events == ["users start", "start", "websocket /hub/ws/r", "stop", "users stop"]
