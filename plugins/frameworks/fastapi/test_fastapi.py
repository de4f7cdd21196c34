"""What is peculiar to FastAPI: the API's page, dependencies, its names and its other routes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Request,
    WebSocketException,
)
from starlette.requests import HTTPConnection
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import frameworkhub as hub
from frameworkhub.servers import Config, Target

STYLES = pytest.mark.parametrize("style", ["native", "beside"])


class Hex:
    """A converter that FastAPI does not know."""

    regex = "[0-9a-f]+"
    to_url = hex

    def to_python(self, text: str) -> int:
        return int(text, 16)


def make_app(name: str = "hub") -> hub.App:
    app = hub.App(name=name)
    app.converter("hex", Hex())

    @app.get("/items/{id:int}")
    def read_item(request: hub.Request, id: int) -> Any:
        """Reads one item."""
        return {"app": name, "id": id, "url": request.url_for("read_item", id=id)}

    @app.route("/echo", methods=["POST", "PUT", "PURGE"])
    async def echo(request: hub.Request) -> Any:
        return request.body

    @app.get("/all/{a}/{b:uuid}/{c:float}/{d:hex}/{e:path}")
    def everything(request: hub.Request, a: str, b: UUID, c: float, d: int, e: str) -> Any:
        return [a, str(b), c, d, e]

    @app.get("/native")
    async def native(request: hub.Request) -> str:
        return f"{type(request.native).__name__} {request.native.url.path}"

    return app


@contextmanager
def served(app: hub.App, native: Any) -> Iterator[httpx.Client]:
    """A client of the application on a server."""
    server = next(server for server in hub.adapters("servers") if server.name == "uvicorn")
    running = server.hook.start(target=Target(app, native, "asgi"), config=Config())
    with httpx.Client(base_url=f"http://{running.host}:{running.port}") as client:
        yield client
    running.stop()


def operations(native: FastAPI) -> set[tuple[str, str]]:
    paths = native.openapi()["paths"]
    return {(path, method) for path in paths for method in paths[path]}


@pytest.mark.parametrize("prefix", ["", "/x"])
def test_openapi(prefix: str) -> None:
    """Each route is an operation of the API, with its name, docstring and path parameters."""
    native = make_app().attach(FastAPI(), prefix=prefix)
    assert operations(native) == {
        (f"{prefix}/echo", "post"),
        (f"{prefix}/echo", "put"),
        (f"{prefix}/native", "get"),
        (f"{prefix}/items/{{id}}", "get"),
        (f"{prefix}/all/{{a}}/{{b}}/{{c}}/{{d}}/{{e}}", "get"),
    }
    operation = native.openapi()["paths"][f"{prefix}/items/{{id}}"]["get"]
    assert operation["tags"] == ["hub"]
    assert (operation["summary"], operation["description"]) == ("Read Item", "Reads one item.")
    assert operation["responses"] == {"200": {"description": "Successful Response"}}
    assert operation["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    ]


def test_openapi_parameters() -> None:
    """Converters tell the types."""
    paths = make_app().on("fastapi").openapi()["paths"]
    parameters = paths["/all/{a}/{b}/{c}/{d}/{e}"]["get"]["parameters"]
    string = {"type": "string"}
    schemas = [string, {"type": "string", "format": "uuid"}, {"type": "number"}, string, string]
    assert [parameter["schema"] for parameter in parameters] == schemas


def test_docs() -> None:
    """FastAPI's pages are there, unless they are not wanted or the hub has their path."""
    app = make_app()
    with served(app, app.on("fastapi", title="Shop")) as http:
        assert http.get("/openapi.json").json()["info"]["title"] == "Shop"
        assert http.get("/docs").status_code == http.get("/redoc").status_code == 200
    with served(app, app.on("fastapi", docs=False)) as http:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert http.get(path).headers["content-type"] == "application/problem+json"
    app.get("/docs", name="docs")(lambda request: "ours")
    with served(app, app.on("fastapi")) as http:
        assert http.get("/docs").text == "ours"


def test_names() -> None:
    app = make_app().attach(FastAPI(), prefix="/x")
    assert app.url_path_for("hub:read_item", id=-7) == "/x/items/-7"


def test_nothing_is_checked() -> None:
    """FastAPI neither parses a body nor refuses a parameter of its own accord."""
    app = make_app()
    b = "12345678-1234-1234-1234-123456789abc"
    with served(app, app.on("fastapi")) as http:
        bad = http.post("/echo", content=b"{", headers={"content-type": "application/json"})
        assert bad.content == b"{"
        assert http.get(f"/all/x/{b}/1.5/ff/p/q").json() == ["x", b, 1.5, 255, "p/q"]
        assert http.get("/items/-1").json()["id"] == -1
        assert http.get("/items/" + "1" * 5000).status_code == 404
        assert http.request("PURGE", "/echo", content=b"x").text == "x"


