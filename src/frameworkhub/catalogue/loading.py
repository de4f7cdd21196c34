"""TOML entries, read into the records of `model`; what is wrong with one is told by its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

from ..errors import HubError
from . import vocabulary
from .model import (
    Claim,
    Correction,
    Declared,
    Install,
    Links,
    Release,
    Source,
    System,
    Text,
)

_TABLES = {
    "name", "aliases", "kinds", "distribution", "summary", "links", "release", "install",
    "interfaces", "colours", "features", "strengths", "weaknesses", "good_for", "poor_for",
    "corrections", "declared", "ancestors", "successors", "sources",
}  # fmt: skip


class CatalogueError(HubError):
    """An entry of the catalogue is malformed; the message names its file and the place in it."""


class File(Protocol):
    """A `Path`, or a file inside a package (`importlib.resources`)."""

    @property
    def name(self) -> str: ...

    def read_bytes(self) -> bytes: ...


def read(file: File) -> System:
    """One entry, `<key>.toml`.

    Raises:
        CatalogueError: it is no TOML, or not an entry.
    """
    try:
        table = tomllib.loads(file.read_bytes().decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file.name}: {error}") from error
    try:
        return _system(file.name.removesuffix(".toml"), table)
    except _Wrong as error:
        raise CatalogueError(f"{file.name}: {error}") from None


class _Wrong(Exception):
    """What is wrong; the places around it come in front on the way out."""


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except _Wrong as error:
        raise _Wrong(f"{place}: {error}") from None
    except KeyError as error:
        raise _Wrong(f"{place}: no {error.args[0]!r}") from None
    except (TypeError, AttributeError, vocabulary.UnknownWord) as error:
        raise _Wrong(f"{place}: {error}") from None


def _system(key: str, table: dict[str, Any]) -> System:
    if unknown := set(table) - _TABLES:
        raise _Wrong(f"no such tables: {', '.join(sorted(unknown))}")
    with _at("sources"):
        sources = {name: _source(name, each) for name, each in table["sources"].items()}
    read = _Reader(table, sources)
    with _at("entry"):
        return System(
            key=key,
            name=read.text("name"),
            aliases=read.texts("aliases"),
            kinds=read.words("kinds"),
            distribution=read.text("distribution"),
            summary=read.bilingual("summary"),
            links=read.links(),
            release=read.release(),
            install=read.install(),
            interfaces=read.sourced("interfaces"),
            colours=read.sourced("colours"),
            features=read.sourced("features"),
            strengths=read.claims("strengths"),
            weaknesses=read.claims("weaknesses"),
            good_for=read.claims("good_for"),
            poor_for=read.claims("poor_for"),
            corrections=read.corrections(),
            declared=read.declared(),
            ancestors=read.texts("ancestors"),
            successors=read.texts("successors"),
        )


def _source(name: str, table: Mapping[str, Any]) -> Source:
    with _at(name):
        if not isinstance(checked := table["checked"], date):
            raise _Wrong("'checked' is no date, such as 2026-11-22")
        vocabulary.check("sources", table["kind"])
        return Source(checked=checked, **{k: v for k, v in table.items() if k != "checked"})


class _Reader:
    """One entry's table, read part by part."""

    def __init__(self, table: Mapping[str, Any], sources: Mapping[str, Source]) -> None:
        self.table = table
        self.sources = sources

    def text(self, key: str) -> str:
        value = self.table[key]
        if not isinstance(value, str):
            raise _Wrong(f"{key!r} is no text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self.table.get(key, ()))

    def words(self, key: str) -> tuple[str, ...]:
        for word in (words := self.texts(key)):
            vocabulary.check(key, word)
        return words

    def sourced(self, key: str) -> dict[str, Source]:
        with _at(key):
            words = self.table.get(key, {})
            for word in words:
                vocabulary.check(key, word)
            return {word: self.source(name) for word, name in words.items()}

    def source(self, name: str) -> Source:
        if name not in self.sources:
            raise _Wrong(f"no source {name!r}")
        return self.sources[name]

    def bilingual(self, key: str) -> Text:
        with _at(key):
            return bilingual(self.table[key])

    def links(self) -> Links:
        with _at("links"):
            return Links(**self.table.get("links", {}))

    def release(self) -> Release:
        with _at("release"):
            table = dict(self.table["release"])
            source = self.source(table.pop("source"))
            if not isinstance(table["date"], date):
                raise _Wrong("'date' is no date, such as 2026-11-22")
            return Release(source=source, **table)

    def install(self) -> Install:
        with _at("install"):
            table = self.table["install"]
            remedies = self.each(table.get("remedies", ()), "remedies")
            return Install(table["command"], tuple(table.get("ran_on", ())), remedies)

    def claims(self, key: str) -> tuple[Claim, ...]:
        return self.each(self.table.get(key, ()), key)

    def each(self, tables: Any, place: str) -> tuple[Claim, ...]:
        found = []
        for number, table in enumerate(tables, 1):
            with _at(f"{place} {number}"):
                found.append(Claim(bilingual(table), self.source(table["source"])))
        return tuple(found)

    def corrections(self) -> tuple[Correction, ...]:
        found = []
        for number, table in enumerate(self.table.get("corrections", ()), 1):
            with _at(f"corrections {number}"):
                said, today = bilingual(table["said"]), bilingual(table["today"])
                found.append(Correction(said, today, self.source(table["source"])))
        return tuple(found)

    def declared(self) -> Declared | None:
        if "declared" not in self.table:
            return None
        with _at("declared"):
            table = self.table["declared"]
            vocabulary.check("statuses", table["status"])
            return Declared(table["status"], self.source(table["source"]))


def bilingual(table: Mapping[str, Any]) -> Text:
    """The text of a table with `en` and `zh`."""
    text = Text(table["en"], table["zh"])
    if not (text.en.strip() and text.zh.strip()):
        raise _Wrong("a language is empty")
    if not re.search(r"[\u4e00-\u9fff]", text.zh):
        raise _Wrong("'zh' is not Chinese")
    return text
