"""What only Tornado has: names, settings, the user's own base class, its dispatch by attribute."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import random
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from tornado.httputil import HTTPServerConnectionDelegate
from tornado.web import Application, RequestHandler

import frameworkhub as hub
from frameworkhub.client import Client
from frameworkhub.servers import Config, Target
from frameworkhub.testing.hosts import adapter


def make_app(name: str = "shop") -> hub.App:
    app = hub.App(name=name)

    @app.get("/items/{id:int}")
    def item(request: hub.Request, id: int) -> dict[str, Any]:
        return {"path": request.path, "url": app.url_for("item", id=id)}

    @app.post("/items/{id:int}")
    def change(request: hub.Request, id: int) -> str:
        return request.text

    @app.get("/100%/café x/{name}-{part:float}")
    def odd(request: hub.Request, name: str, part: float) -> str:
        return name

    @app.get("/empty")
    def empty(request: hub.Request) -> hub.Response:
        return hub.Response(None, 304, {"content-language": "de", "etag": '"1"'})

    @app.get("/fail")
    def fail(request: hub.Request) -> None:
        raise RuntimeError("it failed")

    @app.get("/break")
    def breaks(request: hub.Request) -> Iterator[str]:
        yield "one"
        raise RuntimeError("it broke")

    return app


class Own(RequestHandler):
    def get(self, *groups: str) -> None:
        self.write("own")

    post = get


def served(app: hub.App, native: Application) -> Client:
    return Client(Target(app, native, "tornado"))


def test_names() -> None:
    """`reverse_url` takes the parameters in their order, and refuses what does not fit."""
    native = make_app().on("tornado")
    assert native.reverse_url("shop:item", 5) == "/items/5"
    assert native.reverse_url("shop:odd", "a b", 1.5) == "/100%25/caf%C3%A9%20x/a%20b-1.5"
    with pytest.raises(ValueError, match="five"):
        native.reverse_url("shop:item", "five")


def test_beside_the_users_rules() -> None:
    """The user's rules, earlier and later, named and not, stay what they were."""
    native = Application([("/own", Own), ("/([^/]+)", Own, None, "slug")])
    app, other = make_app(), make_app("other")
    assert app.attach(native, prefix="/hub") is native
    other.attach(native, prefix="/other")
    native.add_handlers(".*", [("/later/x", Own)])
    assert native.reverse_url("slug", "a") == "/a"
    assert native.reverse_url("other:item", 1) == "/other/items/1"
    with served(app, native) as client:
        assert client.get("/hub/items/1").json() == {"path": "/items/1", "url": "/hub/items/1"}
        assert client.get("/%6Fther/items/1").json()["url"] == "/other/items/1"
        assert {client.get(path).text for path in ("/own", "/slug", "/later/x")} == {"own"}
        assert "<html>" in client.get("/nowhere/x").text


def test_settings_of_the_users() -> None:
    """`xsrf_cookies` counts for the user's handlers; `log_function` hears of every request."""
    log = []

    def note(handler: RequestHandler) -> None:
        log.append(handler.get_status())

    app, native = make_app(), Application([("/own", Own)], xsrf_cookies=True, log_function=note)
    app.attach(native, prefix="/hub")
    with served(app, native) as client:
        assert client.post("/own").status_code == 403
        assert client.post("/hub/items/1", content="body").text == "body"
        assert client.get("/hub/nowhere").status_code == 404
    assert log == [403, 200, 404]


def test_handler_of_the_users() -> None:
    """Handlers derive from the user's own class: its hooks run around the app."""
    seen: list[Any] = []

    class Base(RequestHandler):
        def set_default_headers(self) -> None:
            self.set_header("x-base", "1")

        async def prepare(self) -> None:
            if self.request.headers.get("x-user") == "nobody":
                self.set_status(401)
                self.finish("who are you?")

        def log_exception(self, kind: Any, error: Any, traceback: Any) -> None:
            seen.append(str(error))

        def on_finish(self) -> None:
            seen.append(self.get_status())

    app = make_app()
    with served(app, app.on("tornado", handler=Base)) as client:
        assert client.get("/items/1").headers["x-base"] == "1"
        refused = client.get("/items/1", headers={"x-user": "nobody"})
        assert (refused.status_code, refused.text) == (401, "who are you?")
        assert client.get("/fail").json()["status"] == 500
        with pytest.raises(Exception, match="peer closed"):
            client.get("/break")
    assert seen == [200, 401, "it failed", 500, "it broke", 200]


