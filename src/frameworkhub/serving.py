"""For servers that are a coroutine on an asyncio event loop: `run` and `start` of their plugins."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from .errors import HubError
from .servers import Config, Running

# Called with a listening socket, with what to call once it accepts, and with what tells it to stop
# gracefully. It raises what makes the start or the stop fail.
Serve = Callable[[socket.socket, Callable[[], None], asyncio.Event], Coroutine[Any, Any, None]]
# Makes an event loop; None stands for asyncio's own.
LoopFactory = Callable[[], asyncio.AbstractEventLoop] | None

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(serve: Serve, config: Config, loop_factory: LoopFactory = None) -> None:
    """Serves on a new event loop until SIGINT or SIGTERM; a second one ends the process at once.

    Raises:
        HubError: nothing can listen there, or more than one worker is asked for.
    """
    if config.workers > 1:
        raise HubError(
            f"this server runs one process, not {config.workers}: "
            "start several, each on a port of its own, behind a proxy"
        )
    listener = listen(config)

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end() -> None:
            stop.set()
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

        for number in _SIGNALS:
            loop.add_signal_handler(number, end)
        await serve(listener, lambda: config.ready(*address(listener)), stop)

    with listener, asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


def start(serve: Serve, config: Config, loop_factory: LoopFactory = None) -> Running:
    """Serves on a new event loop in a background thread.

    Raises:
        HubError: nothing can listen there.
        Exception: what made the start fail.
    """
    listener = listen(config)
    ready: Future[Callable[[], None]] = Future()
    ended: Future[None] = Future()

    async def main() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        await serve(
            listener,
            lambda: ready.set_result(lambda: _threadsafe(loop, stop.set)),
            stop,
        )

    def live() -> None:
        try:
            with listener, asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(main())
            ended.set_result(None)
        except BaseException as error:
            ended.set_exception(error)

    thread = threading.Thread(target=live, name="frameworkhub-server", daemon=True)
    thread.start()
    either: list[Future[Any]] = [ready, ended]
    wait(either, return_when=FIRST_COMPLETED)
    if not ready.done():
        ended.result()

    def stop() -> None:
        ready.result()()
        thread.join()
        ended.result()

    return Running(*address(listener), stop)


def _threadsafe(loop: asyncio.AbstractEventLoop, function: Callable[[], Any]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)


def listen(config: Config) -> socket.socket:
    """A listening socket for `config.host` and `config.port`; HubError where there is none."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen(128)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise HubError(f"can't listen on {config.host}:{config.port}: {error.strerror}") from None
    listener.setblocking(False)
    return listener


def address(listener: socket.socket) -> tuple[str, int]:
    """Host and port of a listening socket."""
    host, port = listener.getsockname()[:2]
    return host, port
