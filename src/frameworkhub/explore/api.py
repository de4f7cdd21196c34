"""The JSON API under `/api`: what the pages show, for programs, in both languages at once."""

from __future__ import annotations

from typing import Any

import attrs

from .. import catalogue
from ..app import App
from ..catalogue import vocabulary
from ..errors import HTTPError
from ..requests import Request
from . import filters, matrix, table

api = App(name="explore_api")


@api.get("/systems")
def systems(request: Request) -> dict[str, Any]:
    """The table: the same parameters, the same order."""
    asked = filters.read(request.query, "sort")
    found = table.ordered(asked.found(), asked.sort)
    rows = [table.summary(system) for system in found]
    return {"count": len(found), "of": len(catalogue.systems()), "systems": rows}


@api.get("/systems/{key}")
def system(request: Request, key: str) -> dict[str, Any]:
    """All of one system, what is installed here too; by any of its names."""
    filters.known(request.query)
    return named(key).to_dict()


def named(name: str) -> catalogue.System:
    """The system of that name; HTTPError 404, with the near names, if there is none."""
    try:
        return catalogue.system(name)
    except catalogue.UnknownSystem as error:
        raise HTTPError(404, str(error)) from None


@api.get("/compare")
def compare(request: Request) -> dict[str, Any]:
    """Systems side by side: `with` for each of them."""
    filters.known(request.query, "with")
    return catalogue.compare(*request.query.getlist("with")).to_dict()


@api.get("/recommend")
def recommend(request: Request) -> list[dict[str, Any]]:
    """The best systems for what is needed."""
    return [each.to_dict() for each in recommended(request)]


def recommended(request: Request) -> tuple[catalogue.Recommendation, ...]:
    """The recommendations that a query asks for.

    Raises:
        HubError: there is no such need, or no such word.
    """
    asked = filters.read(request.query, "limit")
    limit = filters.single(request.query, "limit") or "5"
    if not limit.isdecimal():
        raise HTTPError(400, f"limit={limit!r} is no number")
    return catalogue.recommend(limit=int(limit), **asked.needs)


@api.get("/vocabulary")
def words(request: Request) -> dict[str, Any]:
    """Every word that the other answers use, with its label and its definition."""
    filters.known(request.query)
    return {
        group: {name: attrs.asdict(word) for name, word in words.items()}
        for group, words in vocabulary.all_words().items()
    }


@api.get("/matrix", name="matrix")
def rules(request: Request) -> dict[str, Any]:
    """The rules of the conformance suite by adapters."""
    filters.known(request.query)
    return matrix.to_dict(matrix.matrix())
