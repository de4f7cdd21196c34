"""Text on a terminal: how wide it is, and where a line of English or Chinese may end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

# What may not begin a line, and what may not end one (W3C, Requirements for Chinese Text Layout).
_CLOSING = frozenset("，。；：、！？）」』》】〉”…·,.;:!?)]}%")
_OPENING = frozenset("（「『《【〈“([{")
_GLUE = frozenset("\u00a0\u2060")
NO_BREAK_SPACE, WORD_JOINER = "\u00a0", "\u2060"
GAP = "  "  # between columns


def width(text: str) -> int:
    """The columns that a terminal gives to `text` (Unicode Standard Annex 11).

    Wide and fullwidth characters take two, combining and invisible ones none. Those of ambiguous
    width take one, as terminals do outside of old East Asian encodings.
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if _is_wide(character) else 1


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def pad(text: str, columns: int) -> str:
    """`text` with spaces behind it up to that width; a wider one stays as it is."""
    return text + " " * (columns - width(text))


def cut(text: str, columns: int, ellipsis: str) -> str:
    """`text` if it is no wider than that, else its beginning and the ellipsis."""
    if width(text) <= columns:
        return text
    return _head(text, columns - width(ellipsis)) + ellipsis


def _head(text: str, columns: int) -> str:
    taken = 0
    for place, character in enumerate(text):
        taken += _columns(character)
        if taken > columns:
            return text[:place]
    return text


def wrap(text: str, columns: int) -> list[str]:
    """`text` in lines no wider than that.

    Lines end at spaces, and beside any Chinese character, but never before a closing mark or behind
    an opening one. A no-break space, or a word joiner, holds together what stands around it. A word
    that is wider than a line is broken; an address (`https://...`) is not: it is to be clicked.
    """
    lines, used = [""], 0
    for word in re.findall(r"[^ \t\r\n]+", text):
        glue = " "
        for unit in _units(word):
            if used and used + len(glue) + width(unit) > columns:
                lines.append("")
                used = 0
            glue = glue if used else ""
            *full, last = _broken(unit, columns)
            lines[-1:] = [*full, lines[-1] + glue + last]
            used += len(glue) + width(last)
            glue = ""
    return lines


def _broken(unit: str, columns: int) -> Iterator[str]:
    while width(unit) > columns and "://" not in unit:
        head = _head(unit, columns) or unit[0]
        yield head
        unit = unit[len(head) :]
    yield unit


def _units(word: str) -> Iterator[str]:
    """The parts of a word that stay on one line; a Latin word is one."""
    start = 0
    for place in range(1, len(word)):
        if _may_break(word[place - 1], word[place]):
            yield word[start:place]
            start = place
    yield word[start:]


def _may_break(before: str, after: str) -> bool:
    if before in _OPENING or after in _CLOSING or {before, after} & _GLUE:
        return False
    return _columns(after) > 0 and (_is_wide(before) or _is_wide(after))


def paragraph(text: str, columns: int, first: str = "", rest: str | None = None) -> list[str]:
    """`text` in lines, the first behind `first`, the others behind `rest` (default: spaces)."""
    rest = " " * width(first) if rest is None else rest
    lines = wrap(text, columns - width(rest))
    return [f"{rest if number else first}{line}" for number, line in enumerate(lines)]


def beside(columns: Iterable[tuple[list[str], int]]) -> list[str]:
    """Blocks of lines side by side, each with the width that it gets."""
    blocks = list(columns)
    height = max(len(lines) for lines, _ in blocks)
    return [
        GAP.join(
            pad(lines[row] if row < len(lines) else "", size) for lines, size in blocks
        ).rstrip()
        for row in range(height)
    ]
