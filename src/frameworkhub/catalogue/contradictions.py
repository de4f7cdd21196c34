"""Where what is told of a system contradicts what its adapters show, measured or installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from .. import manifest, registry
from ..testing import rules
from . import store, vocabulary
from .measured import Measured
from .model import Source, System

STANDARD = {"wsgi", "asgi", "rsgi"}
# The section of the suite's rules that measures a feature.
SECTIONS = {"websocket": "WebSocket", "streaming": "Streaming"}


@attrs.frozen
class Shown:
    """What one adapter shows.

    Attributes:
        adapter: its distribution.
        interfaces: words of the vocabulary; a protocol that has no word there is "own".
        features: whether it has a feature; one of which it says nothing is not there.
        adds: features of its own, which the system does not have.
        how: "installed", or when it was measured.
    """

    kind: str
    adapter: str
    interfaces: tuple[str, ...]
    features: Mapping[str, bool]
    adds: tuple[str, ...]
    how: str

    @property
    def runs_others(self) -> bool:
        """Whether it has a standard interface: without one it is no server of the vocabulary."""
        return not STANDARD.isdisjoint(self.interfaces)

    def __str__(self) -> str:
        return f"{self.adapter} ({self.how})"


def of_record(record: Measured) -> Shown:
    """What was measured of an adapter."""
    features = {"websocket": _kept(record, "websocket", record.websocket)}
    if record.kind == "frameworks":
        features["streaming"] = _kept(record, "streaming", record.interfaces)
    elif record.workers:
        features["workers"] = True
    day = record.conformance.date if record.conformance else "never"
    return Shown(
        record.kind,
        record.adapter,
        tuple(map(_word, record.interfaces)),
        {word: has for word, has in features.items() if has is not None},
        record.adds,
        f"measured: {day}",
    )


def _kept(record: Measured, feature: str, interfaces: Sequence[str]) -> bool | None:
    """Whether every rule of the feature was kept; None where some are declared gaps."""
    if record.conformance is None:
        return None
    numbers = [rule.number for rule in rules.in_section(SECTIONS[feature])]
    measured = record.conformance.rules
    counts = [measured[n][i] for n in numbers for i in interfaces if i in measured.get(n, {})]
    if not counts or any(count.failed for count in counts):
        return False
    return None if any(count.gaps for count in counts) else True


def of_adapter(adapter: registry.Adapter) -> Shown:
    """What an installed adapter says of itself. Raises BrokenAdapter if it can't be asked."""
    features = adapter.features
    words = {"websocket": bool(features.websocket)}
    if getattr(features, "workers", False):
        words["workers"] = True
    interfaces = getattr(features, "interfaces", None) or features.protocols
    adds = tuple(manifest.section(adapter.distribution).get("adds", ()))
    own = tuple(map(_word, interfaces))
    return Shown(adapter.kind, adapter.distribution, own, words, adds, "installed")


def _word(interface: str) -> str:
    return interface if interface in vocabulary.all_words()["interfaces"] else "own"


def of_installed(name: str) -> list[str]:
    """How the entry of that key contradicts its installed adapters; nothing if there is none.

    Raises:
        BrokenAdapter: an adapter of that name can't be asked.
    """
    entry = next((entry for entry in store.systems() if entry.key == name), None)
    named = [one for kind in registry.KINDS for one in registry.adapters(kind) if one.name == name]
    return list(contradictions(entry, list(map(of_adapter, named)))) if entry else []


def of_measured(entry: System) -> list[str]:
    """How an entry contradicts what was measured of its adapters; nothing if nothing was."""
    return list(contradictions(entry, list(map(of_record, entry.measured))))


def contradictions(entry: System, shown: Sequence[Shown]) -> Iterator[str]:
    """In words: the system, the word, what is told of it by which source, and what is shown.

    A system may have interfaces and worker processes that its adapters leave alone; not so
    WebSockets and streams.
    """
    for each in shown:
        yield from _of_groups(entry, each)
    for word in dict.fromkeys(word for each in shown for word in (*each.features, *each.adds)):
        yield from _of_feature(entry, word, shown)


def _of_groups(entry: System, shown: Shown) -> Iterator[str]:
    if shown.kind not in entry.kinds and (shown.kind != "servers" or shown.runs_others):
        told = ", ".join(entry.kinds)
        yield f"{entry.key}: told to be of the kinds {told}, but {shown} is of {shown.kind}"
    for word in shown.interfaces:
        if word not in entry.interfaces:
            told = "; ".join(f"{name} by {_said(by)}" for name, by in entry.interfaces.items())
            yield f"{entry.key}: {word} is not told ({told}), but carried by {shown}"


def _of_feature(entry: System, word: str, shown: Iterable[Shown]) -> Iterator[str]:
    adding = [each for each in shown if word in each.adds]
    having = [each for each in shown if each.features.get(word)]
    lacking = [each for each in shown if each.features.get(word) is False]
    source = entry.features.get(word)
    told = f"{entry.key}: {word} is told by {_said(source)}" if source else ""
    if told and adding:
        yield f"{told}, but {adding[0]} says that it adds it"
    elif told and lacking and not having:
        yield f"{told}, but not carried by {' or '.join(map(str, lacking))}"
    for each in having:
        if not told and not adding:
            yield f"{entry.key}: {word} is not told, but carried by {each}, which does not add it"
    for each in lacking:
        if each in adding:
            yield f"{entry.key}: {word} is said to be added by {each}, which does not carry it"


def _said(source: Source) -> str:
    return f"{source.kind} {source.url or source.what} of {source.checked}"
