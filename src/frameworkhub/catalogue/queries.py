"""`find`: the systems that fit what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import HubError
from ..lazy import late
from . import licences, store, vocabulary
from .model import LANGUAGES, Claim, Correction, System, Text

specifiers = late("packaging.specifiers")
versions = late("packaging.version")


def find(**asked: Any) -> tuple[System, ...]:
    """The systems that fit everything asked, by name.

    Args:
        kind, interface, colour, status: words of the vocabulary: kind="frameworks",
            interface="asgi", colour="async", status="active".
        licence: an SPDX identifier or how it begins ("MIT", "BSD"), or "permissive",
            "weak copyleft", "copyleft".
        python: a version of Python, "3.13": those that run on it, as seen or as declared.
        text: words that all occur in the name or the texts, in either language.
        installed: True for those that are installed here, False for the others.
        adapter: True for those that an app can be carried onto, or served by.
        and any feature: websocket=True, orm=False.

    Raises:
        HubError: there is no such question, or no such word; the near ones are in the message.
    """
    tests = [_test(name, value) for name, value in asked.items() if value is not None]
    return tuple(each for each in store.systems() if all(test(each) for test in tests))


Test = Callable[[System], bool]


def _test(name: str, value: Any) -> Test:
    if name in _QUESTIONS:
        return _QUESTIONS[name](value)
    try:
        vocabulary.check("features", name)
    except vocabulary.UnknownWord as error:
        raise HubError(f"{error}; or ask for {', '.join(_QUESTIONS)}") from None
    return lambda system: (name in system.features) == bool(value)


def _word(group: str) -> Callable[[str], Test]:
    """A question for a word that a system has in a field of the group's name."""

    def question(word: str) -> Test:
        vocabulary.check(group, word)
        return lambda system: word in getattr(system, group)

    return question


def _status(word: str) -> Test:
    vocabulary.check("statuses", word)
    return lambda system: system.status == word


def _licence(wanted: str) -> Test:
    return lambda system: licences.matches(system.release.licence, wanted)


def _python(version: str) -> Test:
    try:
        versions.Version(version)
    except versions.InvalidVersion:
        raise HubError(f"{version!r} is no version of Python, such as 3.13") from None
    return lambda system: runs_on(system, version)


def runs_on(system: System, version: str) -> bool:
    """Whether it was seen to run on that Python ("3.13"), or its newest release declares it."""
    if version in system.install.ran_on:
        return True
    try:
        declared = specifiers.SpecifierSet(system.release.python)
    except specifiers.InvalidSpecifier:
        return False
    return bool(system.release.python) and version in declared


def _text(words: str) -> Test:
    wanted = words.casefold().split()
    return lambda system: all(word in said(system) for word in wanted)


def said(system: System) -> str:
    """Every text of an entry in one, without case."""
    return "\n".join(part.casefold() for part in _said(system))


def _said(system: System) -> Iterator[str]:
    yield from (system.key, system.name, system.distribution, *system.aliases)
    for text in texts(system):
        yield from (text.in_(language) for language in LANGUAGES)


def texts(system: System) -> Iterator[Text]:
    """The texts of an entry, in the order of the page."""
    yield system.summary
    claims: tuple[Claim | Correction, ...] = (
        *system.strengths,
        *system.weaknesses,
        *system.good_for,
        *system.poor_for,
        *system.install.remedies,
        *system.corrections,
    )
    for claim in claims:
        yield from (claim.said, claim.today) if isinstance(claim, Correction) else (claim.text,)


def _installed(wanted: bool) -> Test:
    return lambda system: (system.installed is not None) == wanted


def _adapter(wanted: bool) -> Test:
    return lambda system: bool(system.measured) == wanted


_QUESTIONS: Mapping[str, Callable[[Any], Test]] = {
    "kind": _word("kinds"),
    "interface": _word("interfaces"),
    "colour": _word("colours"),
    "licence": _licence,
    "status": _status,
    "python": _python,
    "text": _text,
    "installed": _installed,
    "adapter": _adapter,
}
