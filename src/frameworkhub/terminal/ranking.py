"""Systems ranked by what is needed, as `recommend` sets them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..catalogue import Recommendation
from .labels import say, source_line, word
from .screen import Screen
from .typesetting import paragraph


def lines(ranked: Sequence[Recommendation], screen: Screen, sources: bool) -> list[str]:
    """Each system with its points, and what they are given for; with `sources`, where that is."""
    shown: list[str] = []
    for place, each in enumerate(ranked, 1):
        shown += ["", *_one(place, each, screen, sources)]
    return shown[1:]


def _one(place: int, each: Recommendation, screen: Screen, sources: bool) -> Iterator[str]:
    system = each.system
    parts = [
        say("points", screen.language, each.score),
        word("statuses", system.status, screen.language),
        system.release.licence,
        *([] if each.fits else [say("not all", screen.language)]),
    ]
    head = " · ".join((system.name, *parts))
    yield from map(screen.bold, paragraph(head, screen.columns, f"{place}. "))
    for reason in each.reasons:
        text = reason.text.in_(screen.language)
        yield from paragraph(text, screen.columns, f"  {reason.points:+4d}  ")
        if sources and reason.source:
            line = source_line(reason.source, screen.language)
            yield from map(screen.faint, paragraph(line, screen.columns, " " * 8))
