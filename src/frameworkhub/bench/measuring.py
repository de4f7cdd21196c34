"""Measures named subjects with named requests by turns: in process, and over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import attrs

from ..check.hosts import HostFailed, ask
from ..check.requests import Request
from ..errors import HubError
from ..lifecycle import Held
from ..servers import Target
from .aioload import AsyncioLoad
from .cpus import Cpus, apart
from .drivers import Answer, ASGIDriver, Driver, WSGIDriver, measure
from .load import Load
from .processes import ServerProcess
from .rounds import Sample, interleave, orders
from .subjects import Subject, pick_server

GENERATIONS = 12
"""Over sockets every subject is started so many times: processes have luck, with memory, say."""
WARM = 0.2
"""Seconds for which a server is asked, at most, before it is measured."""
LEAST = 60
"""Requests in one burst: some are begun and not ended. `LONGEST`: seconds for that at most."""
LONGEST = 2.0

Requests = Mapping[str, Request]
Check = Callable[[str, Mapping[str, Answer]], None]
"""Called with a request's name and what each subject answered; raises HubError where wrong."""


@attrs.frozen
class Measured:
    """What one subject took for one request.

    Attributes:
        seconds: the measure: time in process; over sockets the server's CPU time, where the system
            tells it, else `wall`.
        wall: over sockets: time per request under full load; None in process.
    """

    seconds: Sample
    wall: Sample | None = None

    def __add__(self, other: Measured) -> Measured:
        wall = _joined(self.wall, other.wall) if self.wall and other.wall else None
        return Measured(_joined(self.seconds, other.seconds), wall)


def _joined(one: Sample, other: Sample) -> Sample:
    return Sample((*one.values, *other.values))


@attrs.frozen
class Plan:
    """How to measure.

    Attributes:
        rounds: how many times each subject is measured with each request.
        seconds: how long a server is asked each time.
        check: sees the answers before they are timed.
        tick: called after each measurement.
    """

    rounds: int
    seconds: float
    check: Check
    tick: Callable[[], None]


Found = dict[str, dict[str, Measured]]
"""By request and subject."""


# In process.


def in_process(
    targets: Mapping[str, Target],
    requests: Requests,
    plan: Plan,
    yardsticks: Mapping[str, tuple[Target, Request]] | None = None,
) -> Found:
    """Calls each target; only those of the interfaces `wsgi` and `asgi`.

    Args:
        yardsticks: what is called in the same rounds, each with a request of its own.
    """
    with asyncio.Runner() as runner, ExitStack() as started:
        for target in targets.values():
            started.enter_context(_started(target, runner))
        return {
            label: _in_turns(targets, label, request, runner, plan, yardsticks or {})
            for label, request in requests.items()
        }


def _in_turns(
    targets: Mapping[str, Target],
    label: str,
    request: Request,
    runner: asyncio.Runner,
    plan: Plan,
    yardsticks: Mapping[str, tuple[Target, Request]],
) -> dict[str, Measured]:
    drivers = {name: driver(target, request, runner) for name, target in targets.items()}
    plan.check(label, {name: _answer(name, label, one) for name, one in drivers.items()})
    drivers |= {name: driver(*one, runner) for name, one in yardsticks.items()}
    subjects = {name: measure(one) for name, one in drivers.items()}
    found = interleave(subjects, plan.rounds, plan.tick)
    return {name: Measured(sample) for name, sample in found.items()}


def _answer(name: str, label: str, driver: Driver) -> Answer:
    try:
        return driver.answer()
    except Exception as error:
        raise HubError(f"{name} in process, {label}: {type(error).__name__}: {error}") from error


def driver(target: Target, request: Request, runner: asyncio.Runner) -> Driver:
    if target.protocol == "wsgi":
        return WSGIDriver(target.native, request)
    return ASGIDriver(target.native, request, runner)


