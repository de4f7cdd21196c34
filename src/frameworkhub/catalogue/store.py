"""Where entries come from: this package, plugins, and the user's own data file over them."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.metadata import entry_points
from importlib.resources.abc import Traversable

import attrs

from ..errors import HubError
from . import measured as records
from . import userdata, vocabulary
from .loading import CatalogueError, read
from .measured import Measured
from .model import System


class UnknownSystem(HubError):
    """The catalogue has no such system; the message has the near names."""


def systems() -> tuple[System, ...]:
    """Every system, by name.

    Raises:
        CatalogueError: an entry of the catalogue itself is malformed. One that a plugin brings is
            left out instead, with a warning.
    """
    return _sorted()


def system(name: str) -> System:
    """The system of that key, name, alias or distribution.

    Case, spaces, dots and hyphens don't count: "web.py", "Zope2", "index.py".

    Raises:
        UnknownSystem: there is none; the near names are in the message.
    """
    key = _names().get(plain(name))
    if key is not None:
        return _by_key()[key]
    near = [_by_key()[_names()[each]].name for each in _near(plain(name))]
    hint = f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else "see frameworkhub list"
    raise UnknownSystem(f"the catalogue has no {name!r}; {hint}")


def plain(name: str) -> str:
    """A name as it is looked up: letters and digits alone, without case."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _near(name: str) -> list[str]:
    found = difflib.get_close_matches(name, _names(), n=3, cutoff=0.6)
    return found or [each for each in _names() if name and name in each][:3]


def measured(key: str) -> tuple[Measured, ...]:
    """What was measured of the adapters to this system."""
    return _measured().get(key, ())


def forget() -> None:
    """Reads everything anew at the next question, as after a refresh."""
    for cached in (_by_key, _sorted, _names, _measured, _plugins):
        cached.cache_clear()


@cache
def _sorted() -> tuple[System, ...]:
    return tuple(sorted(_by_key().values(), key=lambda each: each.name.casefold()))


@cache
def _by_key() -> Mapping[str, System]:
    own = resources.files(__package__).joinpath("entries")
    found = {entry.key: entry for entry in map(read, _files(own, ".toml"))}
    for plugin, folder in _plugins():
        for entry in _foreign(plugin, folder):
            if entry.key in found:
                warnings.warn(f"{plugin}: the catalogue has {entry.key!r} already", stacklevel=2)
            found.setdefault(entry.key, entry)
    refreshed = userdata.releases()
    return {key: _refreshed(entry, refreshed) for key, entry in found.items()}


def _refreshed(entry: System, releases: userdata.Releases) -> System:
    newer = releases.get(entry.distribution)
    if newer is None or newer.source.checked < entry.release.source.checked:
        return entry
    return attrs.evolve(entry, release=newer)


@cache
def _names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for entry in _by_key().values():
        for name in (entry.key, entry.name, entry.distribution, *entry.aliases):
            names.setdefault(plain(name), entry.key)
    names.pop("", None)
    return names


@cache
def _measured() -> Mapping[str, tuple[Measured, ...]]:
    own = resources.files(__package__).joinpath("measured")
    found: dict[str, dict[str, Measured]] = {}
    for plugin, folder in (("", own), *((p, f.joinpath("measured")) for p, f in _plugins())):
        for record in _records(plugin, folder):
            found.setdefault(record.name, {}).setdefault(record.kind, record)
    return {name: tuple(of_kind.values()) for name, of_kind in found.items()}


def _records(plugin: str, folder: Traversable) -> Iterator[Measured]:
    """The records in a folder; a malformed one of a plugin is left out, with a warning."""
    for kind in vocabulary.all_words()["kinds"]:
        for file in _files(folder.joinpath(kind), ".json"):
            try:
                yield records.from_json(file.read_text("utf-8"))
            except HubError as error:
                if not plugin:
                    raise CatalogueError(f"{file.name}: {error}") from error
                warnings.warn(f"{plugin}: {file.name}: {error}; it is left out", stacklevel=2)


def _files(folder: Traversable, suffix: str) -> Iterator[Traversable]:
    if folder.is_dir():
        yield from sorted(
            (file for file in folder.iterdir() if file.name.endswith(suffix)),
            key=lambda file: file.name,
        )


@cache
def _plugins() -> tuple[tuple[str, Traversable], ...]:
    """The folders of plugins, each with the name to blame; a broken plugin is left out."""
    found = []
    if not entry_points(group="frameworkhub.catalogue"):
        return ()  # without pluggy, which takes longer to import than all entries to read
    from .. import registry

    for adapter in registry.adapters("catalogue"):
        try:
            folders: Iterable[Traversable] = adapter.hook.systems() or ()
        except HubError as error:
            warnings.warn(str(error), stacklevel=2)
            continue
        found += [(f"{adapter.distribution} {adapter.version}", folder) for folder in folders]
    return tuple(found)


def _foreign(plugin: str, folder: Traversable) -> Iterator[System]:
    for file in _files(folder, ".toml"):
        try:
            yield read(file)
        except CatalogueError as error:
            warnings.warn(f"{plugin}: {error}; it is left out", stacklevel=2)
