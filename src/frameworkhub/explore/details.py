"""What the page of one system tells beside its entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from ..catalogue import UnknownSystem, systems, vocabulary
from ..catalogue import system as named
from ..catalogue.model import Source, System


def lacks(system: System) -> list[str]:
    """The features that it does not have, of those that some other system of its kinds has."""
    peers = [each for each in systems() if set(each.kinds) & set(system.kinds)]
    usual = {feature for each in peers for feature in each.features}
    names = vocabulary.all_words()["features"]
    return [name for name in names if name in usual and name not in system.features]


def sources(system: System) -> list[Source]:
    """Each source of the entry once, in the order of the page."""
    return list(dict.fromkeys(_sources(system)))


def _sources(system: System) -> Iterator[Source]:
    if system.declared:
        yield system.declared.source
    yield system.release.source
    yield from (*system.interfaces.values(), *system.colours.values())
    for claims in (system.strengths, system.weaknesses, system.good_for, system.poor_for):
        yield from (claim.source for claim in claims)
    yield from (correction.source for correction in system.corrections)
    yield from (remedy.source for remedy in system.install.remedies)
    yield from system.features.values()


@attrs.frozen
class Relative:
    """An ancestor or a successor; `system` is None where the catalogue has no entry for it."""

    name: str
    system: System | None


def family(system: System) -> dict[str, list[Relative]]:
    """Its ancestors, its successors, and what names it as its ancestor."""
    after = [each.key for each in systems() if system.key in each.ancestors]
    return {
        "ancestors": _relatives(system.ancestors),
        "successors": _relatives(dict.fromkeys([*system.successors, *after])),
    }


def _relatives(keys: Iterable[str]) -> list[Relative]:
    return [_relative(key) for key in keys]


def _relative(key: str) -> Relative:
    try:
        found = named(key)
    except UnknownSystem:
        return Relative(key, None)
    return Relative(found.name, found)
