"""Start and stop of an app: once per process, whoever is first to ask."""

from __future__ import annotations

import atexit
import inspect
import logging
import os
import threading
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from .concurrency import LOOP
from .lazy import late
from .streams import keep_freed_memory

if TYPE_CHECKING:
    import asyncio

    from .app import App
else:
    asyncio = late("asyncio")

logger = logging.getLogger("frameworkhub")


_ALL: WeakSet[Lifecycle] = WeakSet()


def _forget_all() -> None:
    for each in _ALL:
        each._forget()


if hasattr(os, "register_at_fork"):
    # A process that was forked off has not been started; its parent's threads are not in it.
    os.register_at_fork(after_in_child=_forget_all)


class Lifecycle:
    """Runs an app's lifespans: in order at the start, in reverse at the stop.

    ASGI hosts and our servers start it before the first request; on any other host the first
    request does, and the stop comes at the exit of the process. A start that fails raises its
    error, and what had started is stopped.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._forget()
        _ALL.add(self)

    def _forget(self) -> None:
        self.started = False
        self._lock = threading.Lock()
        self._alock: asyncio.Lock | None = None
        self._running: list[Any] = []

    # From sync hosts.

    def ensure(self) -> None:
        """Starts it unless it has been started in this process."""
        with self._lock:
            if not self.started:
                self._startup()
                atexit.register(self.shutdown)

    def startup(self) -> None:
        """Starts it; nothing, if it has been. Raises what a lifespan raises."""
        with self._lock:
            if not self.started:
                self._startup()

    def _startup(self) -> None:
        self._running = []
        keep_freed_memory()
        try:
            for function in self.app.lifespans():
                self._running.append(_begin(function(self.app)))
        except BaseException:
            self._stop()
            raise
        self.started = True

    def shutdown(self) -> None:
        """Stops it; nothing, if it is not running. The last error of a lifespan is raised."""
        with self._lock:
            if self.started:
                self.started = False
                self._stop()
                self.app.pool.close()

    def _stop(self) -> None:
        failure: Exception | None = None
        while self._running:
            try:
                _end(self._running.pop())
            except Exception as error:
                failure = error
        if failure is not None:
            raise failure

    # From async hosts.

    async def aensure(self) -> None:
        if not self.started:
            await self.astartup()

    async def astartup(self) -> None:
        """`startup` on the host's event loop; sync lifespans run in a thread."""
        if self._alock is None:
            self._alock = asyncio.Lock()
        async with self._alock:
            if not self.started:
                await self._astartup()

    async def _astartup(self) -> None:
        self._running = []
        keep_freed_memory()
        try:
            for function in self.app.lifespans():
                self._running.append(await self._abegin(function(self.app)))
        except BaseException:
            await self._astop()
            raise
        self.started = True

    async def _abegin(self, steps: Any) -> Any:
        if inspect.isasyncgen(steps):
            return await Held(steps).begin()
        await self.app.pool.run(_begin, steps)
        return steps

    async def ashutdown(self) -> None:
        """`shutdown` on the host's event loop."""
        if self.started:
            self.started, self._alock = False, None
            await self._astop()
            await asyncio.to_thread(self.app.pool.close)

    async def _astop(self) -> None:
        failure: Exception | None = None
        while self._running:
            part = self._running.pop()
            try:
                await (part.end() if isinstance(part, Held) else self.app.pool.run(_end, part))
            except Exception as error:
                failure = error
        if failure is not None:
            raise failure


def _begin(steps: Any) -> Any:
    if inspect.isasyncgen(steps):
        return LOOP.run(Held(steps).begin())
    try:
        next(steps)
    except StopIteration:
        raise RuntimeError(f"lifespan {steps.__qualname__} ended before its `yield`") from None
    return steps


def _end(part: Any) -> None:
    if isinstance(part, Held):
        part.end_from_thread()
    elif next(part, _ENDED) is not _ENDED:
        part.close()
        raise RuntimeError(f"lifespan {part.__qualname__} yields more than once")


_ENDED = object()


def check(function: Callable[[App], Any]) -> None:
    """Raises TypeError unless `function` is a generator function, sync or async."""
    if not (inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)):
        raise TypeError(f"lifespan {function!r} must be a function with one `yield`")


class Held:
    """An async lifespan in its own task: task groups must end in the task they began in."""

    def __init__(self, steps: AsyncGenerator[Any, Any]) -> None:
        self._steps = steps

    async def begin(self) -> Held:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        begun: asyncio.Future[None] = self._loop.create_future()
        self._task = self._loop.create_task(self._live(begun))
        await begun
        return self

    async def _live(self, begun: asyncio.Future[None]) -> None:
        name = getattr(self._steps, "__qualname__", "")
        try:
            await anext(self._steps)
        except StopAsyncIteration:
            begun.set_exception(RuntimeError(f"lifespan {name} ended before its `yield`"))
            return
        except BaseException as error:
            begun.set_exception(error)
            return
        begun.set_result(None)
        await self._stop.wait()
        if await anext(self._steps, _ENDED) is not _ENDED:
            await self._steps.aclose()
            raise RuntimeError(f"lifespan {name} yields more than once")

    async def end(self) -> None:
        if self._loop is asyncio.get_running_loop():
            self._stop.set()
            await self._task
        else:
            await asyncio.to_thread(self.end_from_thread)

    def end_from_thread(self) -> None:
        """Ends it from outside its loop. A loop that has ended took the lifespan with it."""
        if not self._loop.is_running():
            logger.warning("the event loop ended before the lifespan of the app was stopped")
            return
        asyncio.run_coroutine_threadsafe(self.end(), self._loop).result()