@pytest.mark.parametrize("method", ["FINISH", "CLEAR", "REQUEST", "_EXECUTE", "LOG_EXCEPTION"])
def test_method_named_as_an_attribute(method: str) -> None:
    """A method is never taken for the handler's attribute of that name."""
    app = make_app()

    @app.route("/any", [method])
    def handler(request: hub.Request) -> str:
        return request.method + request.text

    with served(app, app.on("tornado")) as client:
        assert client.request(method, "/any", content="!").text == f"{method}!"
        assert client.request(method, "/items/1").status_code == 405


def test_fields_of_an_empty_response() -> None:
    """Tornado takes fields off a 304; the app's stay."""
    app = make_app()
    with served(app, app.on("tornado")) as client:
        answer = client.get("/empty")
    assert (answer.status_code, answer.headers["content-language"]) == (304, "de")
    assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("way", ["transform", "flush"])
def test_stream_through_what_the_user_has(way: str) -> None:
    """Chunks go through the application's transforms, and through the user's own `flush`."""
    flushed = []

    class Base(RequestHandler):
        def flush(self, include_footers: bool = False) -> Any:
            flushed.append(include_footers)
            return super().flush(include_footers)

    app = make_app()

    @app.get("/stream")
    async def stream(request: hub.Request) -> hub.Response:
        return hub.Response(chunks(), content_type="text/plain")

    async def chunks() -> AsyncIterator[str]:
        for number in range(3):
            yield f"{number}" * 2000

    native = Application(compress_response=way == "transform")
    app.attach(native, **({"handler": Base} if way == "flush" else {}))
    with served(app, native) as client:
        answer = client.get("/stream", headers={"accept-encoding": "gzip"})
    assert answer.text == "0" * 2000 + "1" * 2000 + "2" * 2000
    assert answer.headers.get("content-encoding") == ("gzip" if way == "transform" else None)
    assert flushed == ([] if way == "transform" else [False, False, False, True])


class Seen(HTTPServerConnectionDelegate):
    """What a user may set before an application: it sees all that comes."""

    def __init__(self, native: Application) -> None:
        self.native = native
        self.size = 0

    def start_request(self, server_conn: object, request_conn: Any) -> Any:
        delegate = self.native.start_request(server_conn, request_conn)
        received = delegate.data_received

        def data_received(chunk: bytes) -> Any:
            self.size += len(chunk)
            return received(chunk)

        delegate.data_received = data_received
        return delegate


@pytest.mark.parametrize("way", ["plain", "gzip", "seen"])
def test_large_bodies(way: str) -> None:
    """They come whole, by whatever is before the application, and no byte of the next request."""
    body, app = random.Random(1).randbytes(3_000_001), hub.App()

    @app.post("/digest", stream=True)
    async def digest(request: hub.Request) -> str:
        found = hashlib.sha256()
        async for chunk in request.stream:
            found.update(chunk)
            if len(chunk) % 3 == 0:  # The reader is away for a while.
                await asyncio.sleep(0.001)
        return found.hexdigest()

    native = app.on("tornado")
    seen = Seen(native)
    target = Target(app, seen if way == "seen" else native, "tornado")
    sent = gzip.compress(body, 1) if way == "gzip" else body
    head = f"POST /digest HTTP/1.1\r\nHost: a\r\nContent-Length: {len(sent)}\r\n"
    if way == "gzip":
        head += "Content-Encoding: gzip\r\n"
    with serving(target, decompress_request=way == "gzip") as port:
        answers = talk(port, [f"{head}\r\n".encode() + sent] * 3)
    assert answers.count(hashlib.sha256(body).hexdigest().encode()) == 3
    assert seen.size == (3 * len(body) if way == "seen" else 0)


def talk(port: int, requests: list[bytes]) -> bytes:
    """What comes back for requests that are sent at once, the last with no answer awaited."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        sending = threading.Thread(target=connection.sendall, args=(b"".join(requests),))
        sending.start()
        answers = b""
        while answers.count(b"HTTP/1.1 200") < len(requests) or answers[-4:] == b"\r\n\r\n":
            answers += connection.recv(65536)
        sending.join()
    return answers


@contextmanager
def serving(target: Target, **options: Any) -> Iterator[int]:
    running = adapter("servers", "tornado").hook.start(
        target=target, config=Config(options=options)
    )
    try:
        yield running.port
    finally:
        running.stop()


def test_no_limit_of_tornados() -> None:
    """The size that `HTTPServer` allows (100 MB) counts for handlers of the user's only."""
    app = make_app()
    with serving(Target(app, app.on("tornado"), "tornado"), max_body_size=9) as port:
        url = f"http://127.0.0.1:{port}/items/1"
        assert httpx.post(url, content="x" * 10).text == "x" * 10
