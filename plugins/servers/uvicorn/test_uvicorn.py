"""What is peculiar to uvicorn: its two parsers, its worker processes, and how it stops."""

from __future__ import annotations

import contextvars
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import frameworkhub as hub
from frameworkhub.servers import Config, Running, Target

PARSERS = [name for name in ("h11", "httptools") if find_spec(name)]
LIBRARIES = [name for name in ("websockets-sansio", "wsproto") if find_spec(name.split("-")[0])]
SEEN: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")

APP = """
import asyncio, os
import frameworkhub as hub

app = hub.App()

@app.get("/pid")
def pid(request):
    return str(os.getpid())

@app.get("/slow")
async def slow(request):
    yield b"first"
    await asyncio.sleep(0.5)
    yield b"last"

@app.get("/endless")
async def endless(request):
    while True:
        yield b"tick"
        await asyncio.sleep(0.05)

@app.lifespan
def life(app):
    if os.environ.get("FAILS") == "start":
        raise LookupError("no database")
    yield
    print("stopped", flush=True)
"""


def make_app() -> hub.App:
    app = hub.App()

    @app.get("/stream")
    def stream(request: hub.Request) -> Iterator[str]:
        yield "one "
        if "fail" in request.query:
            raise ValueError("in mid-stream")
        yield "two"

    @app.get("/context")
    async def context(request: hub.Request) -> str:
        before = SEEN.get()
        SEEN.set("the last request")
        return before

    @app.post("/context")
    async def read(request: hub.Request) -> str:
        return SEEN.get()

    return app


@contextmanager
def serving(app: hub.App, **options: Any) -> Iterator[Running]:
    server = next(server for server in hub.adapters("servers") if server.name == "uvicorn")
    target = Target(app, app.asgi, "asgi")
    running = server.hook.start(target=target, config=Config(options=options))
    yield running
    running.stop()


def ask(address: tuple[str, int], target: str, version: str = "1.1") -> bytes:
    """All that comes until the end of the connection."""
    with socket.create_connection(address, 5) as client:
        head = f"GET {target} HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n"
        client.sendall(head.encode())
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("parser", PARSERS)
def test_http_1_0(parser: str) -> None:
    """An old client gets no chunks; where a stream fails, it can tell."""
    with serving(make_app(), http=parser) as running:
        address = (running.host, running.port)
        head, _, body = ask(address, "/stream", "1.0").partition(b"\r\n\r\n")
        assert (b"chunked" in head.lower(), body) == (False, b"one two")
        with pytest.raises(ConnectionResetError):
            ask(address, "/stream?fail=1", "1.0")
        assert ask(address, "/stream?fail=1").endswith(b"\r\none \r\n")


@pytest.mark.parametrize("parser", PARSERS)
def test_absolute_target(parser: str) -> None:
    """A target with scheme and host means its path (RFC 9112, section 3.2.2)."""
    with serving(make_app(), http=parser) as running:
        found = ask((running.host, running.port), "http://elsewhere:80/stream?a=//b")
        assert found.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("parser", PARSERS)
def test_context_of_a_kept_connection(parser: str) -> None:
    """No request sees the context variables of the one before it, pipelined or not."""
    request = b"GET /context HTTP/1.1\r\nHost: x\r\n\r\n"
    body = b"POST /context HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    with (
        serving(make_app(), http=parser) as running,
        socket.create_connection((running.host, running.port), 5) as client,
    ):
        client.sendall(request * 2 + body + request)
        found = b""
        while found.count(b"\r\n\r\nnothing") < 4:
            data = client.recv(65536)
            assert data, found
            found += data
    assert b"the last request" not in found


