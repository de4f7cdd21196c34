"""What was measured of an adapter: `measured/<kind>/<name>.json`, written by `frameworkhub record`.

These files are kept apart from the entries, which hold what is told of a system, and no one edits
them by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import attrs

from ..errors import HubError


@attrs.frozen
class Count:
    """How many tests of a rule ended how; a gap is declared in the adapter's manifest."""

    passed: int
    gaps: int
    failed: int


@attrs.frozen
class Conformance:
    """One run of the conformance suite.

    Attributes:
        date: when.
        python: the interpreter, such as "CPython 3.11.7".
        versions: of what, by distribution.
        hosts: every variant that was tested, with its transport, such as "bare:wsgi-inprocess".
        rules: by number of the rule (docs/semantics.md), then by interface; nothing where no test
            of the rule could be asked there.
    """

    date: date
    python: str
    versions: Mapping[str, str]
    hosts: tuple[str, ...]
    rules: Mapping[str, Mapping[str, Count]]

    @property
    def total(self) -> Count:
        """All tests together."""
        counts = [count for each in self.rules.values() for count in each.values()]
        return Count(
            sum(c.passed for c in counts),
            sum(c.gaps for c in counts),
            sum(c.failed for c in counts),
        )

    def holds(self, rule: str, interface: str | None = None) -> bool | None:
        """Whether a rule was kept without a gap; None if it was not tested there."""
        counts = self.rules.get(rule, {})
        chosen = [counts[i] for i in counts if interface in (None, i)]
        if not chosen:
            return None
        return not any(count.gaps or count.failed for count in chosen)


@attrs.frozen
class Cost:
    """Hub over native for one kind of request, with its 95 % interval.

    Attributes:
        host: the variant, such as "bare:wsgi".
        where: "in process" or "over sockets" (then `server` names it).
        verdict: in words, such as "faster" or "can't tell: noise".
    """

    host: str
    where: str
    server: str | None
    request: str
    ratio: float
    low: float
    high: float
    verdict: str


@attrs.frozen
class Overhead:
    """One run of `frameworkhub bench --overhead`."""

    date: date
    command: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    costs: tuple[Cost, ...]


@attrs.frozen
class Measured:
    """All that was measured of one adapter.

    Attributes:
        adapter: its distribution.
        interfaces: those that it carries; `websocket`: those of them that carry WebSockets.
        adds: features that are the adapter's work, which the system itself does not have; declared
            in its manifest, as `adds = ["websocket"]` under `[tool.frameworkhub]`.
        workers: as a server it runs several worker processes.
    """

    kind: str
    name: str
    adapter: str
    interfaces: tuple[str, ...]
    websocket: tuple[str, ...]
    adds: tuple[str, ...]
    conformance: Conformance | None = None
    overhead: Overhead | None = None
    workers: bool = False


def from_json(text: str) -> Measured:
    """What `frameworkhub record` wrote.

    Raises:
        HubError: it is not of that form.
    """
    try:
        data = json.loads(text)
        return Measured(
            kind=data["kind"],
            name=data["name"],
            adapter=data["adapter"],
            interfaces=tuple(data["interfaces"]),
            websocket=tuple(data["websocket"]),
            adds=tuple(data["adds"]),
            workers=data.get("workers", False),
            conformance=_conformance(data.get("conformance")),
            overhead=_overhead(data.get("overhead")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HubError(f"no record of measurements: {type(error).__name__}: {error}") from error


def _conformance(data: dict[str, Any] | None) -> Conformance | None:
    if data is None:
        return None
    rules = {
        rule: {interface: Count(*count) for interface, count in counts.items()}
        for rule, counts in data["rules"].items()
    }
    return Conformance(
        date.fromisoformat(data["date"]),
        data["python"],
        data["versions"],
        tuple(data["hosts"]),
        rules,
    )


def _overhead(data: dict[str, Any] | None) -> Overhead | None:
    if data is None:
        return None
    costs = tuple(Cost(**cost) for cost in data["costs"])
    return Overhead(
        date.fromisoformat(data["date"]), data["command"], data["machine"], data["versions"], costs
    )


def to_json(measured: Measured) -> str:
    """What `from_json` reads, in lines that show what changed: one for each rule and each cost."""
    data = attrs.asdict(measured, value_serializer=_plain)
    if measured.conformance is not None:
        data["conformance"]["rules"] = {
            rule: {interface: attrs.astuple(count) for interface, count in counts.items()}
            for rule, counts in measured.conformance.rules.items()
        }
    return _lines(data) + "\n"


def _plain(_: Any, __: Any, value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _lines(value: Any, depth: int = 0) -> str:
    """JSON; what is short, or deep inside, stands on one line."""
    short = json.dumps(value, ensure_ascii=False)
    if depth == 3 or len(short) <= 80 or not isinstance(value, dict | list | tuple):
        return short
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {_lines(each, depth + 1)}" for key, each in value.items()]
    else:
        parts = [_lines(each, depth + 1) for each in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    inner = " " * (depth + 1)
    return f"{begin}\n{inner}" + f",\n{inner}".join(parts) + f"\n{' ' * depth}{end}"


def tests(records: Iterable[Measured]) -> Count | None:
    """All tests of several adapters together; None where none was tested."""
    totals = [each.conformance.total for each in records if each.conformance]
    if not totals:
        return None
    return Count(*(sum(column) for column in zip(*map(attrs.astuple, totals), strict=True)))


def typical_overhead(records: Iterable[Measured], where: str = "in process") -> float | None:
    """The median of hub over native for all kinds of request; None where none was measured."""
    from statistics import median

    costs = [cost for each in records if each.overhead for cost in each.overhead.costs]
    ratios = [cost.ratio for cost in costs if cost.where == where]
    return median(ratios) if ratios else None


def of_system(key: str) -> tuple[Measured, ...]:
    """The records of a system's adapters, frameworks before servers; empty where none is known."""
    from . import store

    return store.measured(key)
