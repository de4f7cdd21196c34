"""What only a pre-fork server has: its worker processes, the signals to its master, its stop."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from frameworkhub.testing.websockets import SocketClient
from frameworkhub.testing.wire import Wire

TIMEOUT = 15.0

APP = """
import os
import time

import frameworkhub as hub

app = hub.App()

def note(event):
    with open("events", "a") as file:
        file.write(f"{event} {os.getpid()}\\n")

@app.lifespan
def lifespan(app):
    note("start")
    yield
    note("stop")

@app.get("/pid")
def pid(request):
    return os.getpid()

@app.get("/held")
def held(request):
    note("held")
    while not os.path.exists("release"):
        time.sleep(0.02)
    return "complete"

@app.get("/broken")
def broken(request):
    def chunks():
        yield b"x"
        raise RuntimeError("broken")
    return chunks()

@app.post("/pieces", stream=True)
def pieces(request):
    return hub.Response(f"{len(chunk)}," for chunk in request.stream)
"""

WEBSOCKET = """
from app import *

@app.websocket("/talk")
async def talk(ws):
    await ws.accept()
    try:
        async for message in ws:
            await ws.send(message)
    finally:
        note("left")
"""

FAILING = """
import frameworkhub as hub

app = hub.App()

@app.lifespan
def lifespan(app):
    raise OSError("no database")
    yield
