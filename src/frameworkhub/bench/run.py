"""One run of `bench`: its options, and what all of its measurements share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

import attrs

from ..check.hosts import all_hosts, named_host
from ..errors import HubError
from ..progress import Progress
from ..servers import Target
from .drivers import BATCH
from .load import CONNECTIONS, Load, load_maker
from .machine import machine, versions
from .measuring import WARM, Check, Plan, parts
from .subjects import BARE, CALLED, Subject, pick_server

CALL_ROUNDS = 20
SOCKET_ROUNDS = 60


@attrs.frozen
class Options:
    """What the command line says.

    Attributes:
        on: "a,b:asgi,c" or "all".
        requests_file: the requests, as for `check`; None: made from the app's routes.
        rounds: None: 20 in process, 60 over sockets.
        seconds: of each measurement over sockets.
        in_process, sockets: whether to measure so.
    """

    on: str = "all"
    requests_file: str | None = None
    rounds: int | None = None
    seconds: float = 0.1
    in_process: bool = True
    sockets: bool = True


@attrs.define(slots=False)
class Run:
    """The hosts of a run, its progress, and how it measures."""

    options: Options
    hosts: list[str]
    notes: list[str] = attrs.field(factory=list)
    progress: Progress = attrs.field(factory=lambda: Progress(1.0))

    @cached_property
    def load(self) -> Load:
        return load_maker()

    @property
    def call_rounds(self) -> int:
        return self.options.rounds or CALL_ROUNDS

    @property
    def socket_rounds(self) -> int:
        return self.options.rounds or SOCKET_ROUNDS

    def called(self) -> list[str]:
        """The hosts that are called in process; notes those that can't be."""
        return [host for host in self.hosts if self.calls(host)]

    def calls(self, host: str) -> bool:
        if not self.options.in_process:
            return False
        if Subject(host).interface in CALLED:
            return True
        self.notes.append(f"{host}: no call in process, as it is no WSGI and no ASGI application")
        return False

    def expect(self, subjects: int, requests: int, yardsticks: int = 0) -> None:
        """Tells the progress bar how much there is: `subjects` for each host, and in process
        `yardsticks` besides.
        """
        called = sum(Subject(host).interface in CALLED for host in self.hosts)
        calls = called * self.options.in_process * self.call_rounds * BATCH
        generations = len(parts(self.socket_rounds))
        asked = self.socket_rounds * self.options.seconds + generations * WARM
        sockets = len(self.hosts) * self.options.sockets * asked
        total = calls * (subjects + yardsticks) + sockets * subjects
        self.progress = Progress(total * requests)

    def call_plan(self, check: Check) -> Plan:
        tick = partial(self.progress.advance, BATCH)
        return Plan(self.call_rounds, 0.0, check, tick)

    def socket_plan(self, check: Check) -> Plan:
        generations = len(parts(self.socket_rounds))
        share = generations * WARM / self.socket_rounds
        tick = partial(self.progress.advance, self.options.seconds + share)
        return Plan(self.socket_rounds, self.options.seconds, check, tick)

    def about(self, command: Sequence[str]) -> dict[str, Any]:
        """How, where, when, and with what."""
        subjects = [Subject(host) for host in self.hosts]
        servers = {pick_server(one).name for one in subjects} if self.options.sockets else set()
        return {
            "command": " ".join(["frameworkhub", *command]),
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "machine": machine(),
            "versions": versions({one.name for one in subjects}, servers),
            "rounds": {"in process": self.call_rounds, "over sockets": self.socket_rounds},
            "load": self._load(),
        }

    def _load(self) -> dict[str, Any] | None:
        if not self.options.sockets:
            return None
        seconds = self.options.seconds
        return {"maker": self.load.name, "connections": CONNECTIONS, "seconds": seconds}


def hosts_of(on: str, bare: bool) -> list[str]:
    """The names of the hosts that `on` asks for: a framework's name means all its interfaces.

    Raises:
        HubError: there is no such host, or none at all.
    """
    names = [name for name in map(str.strip, on.split(",")) if name]
    there = [host.name for host in all_hosts()]
    found = there if names == ["all"] else [one for name in names for one in _named(name, there)]
    hosts = [one for one in found if bare or not one.startswith(f"{BARE}:")]
    if not hosts:
        raise HubError("nothing to measure: no framework is installed" if not bare else "no host")
    return list(dict.fromkeys(hosts))


def _named(name: str, there: Iterable[str]) -> list[str]:
    """Raises HubError as `named_host`."""
    found = [host for host in there if name in (host, host.partition(":")[0])]
    return found or [named_host(name).name]


def target_of(subject: Subject) -> Target:
    try:
        return subject.target()
    except (ValueError, ImportError) as error:
        raise HubError(f"{subject}: {error}") from error
