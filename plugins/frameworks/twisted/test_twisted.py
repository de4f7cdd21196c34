"""The app under a reactor that is not asyncio's: its loop then runs in a thread of its own. And
under our server, in a tree of the user's."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx
import pytest

import frameworkhub as hub
from frameworkhub.testing.handlers.streams import PATIENCE

SERVER = """
import sys
from importlib import import_module
import_module(f"twisted.internet.{sys.argv[1]}").install()
from twisted.internet import reactor
import asyncio
import frameworkhub as hub
from frameworkhub.testing.handlers.streams import is_released
if sys.argv[2] == "ours":
    from frameworkhub_twisted_server.site import CountingSite as Site
else:
    from twisted.web.server import Site

app = hub.App()

@app.get("/sync/{id:int}")
def sync(request, id):
    return f"{id} {request.query.get('q')}"

@app.get("/async/{id:int}")
async def asynchronous(request, id):
    await asyncio.sleep(0)
    return f"{id} {type(asyncio.get_running_loop()).__name__}"

@app.post("/echo")
async def echo(request):
    return request.body

@app.get("/stream")
async def stream(request):
    for i in range(50):
        await asyncio.sleep(0)
        yield b"x" * 10_000

@app.get("/cut")
async def cut(request):
    yield b"x" * 100
    raise RuntimeError("cut")

@app.get("/held/{number:int}")
async def held(request, number):
    yield "one"
    yield is_released(number)

@app.get("/broken")
async def broken(request):
    raise RuntimeError("broken")

root = Site(app.on("twisted"), parsePOSTFormSubmission=False)
if "tls" in sys.argv:
    from twisted.internet.ssl import CertificateOptions, KeyPair
    pair = KeyPair.generate()
    own = pair.selfSignedCert(1, CN="localhost")
    options = CertificateOptions(privateKey=pair.original, certificate=own.original)
    port = reactor.listenSSL(0, root, options, interface="127.0.0.1")
else:
    port = reactor.listenTCP(0, root, interface="127.0.0.1")
print(port.getHost().port, type(reactor).__name__, flush=True)
reactor.run()
"""


KINDS = [
    "selectreactor twisted's",
    "selectreactor ours",
    "asyncioreactor twisted's",
    "asyncioreactor ours tls",
]


@pytest.fixture(scope="module", params=KINDS)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    script: Path = tmp_path_factory.mktemp("served") / "served.py"
    script.write_text(SERVER)
    command = [sys.executable, str(script), *request.param.split()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        port, reactor = process.stdout.readline().split()
        assert request.param.startswith(reactor.lower().replace("selectorreactor", "reactor"))
        scheme = "https" if "tls" in request.param else "http"
        with httpx.Client(base_url=f"{scheme}://127.0.0.1:{port}", verify=False) as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_handlers(client: httpx.Client) -> None:
    """Sync and async ones, several on one connection."""
    for number in (1, 2):
        assert client.get(f"/sync/{number}?q=x").text == f"{number} x"
        assert client.get(f"/async/{number}").text.startswith(f"{number} _Unix")


def test_bodies(client: httpx.Client) -> None:
    """Small, and so large that Twisted keeps it on disk."""
    for size in (0, 10, 3_000_000):
        assert client.post("/echo", content=b"y" * size).content == b"y" * size


def test_stream(client: httpx.Client) -> None:
    assert client.get("/stream").content == b"x" * 500_000


def test_stream_that_fails(client: httpx.Client) -> None:
    """What it gave goes out before the connection is cut."""
    got = []
    with client.stream("GET", "/cut") as answer, pytest.raises(httpx.TransportError):
        for chunk in answer.iter_raw():
            got.append(chunk)
    assert got == [b"x" * 100]


def test_stream_that_lets_nobody_run(client: httpx.Client) -> None:
    """Its chunk is sent before it goes on, though the reactor gets no turn."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        with client.stream("GET", f"/held/{listener.getsockname()[1]}") as answer:
            line, _ = listener.accept()
            chunks = answer.iter_raw()
            with line:
                assert next(chunks) == b"one"
                line.sendall(b"two")
            assert b"".join(chunks) == b"two"


def test_errors(client: httpx.Client) -> None:
    assert client.get("/nowhere").status_code == 404
    assert client.put("/echo").status_code == 405
    assert client.get("/broken").status_code == 500


