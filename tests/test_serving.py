"""Servers that are a coroutine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

import frameworkhub as hub
from frameworkhub import serving
from frameworkhub.servers import Config

events: list[str] = []


async def greet(listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Says `hello` to who connects."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    async with await asyncio.start_server(answer, sock=listener):
        ready()
        await stop.wait()
    events.append("stopped")


def ask(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), 5) as client:
        return client.recv(100)


def test_start() -> None:
    events.clear()
    running = serving.start(greet, Config())
    assert running.port
    assert ask(running.host, running.port) == b"hello"
    running.stop()
    assert events == ["stopped"]
    with pytest.raises(ConnectionRefusedError):
        ask(running.host, running.port)


def test_start_that_fails() -> None:
    async def fail(*arguments: Any) -> None:
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        serving.start(fail, Config())


def test_stop_that_fails() -> None:
    async def fail(listener: socket.socket, ready: Callable[[], None], stop: asyncio.Event) -> None:
        ready()
        await stop.wait()
        raise RuntimeError("no farewell")

    running = serving.start(fail, Config())
    with pytest.raises(RuntimeError, match="no farewell"):
        running.stop()


def test_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(hub.HubError, match=f"127.0.0.1:{port}: Address already in use"):
            serving.start(greet, Config(port=port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run(number: signal.Signals) -> None:
    """It serves until a signal comes, and leaves the process's handlers as they were."""
    answers: list[bytes] = []

    def ready(host: str, port: int) -> None:
        def use() -> None:
            answers.append(ask(host, port))
            os.kill(os.getpid(), number)

        threading.Thread(target=use).start()

    # A shell has its background jobs ignore SIGINT, which they pass on.
    before = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    signal.signal(number, before)
    events.clear()
    serving.run(greet, Config(ready=ready))
    assert (answers, events) == ([b"hello"], ["stopped"])
    assert signal.getsignal(number) in (before, signal.SIG_DFL)


def test_one_process() -> None:
    with pytest.raises(hub.HubError, match="one process, not 2"):
        serving.run(greet, Config(workers=2))
