"""Multi-dicts: werkzeug's, held to the rules of this library. Imported where one is first used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import werkzeug.urls  # noqa: F401  registers the error handler that keeps bad escapes
from werkzeug.datastructures import Headers as _Headers
from werkzeug.datastructures import ImmutableMultiDict

from .headers import check


class Headers(_Headers):
    """Case-insensitive fields in order, with repeats; what can't be sent is refused at once."""

    @classmethod
    def over(cls, pairs: list[tuple[str, str]]) -> Headers:
        """A view of `pairs`: changes go into that very list."""
        headers = cls()
        headers._list = pairs
        return headers

    def add(self, key: str, value: Any, /, **kwargs: Any) -> None:
        super().add(key, check(key, value), **kwargs)

    def set(self, key: str, value: Any, /, **kwargs: Any) -> None:
        super().set(key, check(key, value), **kwargs)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"header names are str, not {type(key).__name__}")
        self.set(key, value)


class Fields(ImmutableMultiDict[str, str]):
    """The fields of a query or a form: order and repeats are kept.

    `multi_items()` is the flat list, in the order in which they were sent.
    """

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = list(items)
        super().__init__(self._items)

    def multi_items(self) -> list[tuple[str, str]]:
        return list(self._items)


def parse_query(query_string: str) -> Fields:
    """Blank values are kept, `+` is a space, escapes that are no UTF-8 stay as they are."""
    return Fields(parse_qsl(query_string, keep_blank_values=True, errors="werkzeug.url_quote"))
