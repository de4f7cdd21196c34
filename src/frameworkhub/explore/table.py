"""The table of systems: its columns, its order, and what the filters offer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from packaging.version import Version

from ..catalogue import licences, systems, vocabulary
from ..catalogue.measured import Count, tests, typical_overhead
from ..catalogue.model import System
from ..errors import HubError
from .filters import Filters

Value = Callable[[System], Any]


@attrs.frozen
class Column:
    """A column of the table.

    Attributes:
        name: what `sort` calls it.
        label: the key of its label.
        value: what it is sorted by; None comes last, whichever way.
        numeric: it is set flush right, and its best comes first when it is first clicked.
    """

    name: str
    label: str
    value: Value
    numeric: bool = False


def total(system: System) -> Count | None:
    """All tests of all adapters of a system; None where nothing was measured."""
    return tests(system.measured)


def overhead(system: System) -> float | None:
    """What the hub costs over native, typically; None where nothing was measured."""
    return typical_overhead(system.measured)


def adapters(system: System) -> str | None:
    """The distributions of a system's adapters."""
    return ", ".join(each.adapter for each in system.measured) or None


def _share(system: System) -> float | None:
    count = total(system)
    return count.passed / max(1, count.passed + count.gaps + count.failed) if count else None


def _place(group: str, word: str) -> int:
    return list(vocabulary.all_words()[group]).index(word)


COLUMNS = (
    Column("name", "column_name", lambda system: system.name.casefold()),
    Column("kind", "column_kind", lambda system: _place("kinds", system.kinds[0])),
    Column("interface", "column_interfaces", lambda system: ", ".join(system.interfaces) or None),
    Column("status", "column_status", lambda system: _place("statuses", system.status)),
    Column("released", "column_release", lambda system: system.release.date),
    Column("licence", "column_licence", lambda system: system.release.licence.casefold()),
    Column("tests", "column_tests", _share, numeric=True),
    Column("overhead", "column_overhead", overhead, numeric=True),
    Column("adapter", "column_adapter", adapters),
)
DOWN_FIRST = ("released", "tests")


def ordered(found: Sequence[System], sort: str) -> list[System]:
    """The systems by a column, `-` in front for the reverse; those without a value last.

    Raises:
        HubError: there is no such column.
    """
    name = sort.removeprefix("-") or "name"
    by_name = {column.name: column for column in COLUMNS}
    if name not in by_name:
        raise HubError(f"can't sort by {name!r}; there are {', '.join(by_name)}")
    value = by_name[name].value
    told = [system for system in found if value(system) is not None]
    told.sort(key=value, reverse=sort.startswith("-"))
    return [*told, *(system for system in found if value(system) is None)]


def direction(column: Column, sort: str) -> str:
    """The column's aria-sort: "ascending", "descending", or "" if the order is another's."""
    if (sort.removeprefix("-") or "name") != column.name:
        return ""
    return "descending" if sort.startswith("-") else "ascending"


def next_sort(column: Column, sort: str) -> str:
    """What a click on a column's head asks for."""
    now = direction(column, sort)
    down = now == "ascending" or (not now and column.name in DOWN_FIRST)
    return f"-{column.name}" if down else column.name


def choices(filters: Filters) -> dict[str, Any]:
    """What the filters offer, and how many systems each of the kinds and features would leave."""
    everything, found = systems(), filters.found()
    interfaces = {name for system in everything for name in system.interfaces}
    kind = filters.one("kind")
    of_kind = [system for system in everything if not kind or kind in system.kinds]
    features = {name for system in of_kind for name in system.features}.union(filters.features)
    pythons = {version for system in everything for version in system.install.ran_on}
    of_any_kind = filters.found("kind")
    return {
        "kinds": list(vocabulary.all_words()["kinds"]),
        "interfaces": [each for each in vocabulary.all_words()["interfaces"] if each in interfaces],
        "colours": list(vocabulary.all_words()["colours"]),
        "statuses": list(vocabulary.all_words()["statuses"]),
        "licences": list(licences.FAMILIES),
        "pythons": sorted(pythons, key=Version, reverse=True),
        "features": [each for each in vocabulary.all_words()["features"] if each in features],
        "of_kind": Counter(kind for system in of_any_kind for kind in system.kinds),
        "of_any_kind": len(of_any_kind),
        "with_feature": Counter(feature for system in found for feature in system.features),
    }


def loosen(filters: Filters) -> list[tuple[str, str, int]]:
    """Which single questions to take back when nothing fits: parameter, value, what that leaves."""
    takeable = [(name, filters.one(name)) for name in filters.asked]
    takeable += [("feature", feature) for feature in filters.features]
    left = [(name, value, len(_without(filters, name, value))) for name, value in takeable]
    return sorted((each for each in left if each[2]), key=lambda each: -each[2])


def _without(filters: Filters, name: str, value: str) -> tuple[System, ...]:
    return filters.found(value if name == "feature" else name)


def summary(system: System) -> dict[str, Any]:
    """A row of the table, ready for JSON."""
    count = total(system)
    return {
        "key": system.key,
        "name": system.name,
        "kinds": list(system.kinds),
        "summary": attrs.asdict(system.summary),
        "interfaces": list(system.interfaces),
        "colours": list(system.colours),
        "features": list(system.features),
        "status": system.status,
        "version": system.release.version,
        "date": system.release.date.isoformat(),
        "licence": system.release.licence,
        "python": system.release.python,
        "tests": count and attrs.asdict(count),
        "overhead": overhead(system),
        "adapters": [each.adapter for each in system.measured],
    }