"""


def until(condition: Callable[[], Any]) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + TIMEOUT
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never: {condition}"
        time.sleep(0.02)
    return value


class Server:
    """`frameworkhub run` in a folder and a process group of its own."""

    def __init__(self, folder: Path, interface: str, *arguments: str, app: str = "app") -> None:
        self.folder = folder
        self.stderr = (folder / "stderr").open("w+")
        command = [sys.executable, "-m", "frameworkhub", "run", f"{app}:app"]
        command += ["--on", f"bare:{interface}", "--server", "gunicorn", "--port", "0", *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=self.stderr, text=True,
            process_group=0,
        )  # fmt: skip

    def start(self) -> Server:
        assert self.process.stdout is not None
        address = re.search(r"http://([\d.]+):(\d+)", self.process.stdout.readline())
        assert address, self.printed()
        self.address = (address[1], int(address[2]))
        return self

    def end(self) -> None:
        """Nothing of it is left, whatever became of the test."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        self.stderr.close()

    def printed(self) -> str:
        return (self.folder / "stderr").read_text()

    def get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection(*self.address, timeout=TIMEOUT)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200
        return body

    def pid(self) -> int:
        return int(json.loads(self.get("/pid")))

    def noted(self, event: str) -> list[int]:
        """The processes that noted it, in order."""
        file = self.folder / "events"
        lines = file.read_text().splitlines() if file.exists() else []
        return [int(line.split()[1]) for line in lines if line.split()[0] == event]

    def workers(self) -> list[int]:
        """Those that have started and are alive."""
        return [pid for pid in self.noted("start") if is_alive(pid)]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> None:
        self.send(signal.SIGTERM)
        assert self.process.wait(TIMEOUT) == 0, self.printed()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(params=["wsgi", "asgi"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`run(*arguments)`: a server of each protocol, started."""
    (tmp_path / "app.py").write_text(APP)
    servers = []

    def begin(*arguments: str) -> Server:
        servers.append(Server(tmp_path, request.param, *arguments))
        return servers[0].start()

    yield begin
    for server in servers:
        server.end()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def test_several_workers_serve(run: Callable[..., Server]) -> None:
    """Requests are answered by each worker, and by no other process."""
    server = run("--workers", "3")
    workers = set(until(lambda: server.workers() if len(server.workers()) == 3 else []))
    seen: set[int] = set()
    until(lambda: seen.add(server.pid()) or len(seen) == 3)  # type: ignore[func-returns-value]
    assert seen == workers and server.process.pid not in seen
    server.stop()


def test_ready_means_ready(run: Callable[..., Server]) -> None:
    """The address is told when a worker has started, and that worker answers."""
    server = run("--workers", "1")
    assert server.workers() == [server.pid()]
    server.stop()


def test_ttin_and_ttou(run: Callable[..., Server]) -> None:
    """TTIN makes one worker more, TTOU one less; the one that goes is stopped well."""
    server = run("--workers", "1")
    server.send(signal.SIGTTIN)
    until(lambda: len(server.workers()) == 2)
    server.send(signal.SIGTTIN)
    until(lambda: len(server.workers()) == 3)
    server.send(signal.SIGTTOU)
    until(lambda: len(server.workers()) == 2)
    assert len(server.noted("stop")) == 1
    assert server.pid() in server.workers()
    server.stop()


def test_killed_worker_is_replaced(run: Callable[..., Server]) -> None:
    """A worker that dies has a successor, with a start of its own."""
    server = run("--workers", "2")
    first, second = until(lambda: server.workers() if len(server.workers()) == 2 else [])
    os.kill(first, signal.SIGKILL)
    until(lambda: len(server.noted("start")) == 3)
    until(lambda: not is_alive(first))
    assert len(server.workers()) == 2 and second in server.workers()
    until(lambda: server.pid() == server.noted("start")[2])
    server.stop()


def test_hup_replaces_the_workers(run: Callable[..., Server]) -> None:
    """HUP starts new workers and stops the old ones, and requests are answered all the time."""
    server = run("--workers", "2")
    old = until(lambda: server.workers() if len(server.workers()) == 2 else [])
    server.send(signal.SIGHUP)
    until(lambda: server.pid() and not any(is_alive(pid) for pid in old))
    until(lambda: len(server.workers()) == 2)
    assert sorted(server.noted("stop")) == sorted(old)
    server.stop()


def test_lifespan_once_per_worker(run: Callable[..., Server]) -> None:
    """Each worker starts once and stops once, however many requests it has; the master never."""
    server = run("--workers", "2")
    until(lambda: len(server.workers()) == 2)
    for _ in range(20):
        server.pid()
    server.stop()
    started = server.noted("start")
    assert len(set(started)) == len(started) == 2
    assert sorted(server.noted("stop")) == sorted(started)
    assert server.process.pid not in started


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_failing_lifespan_stops(tmp_path: Path, interface: str) -> None:
    """A start that fails is the end: the error is told, the address is not, the exit code is 3."""
    (tmp_path / "failing.py").write_text(FAILING)
    server = Server(tmp_path, interface, "--workers", "2", app="failing")
    try:
        output, _ = server.process.communicate(timeout=TIMEOUT)
        assert (server.process.returncode, output) == (3, "")
        assert "OSError: no database" in server.printed()
        told = "frameworkhub: failing:app did not start; gunicorn stopped\n"
        assert server.printed().count(told) == 1
    finally:
        server.end()


def held(server: Server, pool: ThreadPoolExecutor) -> Any:
    """A request that is being handled, until there is a file `release`."""
    answer = pool.submit(server.get, "/held")
    until(lambda: server.noted("held"))
    return answer


def refuses(server: Server) -> bool:
    try:
        socket.create_connection(server.address, 1).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_graceful_stop(
    run: Callable[..., Server], pool: ThreadPoolExecutor, number: signal.Signals
) -> None:
    """A request in flight gets its answer while nothing new is accepted; then all ends well."""
    server = run("--workers", "2")
    answer = held(server, pool)
    server.send(number)
    until(lambda: refuses(server))
    assert not answer.done()
    (server.folder / "release").touch()
    assert answer.result(TIMEOUT) == b"complete"
    assert server.process.wait(TIMEOUT) == 0
    assert sorted(server.noted("stop")) == sorted(server.noted("start"))


def test_ctrl_c_in_a_terminal(run: Callable[..., Server], pool: ThreadPoolExecutor) -> None:
    """Ctrl-C reaches the workers as well as the master, and is a graceful stop all the same."""
    server = run("--workers", "2")
    answer = held(server, pool)
    os.killpg(server.process.pid, signal.SIGINT)
    until(lambda: refuses(server))
    (server.folder / "release").touch()
    assert answer.result(TIMEOUT) == b"complete"
    assert server.process.wait(TIMEOUT) == 0


def test_second_ctrl_c(run: Callable[..., Server], pool: ThreadPoolExecutor) -> None:
    """A second Ctrl-C does not wait for the requests in flight."""
    server = run("--workers", "1")
    answer = held(server, pool)
    server.send(signal.SIGINT)
    until(lambda: refuses(server))
    server.send(signal.SIGINT)
    server.process.wait(TIMEOUT)
    assert isinstance(answer.exception(TIMEOUT), ConnectionError | http.client.HTTPException)


def test_stop_does_not_wait_for_idle_connections(run: Callable[..., Server]) -> None:
    """Connections that ask nothing, fresh or kept alive, don't keep the server from stopping."""
    server = run("--workers", "1")
    with Wire(*server.address) as fresh, Wire(*server.address) as kept:
        kept.request("GET", "/pid")
        assert kept.answer().status == 200
        server.stop()
        assert fresh.at_end() and kept.at_end()


def test_stop_after_failed_streams(run: Callable[..., Server], pool: ThreadPoolExecutor) -> None:
    """Streams that failed don't spoil the count of connections, for which a stop waits."""
    server = run("--workers", "1")
    for _ in range(3):
        with Wire(*server.address) as wire:
            wire.request("GET", "/broken")
            assert not wire.answer().complete
    answer = held(server, pool)
    server.send(signal.SIGTERM)
    until(lambda: refuses(server))
    (server.folder / "release").touch()
    assert answer.result(TIMEOUT) == b"complete"
    assert server.process.wait(TIMEOUT) == 0


def test_failed_stream_without_framing(run: Callable[..., Server]) -> None:
    """To HTTP/1.0 clients a connection's end is a body's good end, so a failed one is reset."""
    server = run("--workers", "1")
    with Wire(*server.address) as wire:
        wire.send(b"GET /broken HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            while wire.read_some():
                pass
    server.stop()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_request_piece_by_piece(run: Callable[..., Server], chunked: bool) -> None:
    """A streamed request arrives as it is sent, and the next one on the connection is whole."""
    server = run("--workers", "1")
    with Wire(*server.address) as wire:
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 6"
        wire.send(b"POST /pieces HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n")
        wire.send(b"2\r\nab\r\n" if chunked else b"ab")
        assert wire.head().status == 200
        assert wire.read_line() + wire.read_line() == b"22,"
        wire.send(b"4\r\ncdef\r\n0\r\n\r\n" if chunked else b"cdef")
        assert [wire.read_line() for _ in range(4)] == [b"2", b"4,", b"0", b""]
        wire.request("GET", "/pid")
        assert wire.answer().status == 200
    server.stop()


def test_websockets_are_told_of_the_stop(tmp_path: Path) -> None:
    """A WebSocket that is open at the stop is closed with 1012, and its handler ends."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "talking.py").write_text(WEBSOCKET)
    server = Server(tmp_path, "asgi", "--workers", "1", app="talking")
    try:
        with SocketClient(Wire(*server.start().address), "/talk") as client:
            client.send("hello")
            assert client.receive() == "hello"
            server.send(signal.SIGTERM)
            assert client.wait_closed()[0] == 1012
        assert server.process.wait(TIMEOUT) == 0
        assert server.noted("left") == server.noted("start")
    finally:
        server.end()