@pytest.fixture(scope="module")
def guarded() -> Iterator[httpx.Client]:
    """An app under our server, in a tree whose root adds to every response."""
    from twisted.web import resource, server

    app = hub.App()
    app.get("/text")(lambda request: hub.Response("text " * 100, headers={"Server": "mine"}))
    app.get("/stream")(lambda request: (f"{i} " for i in range(100)))
    tree = app.on("twisted")

    class Guard(resource.Resource):
        def getChild(self, name: bytes, request: Any) -> Any:
            request.setHeader(b"x-frame-options", b"DENY")
            request.responseHeaders.setRawHeaders(b"vary", [b"a", b"b"])
            if b"cookie" in request.args:
                request.addCookie(b"name", b"value")
            if b"etag" in request.args:
                request.setETag(b'"1"')
            encoders = [server.GzipEncoderFactory()] if b"gzip" in request.args else []
            found = tree.getChildWithDefault(name, request)
            return resource.EncodingResourceWrapper(found, encoders)

    from frameworkhub import registry
    from frameworkhub.servers import Config, Target

    served = registry.adapter("servers", "twisted").hook
    running = served.start(target=Target(app, Guard(), "twisted"), config=Config())
    with httpx.Client(base_url=f"http://{running.host}:{running.port}") as client:
        yield client
    running.stop()


@pytest.mark.parametrize("said", ["plain", "cookie", "etag", "gzip"])
@pytest.mark.parametrize("what", ["text", "stream"])
def test_what_others_add(guarded: httpx.Client, said: str, what: str) -> None:
    answer = guarded.get(f"/{what}?{said}=1")
    expected = "text " * 100 if what == "text" else "".join(f"{i} " for i in range(100))
    assert (answer.status_code, answer.text) == (200, expected)
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers.get_list("vary") == ["a", "b"]
    assert answer.headers.get_list("server")[:1] == ["mine" if what == "text" else ANY]
    assert ("set-cookie" in answer.headers) == (said == "cookie")
    assert ("etag" in answer.headers) == (said == "etag")
    assert answer.headers.get("content-encoding") == ("gzip" if said == "gzip" else None)


@pytest.fixture(scope="module")
def served() -> Iterator[httpx.Client]:
    """An app under our server, whose handlers ask for what is Twisted's."""
    from twisted.web import resource

    app = hub.App()

    @app.get("/places/{rest:path}")
    async def places(request: hub.Request, rest: str) -> list[Any]:
        native = request.native
        parts = native.prepath, native.postpath, native.sitepath, *native.args.items()
        return [str(part) for part in parts]

    @app.get("/headers")
    def headers(request: hub.Request) -> str:
        native = request.native
        native.setHeader(b"server", b"mine")
        if "cookie" in request.query:
            native.addCookie(b"name", b"value")
        return "text"

    class Users(resource.Resource):
        isLeaf = True

        def render(self, request: Any) -> bytes:
            return repr((request.prepath, request.postpath, request.args)).encode()

    tree = app.on("twisted")
    tree.children[b"places"].putChild(b"users", Users())

    from frameworkhub import registry
    from frameworkhub.servers import Config, Target

    server = registry.adapter("servers", "twisted").hook
    running = server.start(target=Target(app, tree, "twisted"), config=Config())
    with httpx.Client(base_url=f"http://{running.host}:{running.port}") as client:
        yield client
    running.stop()


def test_place_in_the_tree(served: httpx.Client) -> None:
    expected = [[b"places", b"a", b"b c"], [b""], [], (b"x", [b"1", b""])]
    assert served.get("/places/a/b%20c/?x=1&x=").json() == [str(part) for part in expected]


def test_place_in_a_tree_with_resources_of_the_user(served: httpx.Client) -> None:
    expected = ([b"places", b"users"], [b"a"], {b"x": [b"1"]})
    assert served.get("/places/users/a?x=1").text == repr(expected)


@pytest.mark.parametrize("query", ["", "?cookie"])
def test_headers_of_twisted(served: httpx.Client, query: str) -> None:
    """Once each, whoever sets them."""
    fields = served.get("/headers" + query).headers
    assert fields.get_list("server") == ["mine"]
    assert len(fields.get_list("date")) == 1
    assert ("set-cookie" in fields) == bool(query)
    assert served.get("/nowhere").headers["server"].startswith("TwistedWeb/")


def test_request_for_the_server_itself(served: httpx.Client) -> None:
    """Twisted's own answer, as without us."""
    answer = served.request("OPTIONS", "/", extensions={"target": b"*"})
    assert (answer.status_code, "allow" in answer.headers) == (200, False)
