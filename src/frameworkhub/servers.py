"""The contract of the kind `servers`, and what servers share."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from .app import App

SPEC = "FRAMEWORKHUB_TARGET"


@attrs.frozen
class Features:
    """What a server can do.

    Attributes:
        protocols: what it serves: "wsgi", "asgi", or the interface of one framework.
        websocket: it carries WebSockets.
        workers: it runs several worker processes (`Config.workers`).
        options: further names that `Config.options` may hold, passed on to the server.
    """

    protocols: tuple[str, ...]
    websocket: bool = False
    workers: bool = False
    options: tuple[str, ...] = ()


@attrs.frozen
class Config:
    """How to serve.

    Attributes:
        host, port: where to listen; port 0 lets the system choose.
        workers: processes.
        threads: threads that run sync handlers, where the server has them (WSGI).
        ready: called with the host and the port once connections are accepted.
        options: the server's own settings.
    """

    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 1
    threads: int = 40
    ready: Callable[[str, int], None] = lambda host, port: None
    options: dict[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Target:
    """What to serve.

    Attributes:
        app: the hub app.
        native: the native application.
        protocol: how it is called: one of the server's protocols.
        spec: names it for another process (see `from_environ`); None where only this process has
            it.
    """

    app: App
    native: Any
    protocol: str
    spec: dict[str, Any] | None = None

    def startup(self) -> None:
        """Starts the app, where the protocol has no lifespan; raises what a lifespan raises."""
        self.app.lifecycle.startup()

    def shutdown(self) -> None:
        self.app.lifecycle.shutdown()

    def publish(self) -> str:
        """Names the target for worker processes; gives the import string of a factory for it."""
        os.environ[SPEC] = json.dumps(self.spec)
        return f"{__name__}:from_environ"


@attrs.frozen
class Running:
    """A server in the background: where it listens, and how to stop it (waits until it has)."""

    host: str
    port: int
    stop: Callable[[], None]


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Has SIGINT and SIGTERM call `stop`, in the main thread, while a server runs.

    A second SIGINT does what it always does: it cuts a stop short that takes too long.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(*_: object) -> None:
        signal.signal(signal.SIGINT, before[signal.SIGINT])
        stop()

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def from_environ() -> Any:
    """The native application that the parent process published; a factory for worker processes."""
    from .targets import load

    return load(**json.loads(os.environ[SPEC])).native
