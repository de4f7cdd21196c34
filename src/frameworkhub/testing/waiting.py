"""Waits for what a server process does in its own time, with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from .hosts import Host, ProcessHost
from .inprocess import OWN_THREADS

T = TypeVar("T")

BOUND = 5.0
STEP = 0.02


def wait_until(condition: Callable[[], Any], bound: float = BOUND) -> bool:
    """Whether the condition came true within `bound` seconds."""
    deadline = time.monotonic() + bound
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(STEP)
    return True


def wait_event(host: Host, event: str, bound: float = BOUND) -> bool:
    """Whether a handler noted the event within `bound` seconds."""
    return wait_until(lambda: event in host.events(), bound)


def settled(value: Callable[[], T]) -> T:
    """The value once it has stayed the same for 0.3 s."""
    last, since = value(), time.monotonic()
    while time.monotonic() - since < 0.3:
        time.sleep(STEP)
        if (now := value()) != last:
            last, since = now, time.monotonic()
    return last


def is_logged(
    host: Host, caplog: pytest.LogCaptureFixture, *texts: str, bound: float = BOUND
) -> bool:
    """Whether the serving process logs every text within `bound` seconds."""

    def log() -> str:
        return host.printed() if isinstance(host, ProcessHost) else caplog.text

    return wait_until(lambda: all(text in log() for text in texts), bound)


def together(calls: Iterable[Callable[[], T]]) -> list[T]:
    """The results of calls made at the same time, each in a thread of its own."""
    calls = list(calls)
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls), OWN_THREADS) as pool:
        return list(pool.map(run, calls))