@pytest.mark.parametrize("library", LIBRARIES)
def test_close_codes(library: str) -> None:
    """A client that vanishes, and one that closes without a code, are told apart."""
    app, codes = make_app(), []

    @app.websocket("/ws")
    async def watch(ws: hub.WebSocket) -> None:
        await ws.accept()
        with pytest.raises(hub.WebSocketClosed) as closed:
            await ws.receive()
        codes.append(closed.value.code)

    with serving(app, ws=library) as running:
        with connect(f"ws://{running.host}:{running.port}/ws") as ws:
            ws.socket.shutdown(socket.SHUT_RDWR)
        with connect(f"ws://{running.host}:{running.port}/ws") as ws:
            ws.socket.sendall(b"\x88\x80\0\0\0\0")  # a close frame with no payload
            with pytest.raises(ConnectionClosed):
                ws.recv(5)
    assert codes == [1006, 1005]


def test_start_that_fails() -> None:
    app = make_app()

    @app.lifespan
    def fails(app: hub.App) -> Iterator[None]:
        raise LookupError("no database")
        yield

    with pytest.raises(LookupError, match="no database"), serving(app):
        pass


def test_stop_with_an_endless_stream() -> None:
    """It is cut when its time is over."""
    app, ended = make_app(), []

    @app.get("/endless")
    async def endless(request: hub.Request) -> Any:
        import asyncio

        try:
            while True:
                yield "tick"
                await asyncio.sleep(0.05)
        finally:
            ended.append(True)

    with serving(app, timeout_graceful_shutdown=1) as running:
        client = socket.create_connection((running.host, running.port), 5)
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(10)
    assert ended == [True]
    client.close()


class Process:
    """`frameworkhub run --workers 2`."""

    def __init__(self, folder: Path, **environ: str) -> None:
        folder.joinpath("workers.py").write_text(APP)
        command = [sys.executable, "-m", "frameworkhub", "run", "workers:app", "--on", "bare:asgi"]
        command += ["--server", "uvicorn", "--workers", "2", "--port", "0"]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def address(self) -> tuple[str, int]:
        assert self.process.stdout is not None
        host, _, port = self.process.stdout.readline().rpartition("//")[2].partition(":")
        return host, int(port)

    def end(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=20)
        return self.process.returncode, output, errors


def pids(address: tuple[str, int], wanted: int = 2, but: int = 0) -> set[int]:
    """The processes that answer, as soon as there are so many, `but` not among them."""
    found: set[int] = set()
    deadline = time.monotonic() + 15
    while len(found) < wanted:
        assert time.monotonic() < deadline, found
        try:
            pid = int(ask(address, "/pid").rpartition(b"\r\n")[2])
        except ConnectionError:
            continue
        found |= {pid} - {but}
    return found


def test_workers(tmp_path: Path) -> None:
    """Two processes answer; a killed one is replaced; a request in flight ends well."""
    process = Process(tmp_path)
    address = process.address()
    one, other = pids(address)
    os.kill(one, signal.SIGKILL)
    assert other in pids(address, but=one)
    with socket.create_connection(address, 5) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        found = client.recv(65536)
        process.process.send_signal(signal.SIGTERM)
        while data := client.recv(65536):
            found += data
    assert found.endswith(b"4\r\nlast\r\n0\r\n\r\n")
    code, output, errors = process.end()
    assert (code, output.count("stopped")) == (0, 2), errors


def test_workers_that_do_not_start(tmp_path: Path) -> None:
    """The error is told, and the exit code is not 0."""
    code, output, errors = Process(tmp_path, FAILS="start").end()
    assert (code, output) == (3, "")
    assert "LookupError: no database" in errors


def test_its_own_command(tmp_path: Path) -> None:
    """`uvicorn module:app.asgi`, with no word of which ASGI that is."""
    (tmp_path / "served.py").write_text(APP)
    command = [sys.executable, "-m", "uvicorn", "served:app.asgi", "--port", "0"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = next(line for line in process.stderr if "running on" in line)
        host, _, port = line.partition("//")[2].split()[0].partition(":")
        assert b"200 OK" in ask((host, int(port)), "/pid")
    finally:
        process.terminate()
        process.communicate(timeout=20)
