"""The languages of the pages: which one a request wants, and the labels in each."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from ..catalogue.model import LANGUAGES, Text
from ..errors import HubError
from ..requests import Request

DEFAULT = "FRAMEWORKHUB_LANG"
"""The environment variable that names the language of visitors who choose none."""


@cache
def labels() -> Mapping[str, Text]:
    """Every label of the interface (texts.toml)."""
    text = resources.files(__package__).joinpath("texts.toml").read_text("utf-8")
    return {name: Text(**table) for name, table in tomllib.loads(text).items()}


def chosen(request: Request) -> str | None:
    """What `?lang=` says, None if nothing.

    Raises:
        HubError: it is none of the languages.
    """
    language = request.query.get("lang")
    return check(language) if language else None


def check(language: str) -> str:
    """The language itself. Raises HubError if the pages don't speak it."""
    if language not in LANGUAGES:
        raise HubError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
    return language


def preferred(request: Request) -> str:
    """The language where the address names none: by the environment, else by Accept-Language."""
    from werkzeug.datastructures import LanguageAccept
    from werkzeug.http import parse_accept_header

    if given := os.environ.get(DEFAULT):
        return check(given)
    accepted = parse_accept_header(request.headers.get("accept-language"), LanguageAccept)
    tags = (tag.partition("-")[0].lower() for tag, quality in accepted if quality)
    return next((tag for tag in tags if tag in LANGUAGES), LANGUAGES[0])
