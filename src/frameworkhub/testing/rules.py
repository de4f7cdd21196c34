"""The numbered rules of the suite, read from `docs/semantics.md`; pytest is not needed for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

from ..errors import HubError

_HERE = Path(__file__).parent
# In a wheel the page lies beside this module, in a checkout where its readers look for it.
_PLACES = (_HERE / "semantics.md", _HERE.parents[2] / "docs" / "semantics.md")
_RULE = re.compile(r"^- \*\*(\w+)\.\*\* (.*?)(?=^- |^#|^<!--|\Z)", re.MULTILINE | re.DOTALL)


@attrs.frozen
class Rule:
    """One rule.

    Attributes:
        number: a letter and a number, such as "P1".
        section: the heading that it stands under, such as "Paths".
        text: what holds, as Markdown in one line.
        tests: the names of the test functions that prove it.
    """

    number: str
    section: str
    text: str
    tests: tuple[str, ...]


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its number, in the order of the page.

    Raises:
        HubError: this installation has no page.
    """
    return {rule.number: rule for rule in parse(page())}


def page() -> str:
    """The text of `docs/semantics.md`; raises HubError if this installation has none."""
    for place in _PLACES:
        if place.is_file():
            return place.read_text("utf-8")
    raise HubError(f"this installation has no rules of the suite: {_PLACES[0]} is missing")


def parse(text: str) -> Iterator[Rule]:
    """The rules of a page."""
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        section = part.partition("\n")[0].strip()
        for number, body in _RULE.findall(part):
            said, _, tests = body.partition("Tests:")
            names = tuple(re.findall(r"`(test_\w+)`", tests))
            yield Rule(number, section, " ".join(said.split()), names)


def in_section(section: str) -> tuple[Rule, ...]:
    """The rules under one heading, such as "WebSocket"."""
    return tuple(rule for rule in all_rules().values() if rule.section == section)
