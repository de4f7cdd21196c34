"""Rows about the hub on frameworks: over their native apps, over cross-web, and beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

import cross
import measuring
import rows_bare
import served
from measuring import Effort, Wrong
from serving import Served
from table import Bar, Fact, Row, figure, micros

from frameworkhub.bench.aioload import AsyncioLoad
from frameworkhub.bench.cpus import apart
from frameworkhub.bench.measuring import Asked, Plan
from frameworkhub.bench.rounds import Measure, Ratio, Sample, interleave, ratio

NATIVE = 1.05
CALLABLES = 2
"""So many hand-written callables more, timed in the same rounds, are as good as NATIVE."""

# Native style over the frameworks' own apps: what `bench --overhead` has measured.


def native(effort: Effort) -> Row:
    if not effort.overhead:
        why = "give --overhead FILE...; python -m nox -s bench makes them"
        whats = ("every adapter and request, over sockets", "the same in process")
        return [Bar(what, None, NATIVE, missing=why) for what in whats]
    return [native_bar(row) for row in effort.overhead]


def native_bar(row: Mapping[str, Any]) -> Bar:
    what = f"{row['host']}, {row['where'].split()[-1]}, {row['request']}"
    times = Bar(what, Ratio(**row["ratio"]), NATIVE)
    if row["by_hand"] is None or times.verdict == "pass":
        return times
    limit = round(CALLABLES * row["by_hand"]["median"] * 1e6, 2)
    extra = Bar(f"{what}, more", scaled(Ratio(**row["extra"]), 1e6), limit, unit=" us")
    return min(extra, times, key=lambda bar: ("pass", "unclear", "short").index(bar.verdict))


def scaled(found: Ratio, by: float) -> Ratio:
    return Ratio(found.value * by, found.low * by, found.high * by)


# cross-web.


def cross_web(effort: Effort) -> Row:
    row: Row = []
    for name, make in cross.SUPPORTED.items():
        seen = measuring.samples(effort, make)
        row.append(Bar(f"{name}: hub over cross-web", ratio(seen["hub"], seen["cross-web"]), 1))
        row.append(Fact(f"over native: {over_native(seen)}"))
        row.append(micros(seen))
    row.append(
        Fact(
            "cross-web is on aiohttp, Chalice, Litestar, Quart and Sanic too: the first is no "
            "WSGI and no ASGI application, the hub is not on the others"
        )
    )
    return row


def over_native(seen: Mapping[str, Sample]) -> str:
    found = {name: ratio(seen[name], seen["native"]) for name in ("hub", "cross-web")}
    return "; ".join(
        f"{name} {figure(r.value)} [{figure(r.low)}..{figure(r.high)}]" for name, r in found.items()
    )


# Beside style.

BESIDE = {
    "wsgi": ("falcon", "flask", "django", "bottle"),
    "asgi": ("starlette", "fastapi"),
}
SECONDS, ROUNDS = 0.25, 12
"""Of each burst; many short ones lie nearer to each other. wrk knows whole seconds only."""


def beside(effort: Effort) -> Row:
    row: Row = []
    for interface, names in BESIDE.items():
        seen = asked(interface, names, effort.processes)
        base = seen["bare"]
        row += [Bar(f"{name}, over sockets", ratio(seen[name], base), 1.1) for name in names]
        row.append(micros(seen, "us a request of the server's CPU time"))
        row.extend(in_process(effort, interface, names))
    return row


def asked(interface: str, names: tuple[str, ...], generations: int) -> dict[str, Sample]:
    whats = {"bare": f"bare:{interface}"} | {name: f"beside:{name}" for name in names}
    runs = [generation(interface, whats) for _ in range(generations)]
    return {name: Sample(sum((run[name].values for run in runs), ())) for name in whats}


def generation(interface: str, whats: Mapping[str, str]) -> dict[str, Sample]:
    """Every subject served at once, each by a server of its own, and asked by turns."""
    load, plan = AsyncioLoad(), Plan(ROUNDS, SECONDS, _nothing, _nothing)
    with apart() as cpus, ExitStack() as stack:
        servers = {n: stack.enter_context(Served(w, interface, cpus)) for n, w in whats.items()}
        subjects = {
            name: Asked(name, server, rows_bare.ITEM.request, load, plan)  # type: ignore[arg-type]
            for name, server in servers.items()
        }
        for name, one in subjects.items():
            answers(name, servers[name])
            one.warm()
        return interleave(subjects, ROUNDS)


def _nothing(*_: Any) -> None:
    """The answers are looked at by `answers`; nobody waits for a sign."""


def answers(name: str, server: Served) -> None:
    """Raises Wrong unless it answers as the others do."""
    connection = HTTPConnection(*server.address, timeout=10)
    connection.request("GET", rows_bare.ITEM.request.target)
    answer = connection.getresponse()
    connection.close()
    if answer.status != 200:
        raise Wrong(f"{name}, beside style, answers {answer.status}")


def in_process(effort: Effort, interface: str, names: tuple[str, ...]) -> Iterator[Fact]:
    seen = [measuring.samples(effort, beside_calls, interface, name) for name in names]
    times = (
        f"{name} {figure(ratio(one['beside'], one['bare']).value)}"
        for name, one in zip(names, seen, strict=True)
    )
    yield Fact(f"in process, over bare: {'; '.join(times)}")


def beside_calls(interface: str, name: str) -> dict[str, Measure]:
    apps = {"bare": served.made(f"bare:{interface}"), "beside": served.beside(name)}
    drive = measuring.wsgi if interface == "wsgi" else measuring.asgi
    return drive(apps, rows_bare.ITEM)
