"""Systems side by side, as `compare` sets them."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import Comparison, vocabulary
from ..catalogue.comparing import Row, Value
from .labels import comma, label, word
from .screen import Screen
from .tables import BULLET, side_by_side, stacked
from .typesetting import pad, paragraph, width

FACT = 12
"""The columns that a fact needs."""
_GROUPS = {"kinds": "kinds", "interfaces": "interfaces", "colours": "colours", "status": "statuses"}


def lines(comparison: Comparison, screen: Screen) -> list[str]:
    """Where the systems differ, then what is alike in all of them."""
    names = [system.name for system in comparison.systems]
    rows = [row for row in comparison.rows if row.differs]
    if (shown := side_by_side(names, _cells(rows, screen), screen)) is None:
        # Columns that are too narrow for sentences may do for facts.
        facts = _cells([row for row in rows if not _is_texts(row)], screen)
        texts = _cells([row for row in rows if _is_texts(row)], screen)
        shown = side_by_side(names, facts, screen, FACT) or stacked(names, facts, screen)
        shown += ["", *stacked(names, texts, screen)] if texts else []
    return [*shown, *_alike([row for row in comparison.rows if not row.differs], screen)]


def _is_texts(row: Row) -> bool:
    return any(isinstance(value, tuple) for value in row.values)


def _cells(rows: list[Row], screen: Screen) -> list[tuple[str, list[list[str]]]]:
    return [
        (row.label.in_(screen.language), [cell(row.name, value, screen) for value in row.values])
        for row in rows
    ]


def cell(name: str, value: Value, screen: Screen) -> list[str]:
    """The paragraphs of one cell."""
    if isinstance(value, tuple):
        return [BULLET + text.in_(screen.language) for text in value] or ["—"]
    if isinstance(value, bool):
        return ["✓" if value else "—"]
    return [in_words(name, value, screen.language) if value else "—"]


def in_words(name: str, value: str, language: str) -> str:
    """The value of a row, its words of the vocabulary as a person reads them."""
    if name not in _GROUPS:
        return value
    known = vocabulary.all_words()[_GROUPS[name]]
    return comma(language).join(
        word(_GROUPS[name], each, language) if each in known else each for each in value.split(", ")
    )


def _alike(rows: list[Row], screen: Screen) -> Iterator[str]:
    facts = [
        (row.label.in_(screen.language), cell(row.name, row.values[0], screen)[0])
        for row in rows
        if not isinstance(row.values[0], bool | tuple)
    ]
    shared = [row.label.in_(screen.language) for row in rows if row.values[0] is True]
    if shared:
        facts.append((label("all_have", screen.language), comma(screen.language).join(shared)))
    if facts:
        yield from ("", screen.bold(label("alike", screen.language)))
        size = max(width(name) for name, _ in facts)
        for name, text in facts:
            yield from paragraph(text, screen.columns, f"{pad(name, size)}  ")
