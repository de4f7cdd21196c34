"""`compare`: systems side by side, the rows where they differ first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from ..errors import HubError
from . import store, vocabulary
from .measured import tests, typical_overhead
from .model import System, Text

Value = str | bool | None | tuple[Text, ...]


@attrs.frozen
class Row:
    """One thing compared.

    Attributes:
        name: a word for programs, such as "licence" or "features.websocket".
        label: what a person reads.
        values: one for each system: text, True or False, None for unknown, or texts.
    """

    name: str
    label: Text
    values: tuple[Value, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@attrs.frozen
class Comparison:
    """Systems side by side."""

    systems: tuple[System, ...]
    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: the keys of the systems, and every row with its values in that order."""
        rows = [
            {
                "name": row.name,
                "label": attrs.asdict(row.label),
                "differs": row.differs,
                "values": [_plain(value) for value in row.values],
            }
            for row in self.rows
        ]
        return {"systems": [system.key for system in self.systems], "rows": rows}


def _plain(value: Value) -> Any:
    return [attrs.asdict(text) for text in value] if isinstance(value, tuple) else value


def compare(*names: str) -> Comparison:
    """The systems of these names side by side.

    A feature stands there if at least one of them has it.

    Raises:
        HubError: there are fewer than two.
        UnknownSystem: one of them is not in the catalogue.
    """
    systems = tuple(dict.fromkeys(store.system(name) for name in names))
    if len(systems) < 2:
        raise HubError(f"compare takes two systems or more, not {', '.join(names) or 'none'}")
    rows = [
        Row(name, label, tuple(value(system) for system in systems))
        for name, label, value in _fields(systems)
    ]
    # Texts differ always, so they would hide the rest: they come last of those that differ.
    return Comparison(systems, tuple(sorted(rows, key=_place)))


def _place(row: Row) -> int:
    is_text = any(isinstance(value, tuple) for value in row.values)
    return 1 if is_text else 0 if row.differs else 2


Field = tuple[str, Text, Callable[[System], Value]]


def _fields(systems: tuple[System, ...]) -> Iterator[Field]:
    yield from _FACTS
    for name, word in vocabulary.all_words()["features"].items():
        if any(name in system.features for system in systems):
            yield f"features.{name}", word.label, _feature(name)
    for part, label in _TEXTS:
        yield part, label, _claims(part)


def _feature(name: str) -> Callable[[System], bool]:
    return lambda system: name in system.features


def _claims(part: str) -> Callable[[System], tuple[Text, ...]]:
    return lambda system: tuple(claim.text for claim in getattr(system, part))


def _listed(group: str) -> Callable[[System], str | None]:
    return lambda system: ", ".join(getattr(system, group)) or None


def conformance(system: System) -> str | None:
    """Tests passed of all, over every adapter of the system; None where nothing was measured."""
    count = tests(system.measured)
    if count is None:
        return None
    return f"{count.passed} / {count.passed + count.gaps + count.failed}"


def _overhead(system: System) -> str | None:
    ratio = typical_overhead(system.measured)
    return None if ratio is None else f"{ratio:.2f}"


_FACTS: tuple[Field, ...] = (
    ("kinds", Text("kind", "类别"), _listed("kinds")),
    ("interfaces", Text("interfaces", "接口"), _listed("interfaces")),
    ("colours", Text("sync, async", "同步与异步"), _listed("colours")),
    ("status", Text("status", "状态"), lambda system: system.status),
    ("version", Text("newest release", "最新版本"), lambda system: system.release.version),
    ("date", Text("released", "发布日期"), lambda system: system.release.date.isoformat()),
    ("licence", Text("licence", "许可证"), lambda system: system.release.licence),
    ("python", Text("Python", "Python"), lambda system: system.release.python or None),
    ("installed", Text("installed here", "本机版本"), lambda system: system.installed),
    ("adapter", Text("adapter", "适配器"), lambda s: _joined(each.adapter for each in s.measured)),
    ("conformance", Text("tests passed", "通过的测试"), conformance),
    ("overhead", Text("hub over native", "相对原生开销"), _overhead),
)
_TEXTS = (
    ("strengths", Text("strengths", "优点")),
    ("weaknesses", Text("weaknesses", "缺点")),
    ("good_for", Text("good for", "适合")),
    ("poor_for", Text("poor for", "不适合")),
)


def _joined(names: Iterator[str]) -> str | None:
    return ", ".join(names) or None
