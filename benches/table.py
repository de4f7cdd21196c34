"""The table of bars: what was measured, what it had to be, and what that means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs

from frameworkhub.bench.rounds import Ratio, Sample

WIDTH = 100
Sense = Literal["<=", ">=", "<", ">"]


@attrs.frozen
class Bar:
    """One bar.

    Attributes:
        measured: None where it was not.
        missing: what else there is to say if it is not met; why it was not measured.
    """

    what: str
    measured: Ratio | None
    bar: float
    sense: Sense = "<="
    unit: str = ""
    missing: str = ""

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not run"
        if self.sense in ("<=", "<"):
            return self.measured.within(self.bar)
        return self.measured.beyond(self.bar)

    @property
    def lack(self) -> str:
        """What is missing to meet the bar, in words."""
        if self.measured is None:
            return self.missing
        value, unit = self.measured.value, self.unit
        needed = f"{self.sense} {figure(self.bar)}{unit}, is {figure(value)}{unit}"
        if self.verdict == "unclear":
            return f"wanted {needed}, but the noise reaches over the bar"
        return f"wanted {needed}: {self.missing or self._excess(value)}"

    def _excess(self, value: float) -> str:
        over = value / self.bar if self.sense in ("<=", "<") else self.bar / value
        return f"{over - 1:.1%} too much"


@attrs.frozen
class Fact:
    """For information: a line below the bars of its row."""

    text: str


Row = list[Bar | Fact]


def figure(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def micros(samples: Mapping[str, Sample], head: str = "us a request") -> Fact:
    """The medians and quartiles of all subjects, the fastest first."""
    ranked = sorted(samples.items(), key=lambda item: item[1].median)
    return Fact(f"{head}: " + "; ".join(f"{name} {_micros(sample)}" for name, sample in ranked))


def _micros(sample: Sample) -> str:
    return f"{sample.median * 1e6:.2f} ({sample.low * 1e6:.2f}..{sample.high * 1e6:.2f})"


def lines(title: str, row: Row) -> Iterator[str]:
    yield title
    for entry in row:
        yield from _bar(entry) if isinstance(entry, Bar) else _fact(entry)


def _bar(bar: Bar) -> Iterator[str]:
    seen = bar.measured
    if seen is None:
        measured = "-"
    else:
        value, low, high = (figure(number) for number in (seen.value, seen.low, seen.high))
        measured = f"{value}{bar.unit} [{low}..{high}]"
    limit = f"{bar.sense} {bar.bar:g}{bar.unit}"
    yield f"  {bar.what:<51} {measured:<26} {limit:<10} {bar.verdict}"


def _fact(fact: Fact) -> Iterator[str]:
    yield from textwrap.wrap(
        fact.text, WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False
    )


def summary(bars: Iterable[Bar]) -> Iterator[str]:
    """What each bar that is not met lacks; the last line counts."""
    bars = list(bars)
    unmet = [bar for bar in bars if bar.verdict != "pass"]
    if unmet:
        yield "Not met:"
    for bar in unmet:
        yield from textwrap.wrap(
            f"{bar.verdict}: {bar.what}: {bar.lack}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    yield f"bars met: {len(bars) - len(unmet)} of {len(bars)}"


def record(name: str, title: str, row: Row) -> dict[str, Any]:
    """A row as JSON has it."""
    bars = [entry for entry in row if isinstance(entry, Bar)]
    facts = [entry.text for entry in row if isinstance(entry, Fact)]
    return {
        "row": name,
        "title": title,
        "bars": [{**attrs.asdict(bar), "verdict": bar.verdict} for bar in bars],
        "facts": facts,
    }


def merged(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The records of before, those that were measured again replaced; new ones at the end."""
    again = {record["row"]: record for record in now}
    kept = [again.pop(record["row"], record) for record in before]
    return [*kept, *again.values()]
