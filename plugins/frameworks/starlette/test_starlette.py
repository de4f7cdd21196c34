"""What is peculiar to Starlette: its names, its middleware, its lifespan, its other routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import frameworkhub as hub
from frameworkhub.client import Client
from frameworkhub.servers import Config, Target

STYLES = pytest.mark.parametrize("style", ["native", "beside"])


def make_app(name: str = "hub") -> hub.App:
    app = hub.App(name=name)

    @app.get("/items/{id:int}")
    def item(request: hub.Request, id: int) -> Any:
        return {"app": name, "id": id, "url": request.url_for("item", id=id)}

    @app.get("/native")
    async def native(request: hub.Request) -> str:
        return f"{type(request.native).__name__} {request.native.url.path}"

    @app.post("/shared")
    def shared(request: hub.Request) -> str:
        return "hub"

    return app


def user(text: str) -> Any:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(text)

    return endpoint


def client(app: hub.App, native: Any) -> Client:
    return Client(Target(app, native, "asgi"))


@contextmanager
def served(app: hub.App, native: Any) -> Iterator[str]:
    """The address of a server."""
    server = next(server for server in hub.adapters("servers") if server.name == "uvicorn")
    running = server.hook.start(target=Target(app, native, "asgi"), config=Config())
    yield f"{running.host}:{running.port}"
    running.stop()


def test_names() -> None:
    """Each route has its name and path in Starlette's own router."""
    app = make_app().on("starlette")
    assert app.url_path_for("hub:item", id=-5) == "/items/-5"
    assert {route.path for route in app.routes} == {"/items/{id:int}", "/native", "/shared"}
    user_app = make_app().attach(Starlette(), prefix="/x")
    assert user_app.url_path_for("hub:item", id=7) == "/x/items/7"


@STYLES
def test_native_request(style: str) -> None:
    """`request.native` is Starlette's own."""
    app = make_app()
    with client(app, app.attach(Starlette(), prefix="/x", style=style)) as http:
        assert http.get("/x/native").text == "Request /x/native"


def test_middleware_sees_answers() -> None:
    """A middleware of Starlette's goes around every answer, 404 and 405 included."""
    app = make_app()

    async def dispatch(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-seen"] = str(response.status_code)
        return response

    native = app.on("starlette")
    native.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)
    with client(app, native) as http:
        assert http.get("/items/1").headers["x-seen"] == "200"
        assert http.get("/none").headers["x-seen"] == "404"
        assert http.delete("/items/1").headers["x-seen"] == "405"


@STYLES
def test_the_users_routes_stay(style: str) -> None:
    """Those registered before and after the hub's, error pages, and redirects of slashes."""
    app = make_app()
    native = Starlette(routes=[Route("/before", user("before"))])
    app.attach(native, prefix="/x", style=style)
    native.router.add_route("/after/", user("after"))
    with client(app, native) as http:
        assert http.get("/before").text == "before"
        assert http.get("/after/").text == "after"
        assert http.get("/after").status_code == 307
        assert http.get("/none").text == http.get("/xitems/1").text == "Not Found"
        assert http.get("/x/items/1").json() == {"app": "hub", "id": 1, "url": "/x/items/1"}
        assert http.delete("/x/items/1").headers["allow"] == "GET, HEAD, OPTIONS"
        for path in ("/x/none", "/x/", "/x/a%0Ab", "/x/items/1/"):
            assert http.get(path).headers["content-type"] == "application/problem+json"


def test_a_mount_at_the_root_leaves_the_prefix() -> None:
    """The prefix is the hub's, whatever the user mounted at the root before."""
    app = make_app()
    native = Starlette(routes=[Mount("/", user("mounted"))])
    native.router.routes[0].app = PlainTextResponse("mounted")
    with client(app, app.attach(native, prefix="/x")) as http:
        assert http.get("/x/items/1").status_code == 200
        assert http.get("/elsewhere").text == "mounted"


@STYLES
def test_no_prefix(style: str) -> None:
    """Only the hub's own paths are its own; there, each method that the user has not."""
    app = make_app()
    native = Starlette(routes=[Route("/", user("home"))])
    app.attach(native, style=style)
    native.router.add_route("/later", user("later"))
    with client(app, native) as http:
        assert [http.get(path).text for path in ("/", "/later")] == ["home", "later"]
        assert http.get("/none").text == "Not Found"
        assert http.get("/items/-3").json()["id"] == -3
        assert http.put("/items/3").status_code == 405


def test_a_path_that_both_have() -> None:
    """Methods of one path are taken by whoever has them."""
    app = make_app()
    native = app.attach(Starlette(routes=[Route("/shared", user("user"))]))
    with client(app, native) as http:
        assert (http.get("/shared").text, http.post("/shared").text) == ("user", "hub")


@pytest.mark.parametrize("prefixes", [("/a", "/a/b"), ("/a/b", "/a")])
def test_two_apps(prefixes: tuple[str, str]) -> None:
    """Two apps in one application, in any order, one prefix inside the other."""
    native = Starlette()
    for prefix in prefixes:
        make_app(name=prefix).attach(native, prefix=prefix)
    with client(make_app(), native) as http:
        assert http.get("/a/items/1").json() == {"app": "/a", "id": 1, "url": "/a/items/1"}
        assert http.get("/a/b/items/1").json()["app"] == "/a/b"


@STYLES
def test_lifespan(style: str) -> None:
    """Start and stop are inside the user's own, whose state is kept."""
    events = []
    app = make_app()

    @app.lifespan
    def hubs(app: hub.App) -> Any:
        events.append("hub starts")
        yield
        events.append("hub stops")

    @asynccontextmanager
    async def users(native: Starlette) -> AsyncIterator[dict[str, str]]:
        events.append("user starts")
        yield {"from": "user"}
        events.append("user stops")

    async def state(request: Request) -> Response:
        return PlainTextResponse(getattr(request.state, "from"))

    native = Starlette(lifespan=users, routes=[Route("/state", state)])
    with served(app, app.attach(native, prefix="/x", style=style)) as server:
        assert httpx.get(f"http://{server}/state").text == "user"
    assert events == ["user starts", "hub starts", "hub stops", "user stops"]


@STYLES
def test_websocket(style: str) -> None:
    """WebSockets under the prefix; the hub refuses what it has not, Starlette what is elsewhere."""
    app = make_app()

    @app.websocket("/ws/{name}")
    async def echo(ws: hub.WebSocket, name: str) -> None:
        if name == "no":
            raise hub.HTTPError(401)
        await ws.accept()
        await ws.send(f"{type(ws.native).__name__} {ws.url_for('echo', name=name)}")

    def refused(url: str) -> int:
        with pytest.raises(InvalidStatus) as refusal, connect(url):
            pass
        return refusal.value.response.status_code

    with served(app, app.attach(Starlette(), prefix="/x", style=style)) as server:
        with connect(f"ws://{server}/x/ws/me") as ws:
            assert ws.recv() == "WebSocket /x/ws/me"
        paths = ("/x/ws/no", "/x/none", "/none")
        assert [refused(f"ws://{server}{path}") for path in paths] == [401, 404, 403]


def test_recognised() -> None:
    with pytest.raises(hub.UnknownAdapter):
        make_app().attach(object())
    assert make_app().attach(native := Starlette()) is native
