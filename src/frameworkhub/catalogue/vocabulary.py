"""The words that entries may use: kinds, interfaces, colours, features, statuses, sources."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import attrs

from ..errors import HubError
from .model import Text


class UnknownWord(HubError):
    """The vocabulary has no such word; the message has the near ones."""


@attrs.frozen
class Word:
    """One word: what it is called, and what exactly it means."""

    name: str
    label: Text
    means: Text


@cache
def all_words() -> Mapping[str, Mapping[str, Word]]:
    """Every word by group: `all_words()["features"]["websocket"]`."""
    file = resources.files(__package__).joinpath("vocabulary.toml")
    groups = tomllib.loads(file.read_text("utf-8"))
    return {
        group: {name: _word(name, table) for name, table in words.items()}
        for group, words in groups.items()
    }


def _word(name: str, table: dict[str, str | dict[str, str]]) -> Word:
    means = table["means"]
    assert isinstance(means, dict)
    return Word(name, Text(str(table["en"]), str(table["zh"])), Text(**means))


def check(group: str, word: str) -> str:
    """The word itself. Raises UnknownWord if the group does not have it."""
    words = all_words()[group]
    if word in words:
        return word
    near = difflib.get_close_matches(str(word), words, n=3, cutoff=0.5) or list(words)
    raise UnknownWord(f"no {word!r} among the {group}; there are {', '.join(near)}")
