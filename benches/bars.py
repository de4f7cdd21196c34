"""Measures frameworkhub against its bars, and prints what was met.

    python benches/bars.py [--only ROW,...] [--quick] [--json FILE] [--overhead FILE...]

It wants what benches/requirements.txt lists; `python -m nox -s bars` makes that environment.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import attrs
import rows_bare
import rows_core
import rows_hosts
import rows_process
import table
from measuring import QUICK, Effort
from table import Bar, Row

Measuring = Callable[[Effort], Row]


class Entry(NamedTuple):
    """A row of the table."""

    title: str
    measure: Measuring


ROWS = {
    "wsgi": Entry("Bare WSGI: GET with an int parameter, text answer", rows_bare.bare_wsgi),
    "asgi": Entry("Bare ASGI: the same", rows_bare.bare_asgi),
    "layers-wsgi": Entry(
        "WSGI: 3 middlewares, exception handler, JSON in and out", rows_bare.layers_wsgi
    ),
    "layers-asgi": Entry("ASGI: the same", rows_bare.layers_asgi),
    "native": Entry("Native style over the framework's own app", rows_hosts.native),
    "cross-web": Entry("GET with parameter, query and header, in process", rows_hosts.cross_web),
    "beside": Entry("Beside style over the bare core, same server", rows_hosts.beside),
    "routes": Entry("10,000 routes over 10", rows_core.routes),
    "await": Entry("Async handler on WSGI, one real await", rows_core.await_on_wsgi),
    "hop": Entry("Sync handler on ASGI", rows_core.hop_on_asgi),
    "import": Entry("Start of a process", rows_process.imports),
    "memory": Entry("Growth of the server's memory, streaming", rows_process.memory),
}


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    if unknown := [name for name in chosen.only if name not in ROWS]:
        print(f"no row {unknown[0]!r}; there are: {', '.join(ROWS)}", file=sys.stderr)
        return 2
    effort = attrs.evolve(
        QUICK if chosen.quick else Effort(), overhead=tuple(chain(*chosen.overhead))
    )
    print("\n".join(machine()), flush=True)
    start = perf_counter()
    found = {name: measured(name, effort) for name in chosen.only or ROWS}
    print(f"\n{perf_counter() - start:.0f} s in all")
    print("\n".join(table.summary(bars_of(found))))
    if chosen.json:
        before = earlier(chosen.json) if chosen.only else []
        chosen.json.write_text(json.dumps(report(found, before), indent=1) + "\n", "utf-8")
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Measures frameworkhub against its bars.")
    made.add_argument("--only", type=names, default=[], metavar="ROW,...", help=", ".join(ROWS))
    made.add_argument("--quick", action="store_true", help="few rounds: wide intervals")
    made.add_argument(
        "--json", type=Path, metavar="FILE", help="also as JSON; with --only, its other rows stay"
    )
    made.add_argument(
        "--overhead",
        type=overhead,
        nargs="+",
        default=[],
        metavar="FILE",
        help="what `frameworkhub bench --overhead --json` wrote",
    )
    return made


def overhead(path: str) -> list[Mapping[str, Any]]:
    """The rows of a file that `bench --overhead --json` wrote."""
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {error}") from None
    if not isinstance(found, dict) or found.get("bench") != "overhead":
        raise argparse.ArgumentTypeError(f"{path} is not from `frameworkhub bench --overhead`")
    return [{**row, "date": found["date"]} for row in found["rows"]]


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def measured(name: str, effort: Effort) -> Row:
    try:
        row = ROWS[name].measure(effort)
    except Exception as error:  # the other rows are measured all the same
        why = f"{type(error).__name__}: {error}"
        row = [Bar("it failed", None, 1, missing=why)]
    print("\n".join(["", *table.lines(f"{ROWS[name].title} ({name})", row)]), flush=True)
    return row


def bars_of(found: dict[str, Row]) -> list[Bar]:
    """Every bar, named by its row as well."""
    return [
        attrs.evolve(entry, what=f"{name}: {entry.what}")
        for name, row in found.items()
        for entry in row
        if isinstance(entry, Bar)
    ]


def machine() -> list[str]:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [f"{processor()}, {os.cpu_count()} cores, {platform.system()}, {python}", peers()]


def processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    return text.partition("model name")[2].partition("\n")[0].strip("\t: ")


def peers() -> str:
    wanted = ("falcon", "blacksheep", "starlette", "asgiref", "bottle", "cross-web")
    return ", ".join(f"{name} {installed(name)}" for name in wanted)


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"


def earlier(path: Path) -> list[Any]:
    """The rows that a file has already."""
    rows: list[Any] = json.loads(path.read_text("utf-8"))["rows"] if path.is_file() else []
    return rows


def report(found: dict[str, Row], before: Sequence[Any] = ()) -> dict[str, Any]:
    now = [table.record(name, ROWS[name].title, row) for name, row in found.items()]
    rows = table.merged(before, now)
    verdicts = [bar["verdict"] for row in rows for bar in row["bars"]]
    return {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "rows": rows,
        "met": verdicts.count("pass"),
        "of": len(verdicts),
    }


if __name__ == "__main__":
    sys.exit(main())
