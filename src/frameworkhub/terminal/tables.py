"""Tables that fit a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from .screen import Screen
from .typesetting import GAP, beside, cut, pad, paragraph, width

BULLET = "• "
LEAST = 6
NARROWEST = 22


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    screen: Screen,
    soft: Mapping[int, int] = MappingProxyType({}),
) -> list[str]:
    """The rows under their titles, each on one line; empty columns are left out.

    Where the terminal is too narrow, cells are cut, as few of them as can be: at first those of the
    `soft` columns, each down to the width that is given for it, then all but the first column; and
    at last columns are left out from the right.
    """
    sizes = fit([titles, *rows], screen.columns, soft)
    lines = [_line(row, sizes) for row in rows]
    return [screen.bold(_line(titles, sizes)), *lines]


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    shown = [(cell, size) for cell, size in zip(cells, sizes, strict=True) if size]
    return GAP.join(pad(cut(cell, size, "…"), size) for cell, size in shown).rstrip()


def fit(rows: Sequence[Sequence[str]], columns: int, soft: Mapping[int, int]) -> list[int]:
    """The width of each column, so that all fit; 0 for those that are not shown."""
    cells = [[width(cell) for cell in column] for column in zip(*rows, strict=True)]
    sizes = [max(column) if any(column[1:]) else 0 for column in cells]
    shown = len(sizes)
    while shown > 1 and _total([sizes[0], *_least(sizes[1:shown])]) > columns:
        shown -= 1
    sizes[shown:] = [0] * (len(sizes) - shown)
    while _total(sizes) > columns:
        able = [n for n, size in enumerate(sizes) if n and size > LEAST]
        if not able:
            break
        able = [n for n in able if sizes[n] > soft.get(n, sizes[n])] or able
        sizes[min(able, key=lambda n: (_cut(cells[n], sizes[n]), -sizes[n]))] -= 1
    return sizes


def _total(sizes: Sequence[int]) -> int:
    return sum(sizes) + len(GAP) * (sum(map(bool, sizes)) - 1)


def _least(sizes: Sequence[int]) -> list[int]:
    return [min(size, LEAST) for size in sizes]


def _cut(cells: list[int], size: int) -> int:
    """How many cells of a column a narrower one would cut."""
    return sum(cell >= size for cell in cells)


def side_by_side(
    titles: Sequence[str],
    rows: Sequence[tuple[str, Sequence[list[str]]]],
    screen: Screen,
    narrowest: int = NARROWEST,
) -> list[str] | None:
    """Rows of a label and one cell for each title, a cell being paragraphs that are wrapped.

    None if a column would be narrower than `narrowest`.
    """
    labels = max((width(label) for label, _ in rows), default=0)
    size = (screen.columns - labels) // len(titles) - len(GAP)
    if size < narrowest:
        return None
    heads = beside([([""], labels), *(([title], size) for title in titles)])
    lines = [screen.bold(line) for line in heads]
    for label, cells in rows:
        blocks = [(_block(cell, size), size) for cell in cells]
        lines += beside([([label], labels), *blocks])
    return lines


def _block(cell: list[str], size: int) -> list[str]:
    """The lines of a cell; those of a bullet point hang."""
    return [
        line
        for text in cell
        for line in paragraph(text.removeprefix(BULLET), size, BULLET * text.startswith(BULLET))
    ]


def stacked(
    titles: Sequence[str], rows: Sequence[tuple[str, Sequence[list[str]]]], screen: Screen
) -> list[str]:
    """The same rows one below the other, each cell behind its title."""
    names = max(map(width, titles))
    size = screen.columns - names - 2 * len(GAP)
    lines = []
    for label, cells in rows:
        lines.append(screen.bold(label))
        for title, cell in zip(titles, cells, strict=True):
            lines += beside([([""], 0), ([title], names), (_block(cell, size), size)])
    return lines
