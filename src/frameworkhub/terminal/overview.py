"""The table of systems that `list` and `find` show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from ..catalogue import System, vocabulary
from .labels import comma, label, say, word
from .screen import Screen
from .tables import table
from .typesetting import paragraph

COLUMNS = ("name", "interfaces", "status", "version", "date", "licence", "installed")
SOFT = {COLUMNS.index("interfaces"): 9, COLUMNS.index("version"): 8, COLUMNS.index("licence"): 12}
WIDE = 100  # from here on there is room for the whole date, and for further kinds


def data(systems: Sequence[System]) -> list[dict[str, Any]]:
    """One dict for each system, for a program to read; `show --json` has the rest."""
    return [
        {
            "key": system.key,
            "name": system.name,
            "kinds": list(system.kinds),
            "interfaces": list(system.interfaces),
            "status": system.status,
            "version": system.release.version,
            "date": system.release.date.isoformat(),
            "licence": system.release.licence,
            "python": system.release.python,
            "installed": system.installed,
            "adapters": [each.adapter for each in system.measured],
            "checked": system.release.source.checked.isoformat(),
        }
        for system in systems
    ]


def lines(systems: Sequence[System], screen: Screen, kind: str | None = None) -> list[str]:
    """The systems below a title for each kind; with `kind`, as one list."""
    groups = list(_groups(systems, kind))
    rows = [_cells(system, name, screen) for name, members in groups for system in members]
    columns = (*COLUMNS, "also") if screen.columns >= WIDE else COLUMNS
    head, *body = table([label(name, screen.language) for name in columns], rows, screen, SOFT)
    shown = [head]
    for name, members in groups:
        if not kind:
            shown += ["", screen.bold(f"{label(name, screen.language)} ({len(members)})")]
        shown += [body.pop(0) for _ in members]
    return [*shown, "", *_foot(systems, screen)]


def _groups(systems: Sequence[System], kind: str | None) -> Iterator[tuple[str, list[System]]]:
    """By the first kind of each system, in the order of the vocabulary."""
    order = list(vocabulary.all_words()["kinds"])

    def place(system: System) -> int:
        return order.index(kind or system.kinds[0])

    for number, members in groupby(sorted(systems, key=place), key=place):
        yield order[number], list(members)


def _cells(system: System, kind: str, screen: Screen) -> list[str]:
    interfaces = (word("interfaces", name, screen.language) for name in system.interfaces)
    others = (word("kinds", name, screen.language) for name in system.kinds if name != kind)
    day = system.release.date.isoformat()
    is_wide = screen.columns >= WIDE
    return [
        system.name + (" *" if system.measured else ""),
        " ".join(interfaces),
        word("statuses", system.status, screen.language),
        system.release.version,
        day if is_wide else day[:7],
        system.release.licence.replace("LicenseRef-", ""),
        system.installed or "",
        *([comma(screen.language).join(others)] if is_wide else []),
    ]


def _foot(systems: Sequence[System], screen: Screen) -> Iterator[str]:
    count = len(systems)
    parts = [say("systems" if count != 1 else "one system", screen.language, count)]
    days = sorted({system.release.source.checked.isoformat() for system in systems})
    parts.append(say("dates", screen.language, " … ".join(dict.fromkeys([*days[:1], *days[-1:]]))))
    if any(system.measured for system in systems):
        parts.append(say("star", screen.language))
    yield from map(screen.faint, paragraph(" · ".join(parts), screen.columns))
