"""Listening, starting and stopping."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import Future
from typing import Any

import frameworkhub as hub
from frameworkhub.concurrency import LOOP
from frameworkhub.hosts import close_websockets
from frameworkhub.servers import Config, Running, Target

# How long requests in flight may take when the server is to stop; seconds.
GRACE = 10.0
_starting = threading.Lock()


def install_reactor() -> Any:
    """The reactor; ours if the process has none yet, so that async handlers run on its loop."""
    if "twisted.internet.reactor" not in sys.modules:
        from . import reactor as ours

        ours.install()
    from twisted.internet import reactor

    return reactor


def _settle(deferred: Any, future: Any) -> None:
    """Fires a Deferred with the outcome of a future that is done."""
    error = future.exception()
    if error is None:
        deferred.callback(future.result())
    else:
        deferred.errback(error)


class Served:
    """One target on one port. All methods are called in the reactor's thread."""

    def __init__(self, reactor: Any, target: Target, config: Config) -> None:
        from .site import CountingSite

        self.reactor = reactor
        self.target = target
        self.config = config
        self.site = CountingSite(target.native, parsePOSTFormSubmission=False)
        self.port: Any = None

    def _on_loop(self, coroutine: Any) -> Any:
        """Runs a coroutine on the loop that the app's async code runs on; a Deferred."""
        from twisted.internet.defer import Deferred

        loop = getattr(self.reactor, "_asyncioEventloop", None)
        if loop is not None:
            return Deferred.fromFuture(asyncio.ensure_future(coroutine, loop=loop))
        result: Deferred[Any] = Deferred()
        future = asyncio.run_coroutine_threadsafe(coroutine, LOOP.loop())
        future.add_done_callback(lambda done: self.reactor.callFromThread(_settle, result, done))
        return result

    async def begin(self) -> tuple[str, int]:
        """Starts the app, then listens; raises what either raises."""
        from twisted.internet.error import CannotListenError

        await self._on_loop(self.target.app.lifecycle.astartup())
        host, port = self.config.host, self.config.port
        try:
            self.port = self.reactor.listenTCP(port, self.site, interface=host)
        except CannotListenError as error:
            await self._on_loop(self.target.app.lifecycle.ashutdown())
            raise hub.HubError(f"can't listen on {host}:{port}: {error.socketError}") from None
        address = self.port.getHost()
        self.config.ready(address.host, address.port)
        return address.host, address.port

    async def end(self) -> None:
        """Stops listening, lets the requests in flight end, then stops the app."""
        from twisted.internet.defer import maybeDeferred

        if self.port is None:
            return
        await maybeDeferred(self.port.stopListening)
        await self._on_loop(close_websockets(self.target.app))
        await self.site.drained(self.reactor, self.config.options.get("grace", GRACE))
        await self._on_loop(self.target.app.lifecycle.ashutdown())


def serve(target: Target, config: Config) -> None:
    """Runs the reactor until SIGINT or SIGTERM."""
    from twisted.internet.defer import Deferred

    reactor = install_reactor()
    served = Served(reactor, target, config)
    failures: list[BaseException] = []

    def fail(failure: Any) -> None:
        failures.append(failure.value)
        if reactor.running:
            reactor.stop()

    def begin() -> None:
        Deferred.fromCoroutine(served.begin()).addErrback(fail)

    def end() -> Any:
        return Deferred.fromCoroutine(served.end()).addErrback(fail)

    reactor.callWhenRunning(begin)
    reactor.addSystemEventTrigger("before", "shutdown", end)
    reactor.run()
    if failures:
        raise failures[0]


def serve_in_background(target: Target, config: Config) -> Running:
    """Serves in the thread that runs the reactor, which is started if nobody runs it yet."""
    reactor = install_reactor()
    with _starting:
        if not reactor.running:
            ready = threading.Event()
            reactor.callWhenRunning(ready.set)
            arguments = {"installSignalHandlers": False}
            threading.Thread(target=reactor.run, kwargs=arguments, daemon=True).start()
            ready.wait()
    served = Served(reactor, target, config)
    host, port = _wait(reactor, served.begin)
    return Running(host, port, lambda: _wait(reactor, served.end))


def _wait(reactor: Any, function: Any) -> Any:
    """Runs a coroutine function in the reactor, from another thread, and waits for it."""
    from twisted.internet.defer import Deferred

    done: Future[Any] = Future()

    def call() -> None:
        deferred = Deferred.fromCoroutine(function())
        deferred.addCallbacks(done.set_result, lambda failure: done.set_exception(failure.value))

    reactor.callFromThread(call)
    return done.result()
