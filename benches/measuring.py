"""Measures subjects by turns, in several fresh processes, as memory lies differently in each."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

import attrs

from frameworkhub.bench.drivers import ASGIDriver, WSGIDriver, measure
from frameworkhub.bench.rounds import Measure, Sample, interleave
from frameworkhub.check.requests import Request

T = TypeVar("T")
App = Any  # a WSGI or an ASGI application
Factory = Callable[[], App]
Apps = Mapping[str, App]
RUNNER = asyncio.Runner()
BATCH = 0.01
"""Seconds of a measurement: many short ones lie nearer to each other than few long ones."""


class Wrong(Exception):
    """A subject does not do what it is measured for."""


@attrs.frozen
class Effort:
    """How much is measured: so many rounds in each of so many processes.

    Attributes:
        overhead: the rows that `bench --overhead` wrote.
    """

    rounds: int = 25
    processes: int = 3
    overhead: tuple[Mapping[str, Any], ...] = ()


QUICK = Effort(rounds=8, processes=1)


@attrs.frozen
class Question:
    """A request, and the answer that every subject must give before it is measured."""

    request: Request
    body: bytes = b""
    json: Any = None
    miss: Request | None = None  # answered with 400 to 499

    def check(self, name: str, driver: Callable[[Request], Any]) -> None:
        answer = driver(self.request).answer()
        right = json.loads(answer.body) == self.json if self.json else answer.body == self.body
        if answer.status != 200 or not right:
            raise Wrong(f"{name} answers {self.request} wrongly: {answer}")
        if self.miss and not 400 <= driver(self.miss).answer().status < 500:
            raise Wrong(f"{name} does not refuse {self.miss}")


def wsgi(apps: Apps, question: Question) -> dict[str, Measure]:
    def subject(name: str, app: Any) -> Measure:
        question.check(name, lambda request: WSGIDriver(app, request))
        return measure(WSGIDriver(app, question.request), BATCH)

    return {name: subject(name, app) for name, app in apps.items()}


def asgi(apps: Apps, question: Question) -> dict[str, Measure]:
    def subject(name: str, app: Any) -> Measure:
        RUNNER.run(started(app))
        question.check(name, lambda request: ASGIDriver(app, request, RUNNER))
        return measure(ASGIDriver(app, question.request, RUNNER), BATCH)

    return {name: subject(name, app) for name, app in apps.items()}


async def started(app: Any) -> None:
    """The application's lifespan, up to the end of its start; it stays there."""
    done = asyncio.Event()
    messages = [{"type": "lifespan.startup"}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if message["type"] == "lifespan.startup.failed":
            raise Wrong(f"an application did not start: {message}")
        done.set()

    lifespan = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(app(lifespan, receive, send))
    KEPT.append(task)
    waiting = asyncio.ensure_future(done.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.exception()  # an application without a lifespan raises, as the specification lets it


async def stopped() -> None:
    """Ends what `started` left."""
    for task in KEPT:
        task.cancel()
    await asyncio.gather(*KEPT, return_exceptions=True)


KEPT: list[asyncio.Future[None]] = []


def apart(function: Callable[..., T], *arguments: Any) -> T:
    """The function's result from a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result()


def samples(
    effort: Effort, make: Callable[..., dict[str, Measure]], *arguments: Any
) -> dict[str, Sample]:
    """All rounds of all processes, of the subjects that `make` makes in each."""
    runs = [apart(_run, effort.rounds, make, arguments) for _ in range(effort.processes)]
    return {name: Sample(sum((run[name] for run in runs), ())) for name in runs[0]}


def _run(
    rounds: int, make: Callable[..., dict[str, Measure]], arguments: tuple[Any, ...]
) -> dict[str, tuple[float, ...]]:
    found = interleave(make(*arguments), rounds)
    RUNNER.run(stopped())
    return {name: sample.values for name, sample in found.items()}
