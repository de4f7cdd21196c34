"""What `bench` tells: rows of measurements, as a table and as data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Literal

import attrs

from ..listing import table
from .measuring import Measured
from .rounds import Ratio, Sample, difference, ratio

Where = Literal["in process", "over sockets"]
SAME = 0.02
"""A ratio so near to 1 is as fast."""
WIDE = 0.10
"""An interval around 1 that is wider tells nothing."""
FEW = 4
"""In fewer rounds one may be ahead in all of them by chance."""


@attrs.frozen
class Row:
    """One subject with one request, over another one.

    Attributes:
        server: by which both were served; None in process.
        base_name: what `base` is: "native", or the fastest host.
        by_hand: a callable written by hand, in the same rounds; None over sockets.
    """

    host: str
    where: Where
    request: str
    server: str | None
    subject: Measured
    base: Measured
    base_name: str = "native"
    by_hand: Measured | None = None

    @property
    def ratio(self) -> Ratio:
        return ratio(self.subject.seconds, self.base.seconds)

    @property
    def extra(self) -> Ratio:
        """How many seconds longer."""
        return difference(self.subject.seconds, self.base.seconds)

    @property
    def verdict(self) -> str:
        return verdict(self.ratio, len(self.subject.seconds.values))

    def data(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "where": self.where,
            "server": self.server,
            "request": self.request,
            "subject": measured_data(self.subject),
            "base": {"name": self.base_name, **measured_data(self.base)},
            "ratio": attrs.asdict(self.ratio),
            "extra": attrs.asdict(self.extra),
            "by_hand": self.by_hand and measured_data(self.by_hand),
            "verdict": self.verdict,
        }


def verdict(ratio: Ratio, rounds: int) -> str:
    """In words; noise is said to be noise."""
    if rounds < FEW:
        return "too few rounds"
    if ratio.low >= 1 - SAME and ratio.high <= 1 + SAME:
        return "as fast"
    if ratio.low > 1:
        return "slower"
    if ratio.high < 1:
        return "faster"
    return "as fast" if ratio.high - ratio.low <= WIDE else "can't tell: noise"


def measured_data(measured: Measured) -> dict[str, Any]:
    seconds = sample_data(measured.seconds)
    return seconds | ({"wall": sample_data(measured.wall)} if measured.wall else {})


def sample_data(sample: Sample) -> dict[str, Any]:
    return {
        "median": sample.median,
        "low": sample.low,
        "high": sample.high,
        "values": list(sample.values),
    }


@attrs.frozen
class Report:
    """A whole run.

    Attributes:
        kind: "overhead" or "app".
        about: how, where, when and with what it was measured; see docs/bench.md.
        notes: what could not be measured, and why.
    """

    kind: Literal["overhead", "app"]
    title: str
    about: dict[str, Any]
    rows: list[Row]
    notes: list[str]

    def data(self) -> dict[str, Any]:
        rows = [row.data() for row in self.rows]
        return {"bench": self.kind, **self.about, "rows": rows, "notes": self.notes}

    def text(self) -> str:
        lines = [self.title, *about_lines(self.about)]
        for heading, columns, rows in self._tables():
            lines += ["", heading, table(rows, columns)]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join([*lines, "", *summary(self.rows)])

    def _tables(self) -> Iterator[tuple[str, tuple[str, ...], list[dict[str, Any]]]]:
        overhead = self.kind == "overhead"
        group, cells = (by_host, overhead_row) if overhead else (by_request, app_row)
        for heading, rows in groupby(self.rows, group):
            shown = [cells(row) for row in rows]
            yield heading, tuple(shown[0]), shown


def by_host(row: Row) -> str:
    return f"{row.host}, {placed(row)}"


def by_request(row: Row) -> str:
    return f"{row.request}, {row.where}: {measure_name(row)} per request"


def placed(row: Row) -> str:
    on = f" on {row.server}" if row.server else ""
    return f"{row.where}{on}: {measure_name(row)} per request"


def measure_name(row: Row) -> str:
    wall = row.subject.wall
    return "server CPU time" if wall and wall is not row.subject.seconds else "time"


def overhead_row(row: Row) -> dict[str, Any]:
    by_hand = {"by hand": micros(row.by_hand.seconds.median)} if row.by_hand else {}
    return {
        "request": row.request,
        "native": micros(row.base.seconds.median),
        "hub": micros(row.subject.seconds.median),
        "ratio": f"{row.ratio.value:5.3f}",
        "95 % interval": f"{row.ratio.low:5.3f} to {row.ratio.high:5.3f}",
        "extra": micros(row.extra.value),
        **by_hand,
        "so it is": row.verdict,
    }


def app_row(row: Row) -> dict[str, Any]:
    seconds = row.subject.seconds
    fastest = row.host == row.base_name
    cells = {
        "host": row.host,
        "server": row.server or "-",
        "median": micros(seconds.median),
        "quartiles": f"{seconds.low * 1e6:.1f} to {seconds.high * 1e6:.1f}",
        "ratio": f"{row.ratio.value:5.2f}",
        "95 % interval": "" if fastest else f"{row.ratio.low:5.2f} to {row.ratio.high:5.2f}",
        "so it is": "the fastest" if fastest else row.verdict,
    }
    return cells


def micros(seconds: float) -> str:
    return f"{seconds * 1e6:8.1f} us"


def about_lines(about: dict[str, Any]) -> list[str]:
    machine = about["machine"]
    return [
        f"{about['date']}; {how(about)}",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, {machine['python']}",
    ]


def how(about: dict[str, Any]) -> str:
    load, rounds = about["load"], about["rounds"]
    said = f"{rounds['in process']} rounds in process"
    if load is None:
        return said
    return (
        f"{said}, {rounds['over sockets']} over sockets by {load['maker']} "
        f"({load['connections']} connections, {load['seconds']:g} s each)"
    )


def summary(rows: list[Row]) -> list[str]:
    """One line: how many rows there are of each verdict."""
    said = [row.verdict for row in rows if row.host != row.base_name]
    counts = [f"{said.count(word)} {word}" for word in dict.fromkeys(said)]
    return [f"bench: {', '.join(counts)}"] if counts else []
