"""What is peculiar to CherryPy: trees, tools, hooks, its engine, and what it judges in requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cherrypy
import httpx
import pytest
from cherrypy._cptree import Tree

import frameworkhub as hub
from frameworkhub.testing.inprocess import Request, WsgiExchange


def make_app(name: str = "hub") -> hub.App:
    app = hub.App(name=name)
    app.state.done = []

    @app.get("/items/{id:int}")
    def item(request: hub.Request, id: int) -> Any:
        return {"id": id, "root": request.root_path, "native": type(request.native).__name__}

    @app.get("/a.b/{x}-{y}/{rest:path}")
    def odd(request: hub.Request, **params: str) -> dict[str, str]:
        return params

    @app.get("/two")
    def two(request: hub.Request) -> hub.Response:
        fields = [
            ("X-Two", "1"),
            ("x-two", "2"),
            ("Set-Cookie", "a=\xe9"),
            ("Set-Cookie", "b=2"),
        ]
        return hub.Response(b"two", headers=fields, content_type="text/x-two")

    @app.route("/gone", methods=["DELETE", "PURGE"])
    def gone(request: hub.Request) -> None:
        request.after(app.state.done.append, request.method)

    @app.get("/reset")
    def reset(request: hub.Request) -> hub.Response:
        return hub.Response(status=205)

    @app.get("/fail")
    def fail(request: hub.Request) -> None:
        raise RuntimeError("it fails")

    @app.get("/nested")
    def nested(request: hub.Request) -> Any:
        return get(app.state.native, "/items/1")[2]

    return app


class Users:
    """The user's own pages."""

    @cherrypy.expose
    def index(self) -> str:
        return "mine"

    @cherrypy.expose
    def page(self, n: str = "") -> str:
        return f"page {n} {cherrypy.url('/x')}"


def call(
    native: Any, method: str, target: str, *headers: tuple[str, str]
) -> tuple[int, list[tuple[str, str]], bytes]:
    """One request, without a server, under wsgiref's validator."""
    exchange = WsgiExchange(native, Request(method, target, headers))
    body = b"".join(iter(exchange.read, b""))
    exchange.close()
    return exchange.status, exchange.headers, body


def get(native: Any, target: str, *headers: tuple[str, str]) -> tuple[int, Any, bytes]:
    return call(native, "GET", target, *headers)


