"""Gathers measurements in docs/speed.md: `python benches/page.py FOLDER`.

FOLDER has what `frameworkhub bench --overhead --json` wrote, one file for each framework, and may
have what `benches/bars.py --json` wrote, as `../bars.json`. Only what stands between the page's
markers is replaced.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
START = f"""# Speed

How to measure by yourself, and how to read the numbers: [bench](bench.md).

{BEGIN}
{END}
"""

Data = dict[str, Any]


def main(folder: Path) -> int:
    runs = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    runs = [run for run in runs if run.get("bench") == "overhead"]
    if not runs:
        print(f"{folder} has no measurements; `python -m nox -s bench` makes them", file=sys.stderr)
        return 2
    bars = folder.parent / "bars.json"
    parts = [*about(runs), *overhead(runs)]
    if bars.is_file():
        parts += bar_lines(json.loads(bars.read_text("utf-8")))
    text = PAGE.read_text("utf-8") if PAGE.is_file() else START
    PAGE.write_text(replaced(text, "\n".join(parts)), "utf-8")
    print(f"{PAGE.name}: {len(runs)} frameworks")
    return 0


def replaced(page: str, measured: str) -> str:
    """The page with new text between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{PAGE.name} has lost its markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{measured.strip()}\n\n{END}{after}"


def about(runs: list[Data]) -> Iterator[str]:
    """The command, the machine, the date and the versions."""
    first = runs[0]
    machine, load, rounds = first["machine"], first["load"], first["rounds"]
    dates = sorted({run["date"].partition(" ")[0] for run in runs})
    yield "## On which machine"
    yield ""
    yield "* Command: `python -m nox -s bench`, a `frameworkhub bench --overhead` for each"
    yield f"* Date: {' to '.join(dict.fromkeys((dates[0], dates[-1])))}"
    yield f"* Machine: {machine['cpu']}, {machine['cores']} cores, {machine['system']}"
    yield f"* Python: {machine['python']}"
    yield f"* Rounds: {rounds['in process']} in process, {rounds['over sockets']} over sockets"
    if load:
        yield f"* Load: {load['maker']}, {load['connections']} connections, {load['seconds']:g} s"
    versions = {name: number for run in runs for name, number in run["versions"].items()}
    yield f"* Versions: {', '.join(f'{name} {versions[name]}' for name in sorted(versions))}"
    yield ""


def overhead(runs: list[Data]) -> Iterator[str]:
    """A table for each way to measure: hosts down, requests across."""
    rows = [row for run in runs for row in run["rows"]]
    for where in ("over sockets", "in process"):
        chosen = [row for row in rows if row["where"] == where]
        if chosen:
            yield from table(where, chosen)
    for note in (note for run in runs for note in run["notes"]):
        yield f"* {note}"
    yield ""


def table(where: str, rows: list[Data]) -> Iterator[str]:
    requests = list(dict.fromkeys(row["request"] for row in rows))
    what = "server CPU time" if where == "over sockets" else "time"
    yield f"## The hub over native, {where}"
    yield ""
    yield f"How many times the {what} per request of the framework alone (95 % interval);"
    yield "below it the framework alone, and what the hub adds."
    yield ""
    yield f"| host | {' | '.join(requests)} |"
    yield "|---|" + "---|" * len(requests)
    for host, found in groupby(rows, name):
        cells = {row["request"]: cell(row) for row in found}
        yield f"| {host} | {' | '.join(cells.get(each, '') for each in requests)} |"
    yield ""


def name(row: Data) -> str:
    return f"{row['host']} on {row['server']}" if row["server"] else row["host"]


def cell(row: Data) -> str:
    ratio, extra = row["ratio"], row["extra"]["value"] * 1e6
    native = row["base"]["median"] * 1e6
    bounds = f"{ratio['low']:.2f} to {ratio['high']:.2f}"
    return f"**{ratio['value']:.2f}** ({bounds})<br>{native:.1f} {extra:+.1f} us"


def bar_lines(report: Data) -> Iterator[str]:
    """What `bars.py` found, one line for each bar."""
    yield "## The bars"
    yield ""
    yield f"{report['date']}, {report['machine'][0]}; {report['machine'][1]}"
    yield ""
    yield "| | measured | bar | |"
    yield "|---|---|---|---|"
    for row in report["rows"]:
        for bar in row["bars"]:
            yield bar_line(row["title"], bar)
    yield ""
    yield f"bars met: {report['met']} of {report['of']}"


def bar_line(title: str, bar: Data) -> str:
    seen = bar["measured"]
    measured = "-"
    if seen:
        bounds = f"({seen['low']:.2f} to {seen['high']:.2f})"
        measured = f"{seen['value']:.2f}{bar['unit']} {bounds}"
    limit = f"{bar['sense']} {bar['bar']:g}{bar['unit']}".replace("<", "&lt;")
    cells = (f"{title}: {bar['what']}", measured, limit, bar["verdict"])
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
