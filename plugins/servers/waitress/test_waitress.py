"""What is peculiar to waitress: its one thread that reads for all, and how it stops."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import frameworkhub as hub
from frameworkhub.servers import Config, Running, Target
from frameworkhub.testing.waiting import wait_until
from frameworkhub.testing.wire import Wire

LARGE = 8 * 2**20


def make_app() -> hub.App:
    app = hub.App(max_body_size=1000)
    app.state.begun, app.state.release = threading.Event(), threading.Event()

    @app.post("/size")
    def size(request: hub.Request) -> int:
        return len(request.body)

    @app.post("/held")
    def held(request: hub.Request) -> str:
        app.state.begun.set()
        app.state.release.wait(10)
        return "complete"

    @app.post("/stream", stream=True)
    def stream(request: hub.Request) -> int:
        return sum(map(len, request.stream))

    @app.post("/ignored", stream=True)
    def ignored(request: hub.Request) -> str:
        return "ignored"

    @app.get("/own")
    def own(request: hub.Request) -> hub.Response:
        return hub.Response("", headers={"Server": "mine"})

    @app.get("/endless")
    def endless(request: hub.Request) -> Iterator[bytes]:
        app.state.begun.set()
        try:
            while not app.state.release.wait(0.01):
                yield b"tick"
        finally:
            app.state.release.set()

    return app


@contextmanager
def serving(app: hub.App, threads: int = 4, **options: Any) -> Iterator[Running]:
    server = next(server for server in hub.adapters("servers") if server.name == "waitress")
    config = Config(threads=threads, options=options)
    running = server.hook.start(target=Target(app, app.wsgi, "wsgi"), config=config)
    try:
        yield running
    finally:
        running.stop()


def connect(running: Running) -> Wire:
    return Wire(running.host, running.port)


def test_slow_upload_takes_no_thread() -> None:
    """A body is collected before the app is called, unless the app streams or refuses it."""
    with serving(make_app(), threads=1) as running, connect(running) as slow:
        slow.send(b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
        with connect(running) as other:
            other.request("GET", "/own")
            assert other.answer().status == 200
        slow.send(b"hello")
        assert slow.answer().text == "10"


def test_refused_while_it_is_sent() -> None:
    """A client that sends all of a large body before it reads gets the answer nevertheless."""
    with serving(make_app()) as running:
        for path, status in (("/size", 413), ("/ignored", 200), ("/nowhere", 404)):
            with connect(running) as wire:
                wire.request("POST", path, [("Content-Length", str(LARGE))])
                for _ in range(LARGE // 2**16):
                    wire.send(b"x" * 2**16)
                answer = wire.answer()
                assert (answer.status, answer.header("connection")) == (status, "close")
                assert wire.at_end()


def test_refused_without_an_end() -> None:
    """A client that never ends to send is cut at last."""
    with serving(make_app()) as running, connect(running) as wire:
        wire.request("POST", "/size", [("Content-Length", str(10**12))])
        with pytest.raises(ConnectionError):
            for _ in range(2**11):
                wire.send(b"x" * 2**16)


def test_malformed_chunks_end_the_connection() -> None:
    with serving(make_app()) as running, connect(running) as wire:
        wire.send(b"POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.send(b"zz\r\nGET /own HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (wire.answer().status, wire.at_end()) == (400, True)


def test_own_server_field() -> None:
    """An app's `Server` stays as it is, and alone."""
    with serving(make_app()) as running, connect(running) as wire:
        wire.request("GET", "/own")
        answer = wire.answer()
        assert (answer.header("server"), answer.header("via")) == ("mine", None)


def test_graceful_stop() -> None:
    """The request in flight is finished; nobody waits for idle connections, or half a request."""
    app = make_app()
    with serving(app) as running:
        busy, idle, half = connect(running), connect(running), connect(running)
        half.send(b"GET /own HT")
        idle.request("GET", "/own")
        assert idle.answer().status == 200
        busy.request("POST", "/held", body=b"x")
        assert app.state.begun.wait(5)
        stopping = threading.Thread(target=running.stop)
        stopping.start()
        assert idle.at_end() and half.at_end()
        app.state.release.set()
        answer = busy.answer()
        assert (answer.text, answer.header("connection")) == ("complete", "close")
        stopping.join(5)
        assert not stopping.is_alive()
    for wire in (busy, idle, half):
        wire.close()


def test_stop_with_an_endless_stream() -> None:
    """Its time over, it is closed."""
    app = make_app()
    with serving(app, graceful_timeout=0.2) as running, connect(running) as wire:
        wire.request("GET", "/endless")
        assert app.state.begun.wait(5)
        running.stop()
        assert wait_until(app.state.release.is_set)


def test_more_workers_are_refused() -> None:
    server = next(server for server in hub.adapters("servers") if server.name == "waitress")
    app = make_app()
    with pytest.raises(hub.HubError, match="one process, not 2"):
        server.hook.start(target=Target(app, app.wsgi, "wsgi"), config=Config(workers=2))
