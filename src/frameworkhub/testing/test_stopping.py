"""How a server process stops on SIGTERM: gracefully, and without waiting for nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .hosts import ProcessHost
from .wire import TIMEOUT

APP = "frameworkhub.testing.lifespans:app"
Serve = Callable[[str], ProcessHost]
Log = Callable[[], list[str]]


@contextmanager
def stopping(host: ProcessHost) -> Iterator[None]:
    """While the server has been told to stop; at the end it has, and well."""
    time.sleep(0.1)
    host.process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    yield
    assert host.process.wait(TIMEOUT) == 0, host.printed()


def test_request_in_flight_is_finished(serve: Serve, log: Log) -> None:
    """A request that is being answered when the server is told to stop gets its answer."""
    host = serve(APP)
    with host.wire() as wire:
        wire.request("GET", "/slow")
        with stopping(host):
            assert wire.answer().text == "slow"
    assert log()[-3:] == ["stop included", "stop async", "stop sync"]


def test_upload_in_flight_is_finished(serve: Serve, log: Log) -> None:
    """So does one that is still being sent."""
    host = serve(APP)
    with host.wire() as wire:
        wire.send(b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
        with stopping(host):
            wire.send(b"world")
            assert wire.answer().text == "helloworld"


def test_idle_connection_holds_nothing_up(serve: Serve, log: Log) -> None:
    """A connection that nobody uses is closed, and the server ends at once."""
    host = serve(APP)
    with host.wire() as wire:
        wire.request("POST", "/upload", body=b"x")
        assert wire.answer().text == "x"
        with stopping(host):
            assert wire.at_end()


def test_websocket_is_closed_at_the_stop(
    serve_websocket: Serve,
    log: Log,
) -> None:
    """A WebSocket is closed with 1001 or 1012, and its handler ends before the app stops."""
    host = serve_websocket(APP)
    with host.websocket("/echo") as ws:
        ws.send("hello")
        assert ws.receive() == "hello"
        with stopping(host):
            assert ws.wait_closed()[0] in (1001, 1012)
    assert log()[-4:] == ["end echo", "stop included", "stop async", "stop sync"]
