"""What is peculiar to cheroot: how it reads requests, ends connections, and stops."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import frameworkhub as hub
from frameworkhub.servers import Config, Running, Target

HOST = b"Host: h\r\n"
CLOSE = b"Connection: close\r\n\r\n"


def make_app() -> hub.App:
    app = hub.App()
    app.state.closed = threading.Event()
    app.state.begun = threading.Event()

    @app.route("/e/{rest:path}", methods=["GET", "POST"])
    def echo(request: hub.Request, rest: str) -> Any:
        fields = {name: request.headers.getlist(name) for name in ("x", "cookie", "x-y")}
        return {"rest": rest, "url": request.url, "fields": fields, "body": request.text}

    @app.get("/broken")
    def broken(request: hub.Request) -> Iterator[str]:
        yield "one"
        raise RuntimeError("breaks")

    @app.get("/slow")
    def slow(request: hub.Request) -> str:
        app.state.begun.set()
        time.sleep(0.3)
        return "done"

    @app.get("/endless")
    def endless(request: hub.Request) -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 1000
                time.sleep(0.01)
        finally:
            app.state.closed.set()

    return app


def begin(app: hub.App, native: Any = None, **options: Any) -> Running:
    server = next(server for server in hub.adapters("servers") if server.name == "cherrypy")
    target = Target(app, native or app.wsgi, "wsgi")
    running: Running = server.hook.start(target=target, config=Config(options=options))
    return running


@pytest.fixture
def app() -> hub.App:
    return make_app()


@pytest.fixture
def running(app: hub.App) -> Iterator[Running]:
    running = begin(app)
    yield running
    running.stop()


def talk(running: Running, data: bytes) -> bytes:
    """All that the server answers until it closes; `<reset>` where it does not close well."""
    with socket.create_connection((running.host, running.port), 5) as client:
        client.sendall(data)
        found = b""
        try:
            while piece := client.recv(65536):
                found += piece
        except ConnectionResetError:
            found += b"<reset>"
    return found


def get(target: bytes, *lines: bytes) -> bytes:
    head = b"GET " + target + b" HTTP/1.1\r\n" + HOST
    return head + b"".join(line + b"\r\n" for line in lines) + CLOSE


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"/e/a%2Fb%20", b'"rest":"a/b "'),
        (b"http://other:1/e/x?q", b'"url":"http://h/e/x?q"'),
        (b"//e/x", b"404"),
        (b"//[x", b"404"),
        (b"/e/\xff", b"400"),
        (b"*", b"404"),
    ],
)
def test_targets(running: Running, target: bytes, found: bytes) -> None:
    """Targets are decoded once, as a whole; nothing in them is taken for a host or a scheme."""
    assert found in talk(running, get(target))


def test_repeated_fields(running: Running) -> None:
    """Repeated fields are joined; those with an underscore are no others."""
    lines = (b"X: 1", b"x: 2", b"Cookie: a=1", b"Cookie: b=2", b"X_Y: evil")
    answer = talk(running, get(b"/e/x", *lines))
    assert b'"fields":{"x":["1, 2"],"cookie":["a=1; b=2"],"x-y":[]}' in answer


@pytest.mark.parametrize(
    "line",
    [
        b"X: a\r\n folded",
        b"X : a",
        b": a",
        b"no colon",
        b"X: a\0b",
        b"Content-Length: +5",
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    ],
)
def test_heads_that_may_be_read_in_two_ways(running: Running, line: bytes) -> None:
    """They are refused."""
    assert talk(running, get(b"/e/x", line)).startswith(b"HTTP/1.1 400 ")


def test_unread_chunks(running: Running) -> None:
    """What is left of a chunked body is never a request: the connection ends."""
    head = b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = talk(running, head + b"5\r\nhello\r\n0\r\n\r\n" + get(b"/e/x"))
    assert answer.count(b"HTTP/1.1 ") == 1 and b"Connection: close" in answer


def test_failure_without_framing(running: Running) -> None:
    """Where the end of the connection is the body's, a stream that fails resets it."""
    assert talk(running, b"GET /broken HTTP/1.0\r\n\r\n").endswith(b"one<reset>")
    assert talk(running, get(b"/broken")).endswith(b"3\r\none\r\n")


def test_bodies_that_other_applications_send() -> None:
    """A body in answer to HEAD, or with 204 or 304, stays here; HEAD keeps the connection."""

    def native(environ: Any, start_response: Any) -> list[bytes]:
        start_response(environ["QUERY_STRING"] + " X", [])
        return [b"body"]

    running = begin(hub.App(), native)
    try:
        for status in (b"204", b"304"):
            assert talk(running, get(b"/?" + status)).endswith(b"\r\n\r\n")
        twice = b"HEAD /?200 HTTP/1.1\r\n" + HOST + b"\r\n" + get(b"/?204")
        answer = talk(running, twice)
        assert b"body" not in answer and answer.count(b"HTTP/1.1 ") == 2
    finally:
        running.stop()


def test_idle_connections(running: Running) -> None:
    """More idle clients than threads keep nobody from being served, and the stop closes them."""
    idle = [socket.create_connection((running.host, running.port)) for _ in range(60)]
    assert b"200 OK" in talk(running, get(b"/e/x"))
    running.stop()
    for client in idle:
        client.settimeout(0)  # It is closed already: nobody has to wait.
        assert client.recv(1) == b""
        client.close()


def test_stop_lets_requests_end(app: hub.App) -> None:
    """A request in flight is answered, and told that the connection ends."""
    running = begin(app)
    with socket.create_connection((running.host, running.port), 5) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
        assert app.state.begun.wait(5)
        running.stop()
        answer = client.recv(65536)
    assert b"Connection: close" in answer and answer.endswith(b"done")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((running.host, running.port), 1)


def test_stop_cuts_what_never_ends(app: hub.App) -> None:
    """After `shutdown_timeout` a stream is cut, and closed."""
    running = begin(app, shutdown_timeout=0.2)
    with socket.create_connection((running.host, running.port), 5) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\n" + HOST + b"\r\n")
        assert client.recv(100)
        running.stop()
        assert app.state.closed.wait(2)


def test_start_that_fails(app: hub.App) -> None:
    """The lifespan's own error comes out, and nothing is left behind."""

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        raise ValueError("no database")
        yield

    threads = threading.active_count()
    with pytest.raises(ValueError, match="no database"):
        begin(app)
    assert threading.active_count() == threads


def test_handler_that_exits(tmp_path: Path) -> None:
    """As cheroot has it, a handler's SystemExit stops the server: well."""
    (tmp_path / "exits.py").write_text(
        "import frameworkhub as hub\n"
        "app = hub.App()\n"
        "@app.get('/')\n"
        "def leave(request):\n"
        "    raise SystemExit(3)\n"
        "@app.lifespan\n"
        "def lifespan(app):\n"
        "    yield\n"
        "    print('stopped', flush=True)\n"
    )
    with run(tmp_path) as process:
        host, port = re.findall(r"http://([\w.]+):(\d+)", process.stdout.readline())[0]
        talk(Running(host, int(port), lambda: None), get(b"/"))
        assert (process.stdout.read(), process.wait(10)) == ("stopped\n", 0)
    with run(tmp_path) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert (process.stdout.read(), process.wait(10)) == ("stopped\n", 0)


def run(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "frameworkhub", "run", "exits:app"]
    options = ["--on", "bare:wsgi", "--server", "cherrypy", "--port", "0"]
    return subprocess.Popen(command + options, cwd=folder, stdout=subprocess.PIPE, text=True)