@contextmanager
def _started(target: Target, runner: asyncio.Runner) -> Iterator[None]:
    """The app's start and stop, as a server would have them."""
    if target.protocol == "wsgi":
        target.startup()
        yield
        target.shutdown()
        return
    from ..client import _lifespan

    held = runner.run(Held(_lifespan(target.native)).begin())
    yield
    runner.run(held.end())


# Over sockets.


def over_sockets(
    subjects: Mapping[str, Subject],
    requests: Requests,
    plan: Plan,
    load: Load,
) -> Found:
    """Serves each subject in a process of its own, all at once, and asks them by turns.

    Whatever it is worth to be started first, each is it in its turn.
    """
    found: Found = {}
    generations = parts(plan.rounds)
    for rounds, order in zip(generations, orders(list(subjects), len(generations)), strict=True):
        with apart() as cpus, ExitStack() as stack:
            servers = {name: _serve(stack, subjects[name], cpus) for name in order}
            for label, request in requests.items():
                plan.check(label, {n: _reply(n, label, s, request) for n, s in servers.items()})
                asked = {n: Asked(n, s, request, load, plan) for n, s in servers.items()}
                _ask_in_turns(asked, rounds, plan)
                _gather(found.setdefault(label, {}), asked)
    return found


def _gather(before: dict[str, Measured], asked: Mapping[str, Asked]) -> None:
    for name, one in asked.items():
        measured = one.measured()
        before[name] = before[name] + measured if name in before else measured


def parts(rounds: int) -> list[int]:
    """The rounds of each generation."""
    generations = min(GENERATIONS, rounds)
    return [(rounds + i) // generations for i in range(generations)]


def _serve(stack: ExitStack, subject: Subject, cpus: Cpus) -> ServerProcess:
    process = ServerProcess(subject, pick_server(subject), cpus)
    try:
        return stack.enter_context(process)
    except HostFailed as error:
        raise HubError(f"{subject}: {error}") from None


def _reply(name: str, label: str, server: ServerProcess, request: Request) -> Answer:
    reply = ask(server.address, request, None)
    if reply.end != "complete":
        raise HubError(f"{name} over sockets, {label}: {reply.reason}, an answer without an end")
    kind = next((v for k, v in reply.headers if k.lower() == "content-type"), "")
    return Answer(reply.status, kind, reply.body)


def _ask_in_turns(asked: Mapping[str, Asked], rounds: int, plan: Plan) -> None:
    for one in asked.values():
        one.warm()
    interleave(asked, rounds, plan.tick)


class Asked:
    """One server under load with one request."""

    def __init__(
        self, name: str, server: ServerProcess, request: Request, load: Load, plan: Plan
    ) -> None:
        self.name = name
        self.server = server
        self.request = request
        self.load = load
        self.seconds = plan.seconds
        self.walls: list[float] = []
        self.cpus: list[float] = []

    def warm(self) -> None:
        """A first burst; where answers are slow, those that count are made longer."""
        wall, _ = self._burst(AsyncioLoad(), min(WARM, self.seconds))
        self.seconds = max(self.seconds, min(LEAST * wall, LONGEST))

    def __call__(self) -> float:
        """Seconds per request."""
        wall, cpu = self._burst(self.load, self.seconds)
        self.walls.append(wall)
        if cpu is not None:
            self.cpus.append(cpu)
        return wall if cpu is None else cpu

    def _burst(self, load: Load, seconds: float) -> tuple[float, float | None]:
        before = self.server.cpu()
        try:
            burst = load.burst(self.server.address, self.request, seconds)
        except HubError as error:
            raise HubError(f"{self.name}: {error}") from None
        after = self.server.cpu()
        wall = burst.seconds / burst.requests
        if before is None or after is None:
            return wall, None
        return wall, (after - before) / burst.requests

    def measured(self) -> Measured:
        wall = Sample(tuple(self.walls))
        return Measured(Sample(tuple(self.cpus)) if self.cpus else wall, wall)