def values(headers: list[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in headers if name.lower() == wanted]


def test_tree_of_objects() -> None:
    """Each path is an exposed object of the application, with its methods as attributes."""
    root = make_app().on("cherrypy").root
    assert root.gone.exposed and callable(root.gone.DELETE)
    assert not hasattr(root.gone, "POST")
    vpath = ["5"]
    assert callable(root.items._cp_dispatch(vpath).GET)
    assert vpath == []


def test_odd_paths() -> None:
    """Paths that are no Python names, and parts of segments."""
    native = make_app().on("cherrypy")
    assert get(native, "/a.b/1-2/p/q")[2] == b'{"x":"1","y":"2","rest":"p/q"}'
    for path in ("/__class__/__init__", "/_cp_dispatch/x", "/exposed", "/index", "//items/1"):
        assert get(native, path)[0] == 404


@pytest.mark.parametrize("style", ["native", "beside"])
def test_tree(style: str) -> None:
    """Mounted in a tree, beside the user's applications."""
    tree = Tree()
    tree.mount(Users(), "/mine")
    tree.mount(Users(), "")
    app = make_app()
    assert app.attach(tree, "/hub", style=style) is tree
    assert get(tree, "/hub/items/4")[2].startswith(b'{"id":4,"root":"/hub"')
    assert get(tree, "/mine/page?n=1")[2] == b"page 1 http://127.0.0.1:8000/mine/x"
    assert get(tree, "/hub/nowhere")[1] == get(make_app().wsgi, "/nowhere")[1] or style == "native"
    assert get(tree, "/hubris")[0] == 404
    with pytest.raises(hub.HubError, match="has an application at '/mine' already"):
        make_app("other").attach(tree, "/mine")


@pytest.mark.parametrize("style", ["native", "beside"])
def test_tree_with_an_application_at_its_root(style: str) -> None:
    """Without a prefix the app's paths are its own, all others the user's."""
    tree = Tree()
    tree.mount(Users(), "")
    make_app().attach(tree, "", style=style)
    assert get(tree, "/items/4")[0] == 200
    assert values(call(tree, "DELETE", "/items/4")[1], "allow") == ["GET, HEAD, OPTIONS"]
    assert get(tree, "/")[2] == b"mine"
    assert b"frameworkhub" not in get(tree, "/nowhere")[2] and get(tree, "/nowhere")[0] == 404


def test_tree_without_one() -> None:
    """An empty tree takes the app at its root."""
    tree = Tree()
    make_app().attach(tree)
    assert get(tree, "/items/4")[0] == 200


@pytest.mark.parametrize("style", ["native", "beside"])
def test_application(style: str) -> None:
    """In front of a user's application, of two apps each under its prefix."""
    native = cherrypy.Application(Users(), "")
    for name in ("one", "two"):
        assert make_app(name).attach(native, f"/{name}", style=style) is native
    assert get(native, "/two/items/4")[2].startswith(b'{"id":4,"root":"/two"')
    assert get(native, "/one//items/4")[0] == 404
    assert get(native, "/page?n=2")[2] == b"page 2 http://127.0.0.1:8000/x"


def test_script_name() -> None:
    """An application of its own takes its place from SCRIPT_NAME."""

    def mounted(environ: dict[str, Any], start_response: Any) -> Any:
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/sn", environ["PATH_INFO"][3:]
        return native(environ, start_response)

    native = make_app().on("cherrypy")
    assert get(mounted, "/sn/items/1")[2].startswith(b'{"id":1,"root":"/sn"')


def test_collapsed_slashes() -> None:
    """A tree collapses slashes; where the server tells the target, the app knows better."""
    tree = Tree()
    make_app().attach(tree, "/hub")

    def server(environ: dict[str, Any], start_response: Any) -> Any:
        environ["REQUEST_URI"] = environ["PATH_INFO"]
        return tree(environ, start_response)

    assert get(server, "/hub/items/1")[0] == 200
    assert get(server, "/hub//items/1")[0] == 404


def test_response_is_exact() -> None:
    """Repeated fields and cookies go out as they were set."""
    status, headers, body = get(make_app().on("cherrypy"), "/two")
    assert (status, body, values(headers, "content-type")) == (200, b"two", ["text/x-two"])
    assert values(headers, "x-two") == ["1", "2"]
    assert values(headers, "set-cookie") == ["a=\xe9", "b=2"]


def test_reset_content() -> None:
    """205 keeps its Content-Length of 0, which ends it (RFC 9110, section 15.3.6)."""
    status, headers, _ = get(make_app().on("cherrypy"), "/reset")
    assert (status, values(headers, "content-length")) == (205, ["0"])


def test_tools_and_hooks() -> None:
    """Tools and hooks see the app's requests and answers; what they change goes out."""
    seen: list[Any] = []

    def before_finalize() -> None:
        response = cherrypy.response
        seen.append((cherrypy.request.path_info, response.status, response.headers.get("X-Two")))
        response.headers["X-Two"] = "changed"
        response.cookie["mine"] = "1"

    native = make_app().on("cherrypy")
    hooks = {"hooks.before_finalize": before_finalize, "tools.gzip.on": True}
    native.merge({"/": hooks | {"tools.gzip.mime_types": ["text/*"]}})
    status, headers, body = get(native, "/two", ("Accept-Encoding", "gzip"))
    assert (status, values(headers, "x-two")) == (200, ["changed"])
    assert values(headers, "set-cookie") == ["a=\xe9", "b=2", "mine=1"]
    assert values(headers, "content-encoding") == ["gzip"] and body != b"two"
    assert int(values(headers, "content-length")[0]) == len(body)
    get(native, "/nowhere")
    assert seen == [("/two", "200 OK", "1, 2"), ("/nowhere", "404 Not Found", None)]


def test_tool_that_refuses() -> None:
    """A tool may answer in the app's place."""
    native = make_app().on("cherrypy")
    native.merge({"/items": {"hooks.before_handler": refuse}})
    assert get(native, "/items/1")[0] == 403
    assert get(native, "/two")[0] == 200


def refuse() -> None:
    raise cherrypy.HTTPError(403)


def test_error_hook() -> None:
    """The hook for errors runs for one of the app, as the current exception."""
    seen: list[Any] = []

    def before_error_response() -> None:
        import sys

        seen.append(str(sys.exc_info()[1]))

    native = make_app().on("cherrypy")
    native.merge({"/": {"hooks.before_error_response": before_error_response}})
    assert get(native, "/fail")[0] == 500
    assert get(native, "/nowhere")[0] == 404
    assert seen == ["it fails"]


def test_after_an_empty_answer() -> None:
    """What is to be done after the answer is done where CherryPy drops the body."""
    app = make_app()
    native = app.on("cherrypy")
    for method in ("DELETE", "PURGE"):
        assert call(native, method, "/gone")[0] == 204
    assert app.state.done == ["DELETE", "PURGE"]


@pytest.mark.parametrize(
    "header",
    [
        ("Cookie", "a@b=1"),
        ("X-Encoded", "=?bogus?q?x?="),
        ("X-Encoded", "=?utf-8?b?a?="),
        ("Content-Disposition", "x; filename*=bogus"),
        ("Content-Type", "=;;=,"),
        ("Accept", "q=q;q"),
    ],
)
def test_headers_that_cherrypy_can_not_read(header: tuple[str, str]) -> None:
    """What CherryPy makes of a field is none of the app's business."""
    assert get(make_app().on("cherrypy"), "/items/1", header)[0] == 200


@pytest.mark.parametrize("query", ["a=%FF", "id=3&request=1", f"{'9' * 5000},1", "%zz=%"])
def test_queries_that_cherrypy_would_refuse(query: str) -> None:
    """Fields of the query are no arguments of the page."""
    assert get(make_app().on("cherrypy"), f"/items/1?{query}")[0] == 200


def test_request_in_a_request() -> None:
    """A handler may ask another application in its own thread."""
    app = make_app()
    app.state.native = app.on("cherrypy")
    status, headers, body = get(app.state.native, "/nested")
    assert (status, values(headers, "content-type")) == (200, ["application/octet-stream"])
    assert body == get(app.state.native, "/items/1")[2]


def test_access_log(capfd: pytest.CaptureFixture[str]) -> None:
    """An application of its own writes no access log, until it is asked to."""
    native = make_app().on("cherrypy")
    get(native, "/two")
    assert "GET /two" not in capfd.readouterr().out


def test_engine() -> None:
    """In CherryPy's own tree, its engine starts and stops the app, and its server serves it."""
    events: list[str] = []
    app = make_app()

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        events.append("start")
        yield
        events.append("stop")

    cherrypy.config.update({"environment": "embedded", "server.socket_port": 0})
    app.attach(cherrypy.tree, "/hub")
    cherrypy.engine.start()
    try:
        assert events == ["start"]
        host, port = cherrypy.server.httpserver.bind_addr
        answer = httpx.get(f"http://{host}:{port}/hub/items/3")
        assert (answer.status_code, answer.json()["id"]) == (200, 3)
    finally:
        cherrypy.engine.exit()
    assert events == ["start", "stop"]
