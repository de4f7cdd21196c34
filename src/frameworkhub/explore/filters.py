"""What the query of the table asks for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import attrs

from ..catalogue import find, system, vocabulary
from ..catalogue.model import System
from ..errors import HubError
from ..multidicts import Fields

SINGLE = ("kind", "interface", "colour", "status", "licence", "python", "text")
MANY = ("feature",)
FLAGS = ("adapter",)


@attrs.frozen
class Filters:
    """A parsed query.

    Attributes:
        asked: the questions of `catalogue.find` that it asks, features apart.
        features: what a system must have.
        sort: a column of the table, with `-` in front for the reverse.
        ticked: the systems that are to be compared.
    """

    asked: Mapping[str, Any]
    features: tuple[str, ...] = ()
    sort: str = ""
    ticked: tuple[System, ...] = ()

    @property
    def needs(self) -> dict[str, Any]:
        """All questions together, for `find` and `recommend`."""
        return {**self.asked, **dict.fromkeys(self.features, True)}

    def found(self, *without: str) -> tuple[System, ...]:
        """The systems that fit, some questions left out."""
        return find(**{name: value for name, value in self.needs.items() if name not in without})

    def with_default(self, **answers: str) -> Filters:
        """The same with these answers to what is not asked."""
        return attrs.evolve(self, asked={**answers, **self.asked})

    def one(self, name: str) -> str:
        """The value of a question as the query has it, "" if it is not asked."""
        value = self.asked.get(name, "")
        return str(value).lower() if isinstance(value, bool) else value


def read(query: Fields, *others: str) -> Filters:
    """The filters of a query; empty values ask nothing.

    Args:
        others: parameters that may stand there beside the filters.

    Raises:
        HubError: there is no such parameter, or no such value; the near ones are in the message.
        UnknownSystem: one of the ticked systems is not in the catalogue.
    """
    known(query, *SINGLE, *MANY, *FLAGS, *others)
    asked: dict[str, Any] = {name: value for name in SINGLE if (value := single(query, name))}
    asked |= {
        name: value == "true" for name in FLAGS if (value := choice(query, name, "true", "false"))
    }
    features = tuple(dict.fromkeys(each for each in query.getlist("feature") if each))
    for feature in features:
        vocabulary.check("features", feature)
    return Filters(asked, features, single(query, "sort"), ticked(query))


def ticked(query: Fields) -> tuple[System, ...]:
    """The systems that `with` names, each once. Raises UnknownSystem."""
    names = (name for name in query.getlist("with") if name)
    return tuple({found.key: found for found in map(system, names)}.values())


def known(query: Fields, *names: str) -> None:
    """Raises HubError for a parameter that is none of these."""
    for name in query:
        if name not in (*names, "lang"):
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names
            raise HubError(f"no parameter {name!r}; there are {', '.join(near)}")


def single(query: Fields, name: str) -> str:
    """The one value of a parameter, "" if there is none; HubError if there are several."""
    values = [value for value in query.getlist(name) if value]
    if len(values) > 1:
        raise HubError(f"{name} is there {len(values)} times; it takes one value")
    return values[0].strip() if values else ""


def choice(query: Fields, name: str, *values: str) -> str:
    """The same, where only these values have a meaning; HubError for others."""
    value = single(query, name)
    if value and value not in values:
        raise HubError(f"{name}={value!r} is not {' or '.join(values)}")
    return value
