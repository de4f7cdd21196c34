"""The conformance matrix: the rules of the suite by the adapters that it was run on."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any

import attrs

from ..catalogue import systems
from ..catalogue.measured import Conformance, Count, Measured
from ..catalogue.model import System, Text
from ..registry import KINDS
from ..testing import rules


@attrs.frozen
class Column:
    """An adapter with one of its interfaces."""

    system: System
    measured: Measured
    conformance: Conformance
    interface: str

    @property
    def name(self) -> str:
        """What programs call it, such as "frameworks/name:wsgi"."""
        return f"{self.measured.kind}/{self.measured.name}:{self.interface}"

    def count(self, numbers: Iterable[str]) -> Count | None:
        """How the tests of these rules ended; None if none was run."""
        of_rules = (self.conformance.rules.get(number, {}) for number in numbers)
        return added(each[self.interface] for each in of_rules if self.interface in each)


@attrs.frozen
class Row:
    """A rule, or all rules of a section, with its counts in the order of the columns."""

    number: str
    text: Text
    counts: tuple[Count | None, ...]
    tests: tuple[str, ...] = ()

    @property
    def has_gaps(self) -> bool:
        return any(count and (count.gaps or count.failed) for count in self.counts)


@attrs.frozen
class Section:
    """The rules under one heading; `total` is their sum."""

    letter: str
    total: Row
    rows: tuple[Row, ...]


@attrs.frozen
class Matrix:
    """Sections of rules, and the adapters that were tested."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]

    @property
    def total(self) -> Count | None:
        """All tests of all adapters."""
        counts = (count for section in self.sections for count in section.total.counts)
        return added(count for count in counts if count)


def added(counts: Iterable[Count]) -> Count | None:
    """The sum; None of none, or where no test was run."""
    summed = [sum(column) for column in zip(*map(attrs.astuple, counts), strict=True)]
    return Count(*summed) if any(summed) else None


def matrix(chosen: Iterable[System] | None = None) -> Matrix:
    """The matrix of all adapters, or of those to the chosen systems.

    Raises:
        HubError: this installation lacks the rules.
    """
    found = _columns(systems() if chosen is None else chosen)
    columns = tuple(sorted(found, key=lambda column: [*KINDS].index(column.measured.kind)))
    by_section = groupby(rules.all_rules().values(), key=lambda rule: rule.section)
    return Matrix(columns, tuple(_section(title, [*each], columns) for title, each in by_section))


def _columns(chosen: Iterable[System]) -> Iterator[Column]:
    for system in chosen:
        for measured in system.measured:
            if measured.conformance:
                for interface in measured.interfaces:
                    yield Column(system, measured, measured.conformance, interface)


def _section(title: str, of_it: list[rules.Rule], columns: tuple[Column, ...]) -> Section:
    rows = tuple(_row(rule, columns) for rule in of_it)
    letter = of_it[0].number[0]
    counts = tuple(column.count(rule.number for rule in of_it) for column in columns)
    return Section(letter, Row(letter, _titled(letter, title), counts), rows)


def _row(rule: rules.Rule, columns: tuple[Column, ...]) -> Row:
    text = Text(rule.text, _chinese().get(rule.number, rule.text))
    counts = tuple(column.count([rule.number]) for column in columns)
    return Row(rule.number, text, counts, rule.tests)


def _titled(letter: str, title: str) -> Text:
    return Text(title, _chinese().get("sections", {}).get(letter, {}).get("zh", title))


@cache
def _chinese() -> dict[str, Any]:
    """The rules in Chinese; what is missing there is shown in English."""
    file = resources.files("frameworkhub.catalogue").joinpath("rules.zh.toml")
    return tomllib.loads(file.read_text("utf-8"))


def to_dict(matrix: Matrix) -> dict[str, object]:
    """Ready for JSON; counts are passed, gaps, failed, or None where nothing was run."""
    return {
        "adapters": [column.name for column in matrix.columns],
        "rules": [
            {
                "number": row.number,
                "section": attrs.asdict(section.total.text),
                "text": attrs.asdict(row.text),
                "tests": list(row.tests),
                "counts": [count and attrs.astuple(count) for count in row.counts],
            }
            for section in matrix.sections
            for row in section.rows
        ],
    }
