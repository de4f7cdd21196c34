"""What only aiohttp has: names, middlewares and signals, mounts, frozen applications."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

import frameworkhub as hub
from frameworkhub import registry
from frameworkhub.client import Client
from frameworkhub.servers import Config, Target


def make_app(name: str = "shop") -> hub.App:
    app = hub.App(name=name)

    @app.get("/items/{id:int}")
    def item(request: hub.Request, id: int) -> dict[str, Any]:
        return {"path": request.path, "root": request.root_path, "url": app.url_for("item", id=id)}

    @app.post("/items/{id:int}", name="import")
    def change(request: hub.Request, id: int) -> str:
        return request.text

    @app.get("/100%/café x/{name}", name="odd one")
    def odd(request: hub.Request, name: str) -> str:
        return name

    @app.get("/stream")
    def stream(request: hub.Request) -> Iterator[str]:
        yield "streamed"

    return app


async def own(request: web.Request) -> web.Response:
    return web.Response(text="own")


def served(app: hub.App, native: web.Application) -> Client:
    return Client(Target(app, native, "aiohttp"))


def test_names() -> None:
    """Each route is a named resource; what is no identifier in a name becomes one."""
    router = make_app().on("aiohttp").router
    assert str(router["shop:item"].url_for(id="5")) == "/items/5"
    assert str(router["shop:odd_one"].url_for(name="a b")) == "/100%25/caf%C3%A9%20x/a%20b"
    assert set(router) == {"shop:item", "shop:_import", "shop:odd_one", "shop:stream"}


def test_middlewares_and_signals() -> None:
    """They see the app's responses with the names of the routes, and may add to them."""
    seen = []

    @web.middleware
    async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
        response = await handler(request)
        seen.append((request.match_info.route.name, response.status))
        if not response.prepared:
            response.headers["x-middleware"] = "1"
        return response

    async def signal(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["x-signal"] = "1"

    native = web.Application(middlewares=[middleware])
    native.on_response_prepare.append(signal)
    app = make_app()
    app.attach(native, prefix="/hub")
    with served(app, native) as client:
        assert client.get("/hub/items/5").headers["x-middleware"] == "1"
        assert client.get("/hub/stream").headers["x-signal"] == "1"
        assert client.put("/hub/items/5").headers["x-middleware"] == "1"
    assert seen == [("shop:item", 200), ("shop:stream", 200), ("shop:_import", 405)]


def upper(response: Any) -> None:
    response.text = response.text.upper()
    response.headers["Content-Length"] = str(len(response.body))


CHANGES: dict[str, Callable[[Any], None]] = {
    "set-cookie": lambda response: response.set_cookie("a", "b"),
    "accepted": lambda response: response.set_status(202),
    "upper": upper,
    "connection": lambda response: response.force_close(),
    "content-encoding": lambda response: response.enable_compression(web.ContentCoding.gzip),
}


@pytest.mark.parametrize("what", [*CHANGES, "prepared"])
def test_middleware_that_changes_the_response(what: str) -> None:
    """Whatever it changes counts, also where there is nothing but the app in the application."""

    @web.middleware
    async def change(request: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)
        if what in CHANGES:
            CHANGES[what](response)
        else:
            await response.prepare(request)
        return response

    app = make_app()
    native = app.on("aiohttp")
    native.middlewares.append(change)
    with served(app, native) as client:
        answer = client.get("/items/5")
    assert answer.text.lower() == '{"path":"/items/5","root":"","url":"/items/5"}'
    assert answer.status_code == (202 if what == "accepted" else 200)
    assert answer.text.isupper() == (what == "upper")
    assert (what in answer.headers) == ("-" in what or what == "connection")


def test_signal_where_there_is_nothing_else() -> None:
    async def signal(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["x-signal"] = response.headers["date"]

    app = make_app()
    native = app.on("aiohttp")
    native.on_response_prepare.append(signal)
    with served(app, native) as client:
        for path in ("/items/5", "/stream"):
            answer = client.get(path)
            assert answer.headers["x-signal"] == answer.headers["date"]


def test_middleware_that_changes_the_request() -> None:
    """The app answers the request that it is given, not the one that aiohttp has matched."""
    seen = []

    @web.middleware
    async def change(request: web.Request, handler: Any) -> web.StreamResponse:
        seen.append(dict(request.match_info))
        if request.query.get("to"):
            request = request.clone(rel_url=request.query["to"])
        if "x-method" in request.headers:
            request = request.clone(method=request.headers["x-method"])
        return await handler(request)  # type: ignore[no-any-return]

    app = make_app()
    native = app.on("aiohttp")
    native.middlewares.append(change)
    with served(app, native) as client:
        assert client.get("/items/5?to=/items/6").json()["path"] == "/items/6"
        assert client.get("/items/5?to=/stream").text == "streamed"
        assert client.get("/stream?to=/items/7").json()["path"] == "/items/7"
        assert client.get("/items/5", headers={"x-method": "PURGE"}).status_code == 405
    assert seen == [{"id": "5"}, {"id": "5"}, {}, {"id": "5"}]


def test_order_of_the_users_routes() -> None:
    """Of routes that both match, the one that was added first takes the request."""
    early, late = web.Application(), web.Application()
    early.router.add_get("/items/{slug}", own)
    apps = make_app(), make_app()
    apps[0].attach(early)
    apps[1].attach(late)
    late.router.add_get("/items/{slug}", own)
    with served(apps[0], early) as client:
        assert client.get("/items/5").text == client.get("/items/x").text == "own"
    with served(apps[1], late) as client:
        assert client.get("/items/5").json()["path"] == "/items/5"
        assert client.get("/items/x").text == "own"


def test_fields_for_an_access_log() -> None:
    """Who asks for the fields after they were sent gets those that were."""
    logged = []

    class Log(AbstractAccessLogger):
        def log(self, request: Any, response: Any, time: float) -> None:
            logged.append((response.status, response.headers["server"], response.body_length > 9))

    app, logger = make_app(), logging.getLogger("frameworkhub.test")
    options = {"access_log_class": Log, "access_log": logger}
    server = registry.adapter("servers", "aiohttp").hook.start(
        target=Target(app, app.on("aiohttp"), "aiohttp"), config=Config(options=options)
    )
    try:
        answer = httpx.get(f"http://{server.host}:{server.port}/items/5")
    finally:
        server.stop()
    assert logged == [(200, answer.headers["server"], True)]


def test_middleware_that_sends_another_response() -> None:
    """What is to be done after the app's own response is done all the same."""
    done = []

    @web.middleware
    async def instead(request: web.Request, handler: Any) -> web.StreamResponse:
        await handler(request)
        return web.Response(text="another")

    app = hub.App()

    @app.get("/")
    def work(request: hub.Request) -> str:
        request.after(done.append, "done")
        return "first"

    native = web.Application(middlewares=[instead])
    app.attach(native)
    with served(app, native) as client:
        assert client.get("/").text == "another"
    assert done == ["done"]


def test_mount() -> None:
    """Under `add_subapp` the app knows its place; the outer application keeps its routes."""
    app, outer = make_app(), web.Application()
    outer.add_subapp("/api/v1", app.on("aiohttp"))
    outer.router.add_get("/own", own)
    with served(app, outer) as client:
        answer = client.get("/api/v1/items/5").json()
        assert answer == {"path": "/items/5", "root": "/api/v1", "url": "/api/v1/items/5"}
        assert client.get("/api/v1/nowhere").json()["status"] == 404
        assert client.get("/own").text == "own"
        assert client.get("/nowhere").text == "404: Not Found"


def test_catch_all_of_the_users() -> None:
    """A route of the user's that takes any path takes none of the app's, nor loses its own."""
    app, native = make_app(), web.Application()
    native.router.add_route("*", "/{tail:.*}", own)
    app.attach(native)
    with served(app, native) as client:
        assert client.get("/items/5").json()["path"] == "/items/5"
        assert client.request("PURGE", "/items/5").headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert client.get("/items/x").text == client.get("/").text == "own"


def test_lifespan_beside_the_users() -> None:
    """The app starts after the user's own contexts, and stops before them."""
    events = []

    async def users(native: web.Application) -> AsyncIterator[None]:
        events.append("user starts")
        yield
        events.append("user stops")

    app, native = make_app(), web.Application()
    native.cleanup_ctx.append(users)

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        events.append("app starts")
        yield
        events.append("app stops")

    app.attach(native)
    with served(app, native) as client:
        assert client.get("/items/1").status_code == 200
    assert events == ["user starts", "app starts", "app stops", "user stops"]


def test_too_late() -> None:
    """An application that is mounted or started takes no more routes."""
    inner = web.Application()
    web.Application().add_subapp("/x", inner)
    with pytest.raises(hub.HubError, match="mounted or started"):
        make_app().attach(inner)


def test_two_apps_of_one_name() -> None:
    native = make_app().attach(web.Application(), prefix="/a")
    with pytest.raises(hub.HubError, match="two names"):
        make_app().attach(native, prefix="/b")
    make_app("other").attach(native, prefix="/b")