@STYLES
def test_native_request(style: str) -> None:
    app = make_app()
    with served(app, app.attach(FastAPI(), prefix="/x", style=style)) as http:
        assert http.get("/x/native").text == "Request /x/native"


def test_dependencies() -> None:
    """The user's dependencies go before each route, and can refuse; their tasks run after it."""
    seen = []

    async def guard(connection: HTTPConnection, x_key: str = Header(default="")) -> Any:
        if x_key != "secret":
            raise HTTPException(403)
        seen.append(f"before {connection.url.path}")
        yield
        seen.append(f"after {connection.url.path}")

    def note(tasks: BackgroundTasks) -> None:
        tasks.add_task(seen.append, "task")

    app = make_app()
    native = app.on("fastapi", dependencies=[Depends(guard), Depends(note)])
    names = [p["name"] for p in native.openapi()["paths"]["/items/{id}"]["get"]["parameters"]]
    assert sorted(names) == ["id", "x-key"]
    with served(app, native) as http:
        assert http.get("/items/1").json() == {"detail": "Forbidden"}
        assert seen == []
        assert http.get("/items/1", headers={"x-key": "secret"}).json()["id"] == 1
        assert http.get("/none").status_code == 404
    assert seen[0] == "before /items/1"
    assert sorted(seen[1:]) == ["after /items/1", "task"]


@pytest.mark.parametrize("how", ["body", "json"])
def test_body_that_a_dependency_has_read(how: str) -> None:
    async def read(request: Request) -> None:
        await getattr(request, how)()

    app = make_app()
    with served(app, app.on("fastapi", dependencies=[Depends(read)])) as http:
        assert http.post("/echo", content=b"[1, 2]").content == b"[1, 2]"


@STYLES
def test_the_users_routes_stay(style: str) -> None:
    """Those registered before and after the hub's, in routers too, and error pages."""
    app, other = make_app(), make_app("other")
    native = FastAPI()
    native.get("/before")(lambda: "before")
    app.attach(native, prefix="/x", style=style)
    other.attach(native, prefix="/x/y", style="native")
    router = APIRouter(prefix="/later")
    router.get("/{n}")(lambda n: n)
    native.include_router(router)
    with served(app, native) as http:
        assert http.get("/before").json() == "before"
        assert http.get("/later/5").json() == "5"
        assert http.get("/later/5/").status_code == 307
        assert http.get("/docs").status_code == 200
        assert http.get("/none").json() == {"detail": "Not Found"}
        assert http.get("/x/items/1").json() == {"app": "hub", "id": 1, "url": "/x/items/1"}
        assert http.delete("/x/items/1").headers["allow"] == "GET, HEAD, OPTIONS"
        for path in ("/x/none", "/x/", "/x/a%0Ab", "/x/items/1/"):
            assert http.get(path).headers["content-type"] == "application/problem+json"
        if style == "native":
            assert http.get("/x/y/items/1").json()["app"] == "other"


def test_websocket() -> None:
    """WebSockets pass the user's dependencies; what is refused has the hub's status."""

    async def guard(connection: HTTPConnection) -> None:
        if "key" not in connection.query_params:
            raise WebSocketException(1008)

    app = make_app()

    @app.websocket("/ws/{name}")
    async def greet(ws: hub.WebSocket, name: str) -> None:
        if name == "no":
            raise hub.HTTPError(401)
        await ws.accept()
        async for message in ws:
            await ws.send(f"{type(ws.native).__name__} {name} {message!r}")

    native = app.attach(FastAPI(dependencies=[Depends(guard)]), prefix="/x")
    with served(app, native) as http:
        url = str(http.base_url).replace("http", "ws", 1).rstrip("/")
        with connect(f"{url}/x/ws/me?key=1") as ws:
            ws.send("hi")
            assert ws.recv() == "WebSocket me 'hi'"
            ws.send(b"hi")
            assert ws.recv() == "WebSocket me b'hi'"
        targets = ("/x/ws/me", "/x/ws/no?key=1", "/x/none")
        assert [refusal(url + target) for target in targets] == [403, 401, 404]


def refusal(url: str) -> int:
    with pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    return refused.value.response.status_code


@STYLES
def test_lifespan(style: str) -> None:
    """Start and stop come with FastAPI's own."""
    events: list[str] = []
    app = make_app()

    @app.lifespan
    def hubs(app: hub.App) -> Any:
        events.append("hub starts")
        yield
        events.append("hub stops")

    native = FastAPI()
    native.router.on_startup.append(lambda: events.append("user starts"))
    with served(app, app.attach(native, prefix="/x", style=style)):
        pass
    assert events == ["user starts", "hub starts", "hub stops"]


def test_failing_start() -> None:
    """A start that fails is the error of the server."""
    app = make_app()

    @app.lifespan
    def fails(app: hub.App) -> Any:
        raise LookupError("no database")
        yield

    with pytest.raises(LookupError, match="no database"), served(app, app.on("fastapi")):
        pass
