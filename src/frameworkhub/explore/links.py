"""Addresses of the pages: under any prefix, in the language that was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from ..requests import Request

Pairs = Iterable[tuple[str, str]]


class Links:
    """What a page links to.

    Args:
        language: the chosen one, which every link keeps; None if none was chosen.
    """

    def __init__(self, request: Request, language: str | None) -> None:
        self.request = request
        self.kept = [("lang", language)] if language else []

    def to(self, route: str, query: Pairs = (), **params: Any) -> str:
        """The address of a route, with a query."""
        return _joined(self.request.url_for(route, **params), [*query, *self.kept])

    def here(self, changes: Mapping[str, str | Iterable[str] | None]) -> str:
        """The address of this page with parameters of its query changed; None takes one away."""
        query = self.request.query.multi_items()
        pairs = [(name, value) for name, value in query if name not in changes and value]
        for name, value in changes.items():
            values = [value] if isinstance(value, str) else value or ()
            pairs += [(name, each) for each in values]
        return _joined(self._path(), pairs)

    def _path(self) -> str:
        route, params = self.request.route, self.request.path_params
        if route is None:  # an error where there is no page
            return self.request.url_for("systems")
        return self.request.url_for(route.name, **params)


def _joined(path: str, query: Pairs) -> str:
    encoded = urlencode(list(query))
    return f"{path}?{encoded}" if encoded else path


def web(url: str) -> str:
    """The address if a browser may follow it (http, https), else ""."""
    return url if url.startswith(("https://", "http://")) else ""
