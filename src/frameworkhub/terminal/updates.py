"""What a refresh has brought, as `refresh` sets it."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import store
from ..catalogue.refreshing import Refreshed
from .labels import comma, label, say
from .screen import Screen
from .tables import table
from .typesetting import pad, paragraph, width


def lines(done: Refreshed, screen: Screen) -> list[str]:
    """What has changed, what failed and why, and how many there were."""
    return [*_changed(done, screen), *_failed(done, screen), *_foot(done, screen)]


def _changed(done: Refreshed, screen: Screen) -> Iterator[str]:
    titles = [label(name, screen.language) for name in ("name", "was", "now", "date", "licence")]
    rows = [
        [
            change.system.name,
            change.before.version,
            change.after.version,
            change.after.date.isoformat(),
            change.after.licence,
        ]
        for change in done.changed
    ]
    if rows:
        yield from (*table(titles, rows, screen), "")


def _failed(done: Refreshed, screen: Screen) -> Iterator[str]:
    names = {key: store.system(key).name for key in done.failed}
    size = max(map(width, names.values()), default=0)
    if names:
        yield screen.bold(say("failures", screen.language))
    for key, why in done.failed.items():
        yield from paragraph(why, screen.columns, f"  {pad(names[key], size)}  ")
    if names:
        yield ""


def _foot(done: Refreshed, screen: Screen) -> Iterator[str]:
    count, same = len(done.changed), len(done.unchanged)
    yield from paragraph(
        say("asked", screen.language, done.index, count, same), screen.columns, rest=""
    )
    if done.nowhere:
        names = comma(screen.language).join(system.name for system in done.nowhere)
        yield from paragraph(say("no index", screen.language, names), screen.columns)
