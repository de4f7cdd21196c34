"""Threads and event loops: where sync code runs on async hosts, and async code on sync ones."""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import ClientDisconnect
from .lazy import late

if TYPE_CHECKING:
    import asyncio
    from concurrent import futures
else:
    asyncio = late("asyncio")
    futures = late("concurrent.futures")

T = TypeVar("T")


class Pool:
    """The threads that run an app's sync code on async hosts; made when first needed.

    A process that was forked off gets its own: threads don't survive a fork.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"threads={size}: a pool needs at least one thread")
        self.size = size
        self._executor: futures.ThreadPoolExecutor | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def executor(self) -> futures.ThreadPoolExecutor:
        if self._executor is None or self._pid != os.getpid():
            with self._lock:
                if self._executor is None or self._pid != os.getpid():
                    self._pid = os.getpid()
                    self._executor = futures.ThreadPoolExecutor(self.size, "frameworkhub")
        return self._executor

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Runs `function` in a thread, in a copy of the caller's context."""
        context = contextvars.copy_context()
        return await self.run_in(context, function, *args)

    async def run_in(
        self, context: contextvars.Context, function: Callable[..., T], *args: Any
    ) -> T:
        """Runs `function` in a thread, in `context`. A cancelled caller waits for it to end."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self.executor(), context.run, function, *args)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            # The thread can't be interrupted, and what it uses must not be closed under its hands.
            await asyncio.wait([future])
            if not future.cancelled():
                future.exception()
            raise

    def close(self) -> None:
        if self._executor is not None and self._pid == os.getpid():
            self._executor.shutdown(wait=True)
        self._executor = None


class LoopThread:
    """The one event loop of a process whose host is sync; it lives as long as the process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0
        self._lock = threading.Lock()

    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._pid != os.getpid():
            with self._lock:
                if self._loop is None or self._pid != os.getpid():
                    self._loop, self._pid = self._begin(), os.getpid()
        return self._loop

    def _begin(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="frameworkhub-loop", daemon=True).start()
        return loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the loop and waits for it; not to be called on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop()).result()


LOOP = LoopThread()

_Event = tuple[str, Any, Any]

LOOK = 0.25
"""Seconds after which a thread that waits for a chunk looks whether its client is still there."""


class Visit:
    """An async call by a thread that waits for it, and which it may ask to run functions meanwhile.

    All of one request's async code is one task, from the handler to the last chunk of its stream.
    """

    def __init__(self, context: contextvars.Context | None = None) -> None:
        self._loop = LOOP.loop()
        self._inbox: SimpleQueue[_Event] = SimpleQueue()
        self._task: asyncio.Task[None] | None = None
        self._resume: asyncio.Future[None] | None = None
        self._ended = False
        self.context = context or contextvars.copy_context()

    # In the thread.

    def run(self, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Starts the task, and waits until it gives its result with `give`, or fails."""
        self._loop.call_soon_threadsafe(self._start, main)
        kind, value = self._wait()
        assert kind == "result", kind
        return value

    def next(self, end: T, is_gone: Callable[[], bool] | None = None) -> T:
        """The next chunk that the task hands over with `hand`; `end` after the last.

        Raises:
            ClientDisconnect: there was none yet when `is_gone` told that the client went.
        """
        if self._resume is not None:
            self._loop.call_soon_threadsafe(_set, self._resume)
            self._resume = None
        if self._ended:
            return end
        kind, value = self._wait(is_gone)
        return value if kind == "chunk" else end

    def close(self) -> None:
        """Cancels what is left of the task, and waits until it has ended."""
        if not self._ended and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
            while not self._ended:
                self._wait_quietly()

    def _get(self, is_gone: Callable[[], bool]) -> _Event:
        while True:
            try:
                return self._inbox.get(timeout=LOOK)
            except Empty:
                if is_gone():
                    raise ClientDisconnect("the client went while it waited") from None

    def _wait(self, is_gone: Callable[[], bool] | None = None) -> tuple[str, Any]:
        while True:
            kind, value, future = self._get(is_gone) if is_gone else self._inbox.get()
            if kind == "call":
                self._answer(value, future)
                continue
            if kind == "chunk":
                self._resume = future
            elif kind != "result":
                self._ended = True
            if kind == "error":
                raise value
            return kind, value

    def _wait_quietly(self) -> None:
        try:
            self._wait()
        except BaseException as error:
            if not isinstance(error, Exception | asyncio.CancelledError):
                raise

    def _answer(self, function: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        try:
            result = function()
        except BaseException as error:
            self._loop.call_soon_threadsafe(_fail, future, error)
        else:
            self._loop.call_soon_threadsafe(_set, future, result)

    # On the loop.

    def _start(self, main: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._task = self._loop.create_task(self._main(main), context=self.context)

    async def _main(self, main: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        try:
            await main()
        except BaseException as error:
            self._inbox.put(("error", error, None))
        else:
            self._inbox.put(("end", None, None))

    def give(self, result: Any) -> None:
        self._inbox.put(("result", result, None))

    async def hand(self, chunk: Any) -> None:
        """Hands a chunk over, and waits until the thread comes for the next one."""
        future = self._loop.create_future()
        self._inbox.put(("chunk", chunk, future))
        await future

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Runs `function` in the thread that waits, in a copy of the caller's context."""
        future: asyncio.Future[T] = self._loop.create_future()
        context = contextvars.copy_context()
        self._inbox.put(("call", partial(context.run, function, *args), future))
        return await future


def _set(future: asyncio.Future[Any], result: Any = None) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def adopt(context: contextvars.Context) -> None:
    """Sets here every context variable that has another value in `context`."""
    for variable, value in context.items():
        if variable.get(None) is not value:
            variable.set(value)


def run_on(loop: asyncio.AbstractEventLoop, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine on the host's loop from one of the pool's threads, and waits for it."""
    return asyncio.run_coroutine_threadsafe(main(), loop).result()
