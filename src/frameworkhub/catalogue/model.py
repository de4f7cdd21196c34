"""What the catalogue consists of: plain, frozen records that turn into dicts and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import metadata
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from .measured import Measured

LANGUAGES = ("en", "zh")


@attrs.frozen
class Text:
    """A text in every language of the catalogue; `str()` gives the English one."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en

    def in_(self, language: str) -> str:
        """The text in "en" or "zh"; raises AttributeError for a language that isn't there."""
        return str(getattr(self, language))


@attrs.frozen
class Source:
    """Where a claim was read or seen, and when.

    Attributes:
        kind: a word of the vocabulary's `sources`.
        checked: the day on which it was read or run.
        url: its address; empty for what has none, such as a run.
        what: what exactly, where the address does not say it: versions, a file, a section.
    """

    kind: str
    checked: date
    url: str = ""
    what: str = ""


@attrs.frozen
class Claim:
    """A sentence with its source."""

    text: Text
    source: Source


@attrs.frozen
class Correction:
    """What is often said of a system, and what is true of it on the day of the source."""

    said: Text
    today: Text
    source: Source


@attrs.frozen
class Release:
    """The newest release that is no pre-release, as the package index tells it.

    Attributes:
        licence: an SPDX expression, or `LicenseRef-...` where SPDX has no name for it.
        python: the versions of Python that it declares (PEP 440), empty if it declares none.
    """

    version: str
    date: date
    licence: str
    python: str
    source: Source


@attrs.frozen
class Install:
    """How it is installed today.

    Attributes:
        command: what to type, one line.
        ran_on: the versions of Python that it was seen to run on, with the remedies.
        remedies: what else is needed, each with its source.
    """

    command: str
    ran_on: tuple[str, ...] = ()
    remedies: tuple[Claim, ...] = ()


@attrs.frozen
class Links:
    """Addresses; empty where there is none."""

    homepage: str = ""
    repository: str = ""
    documentation: str = ""
    documentation_zh: str = ""


@attrs.frozen
class Declared:
    """A status that the project itself declares."""

    status: str
    source: Source


@attrs.frozen(eq=False)
class System:
    """One system of the catalogue: a framework, server, template engine, task runner or crawler.

    Two are equal only if they are the same one.

    Attributes:
        key: the name of its entry, by which it is linked and by which its adapter plugs in.
        kinds, interfaces, colours, features: words of the vocabulary; the last three with the
            source of each. A feature that is not there is not built in.
        declared: None where the project declares nothing.
        ancestors, successors: keys of other entries.
    """

    key: str
    name: str
    aliases: tuple[str, ...]
    kinds: tuple[str, ...]
    distribution: str
    summary: Text
    links: Links
    release: Release
    install: Install
    interfaces: Mapping[str, Source]
    colours: Mapping[str, Source]
    features: Mapping[str, Source]
    strengths: tuple[Claim, ...]
    weaknesses: tuple[Claim, ...]
    good_for: tuple[Claim, ...]
    poor_for: tuple[Claim, ...]
    corrections: tuple[Correction, ...]
    declared: Declared | None
    ancestors: tuple[str, ...]
    successors: tuple[str, ...]

    @property
    def status(self) -> str:
        """ "active", "maintenance", "dormant" or "ended", by the rule of the vocabulary.

        What the project declares counts first; then the age of its newest release on the day on
        which that was checked.
        """
        if self.declared:
            return self.declared.status
        return status_by_age(self.release.date, self.release.source.checked)

    @property
    def installed(self) -> str | None:
        """The version that is installed here, None if it isn't; imports nothing of it."""
        if not self.distribution:
            return None
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None

    @property
    def measured(self) -> tuple[Measured, ...]:
        """What the conformance suite and the bench found, for each kind that has an adapter."""
        from .measured import of_system

        return of_system(self.key)

    def to_dict(self) -> dict[str, Any]:
        """All of it as dicts, lists and texts, ready for JSON; dates as ISO 8601."""
        plain: dict[str, Any] = attrs.asdict(self, value_serializer=_plain)
        measured = [attrs.asdict(each, value_serializer=_plain) for each in self.measured]
        return plain | {
            "status": self.status,
            "installed": self.installed,
            "measured": measured,
        }


def status_by_age(released: date, checked: date) -> str:
    """The status that a release of that day gives on the day of the check."""
    years = (checked - released).days / 365.25
    return "active" if years <= 2 else "maintenance" if years <= 5 else "dormant"


def _plain(_: Any, __: Any, value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
