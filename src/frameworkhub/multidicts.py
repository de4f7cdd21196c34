"""Multi-dicts: werkzeug's, held to the rules of this library. Imported where one is first used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

import werkzeug.urls  # noqa: F401  registers the error handler that keeps bad escapes
from werkzeug.datastructures import Headers as _Headers
from werkzeug.datastructures import ImmutableMultiDict

from .headers import check

if TYPE_CHECKING:
    from .requests import Source


class Headers(_Headers):
    """Case-insensitive fields in order, with repeats; what can't be sent is refused at once."""

    @classmethod
    def over(cls, pairs: list[tuple[str, str]]) -> Headers:
        """A view of `pairs`: changes go into that very list."""
        headers = cls.__new__(cls)
        headers._list = pairs
        return headers

    def add(self, key: str, value: Any, /, **kwargs: Any) -> None:
        super().add(key, check(key, value), **kwargs)

    def set(self, key: str, value: Any, /, **kwargs: Any) -> None:
        super().set(key, check(key, value), **kwargs)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"header names are str, not {type(key).__name__}")
        text, name = check(key, value), key.lower()
        for field in self._list:
            if len(field[0]) == len(name) and field[0].lower() == name:
                return super().set(key, text)
        self._list.append((key, text))


class Received(Headers):
    """The fields of a request; the host is asked for one alone, as for most no more is needed."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        if name != "_list":
            raise AttributeError(name)
        self._list = self._source.pairs
        return self._list

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        if type is not None or "_list" in self.__dict__ or "_" in key:
            return super().get(key, default, type)
        value = self._source.header(key.lower())
        return default if value is None else value


class Fields(ImmutableMultiDict[str, str]):
    """The fields of a query or a form: order and repeats are kept.

    `multi_items()` is the flat list, in the order in which they were sent.
    """

    _items: list[tuple[str, str]]

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = []
        lists: dict[str, list[str]] = {}
        for name, value in items:
            self._items.append((name, value))
            lists.setdefault(name, []).append(value)
        _update(self, lists)

    def __getitem__(self, key: str) -> str:
        try:
            return _values(self, key)[0]  # type: ignore[no-any-return]
        except KeyError:
            return super().__getitem__(key)

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        if type is not None:
            return super().get(key, default, type)
        found = dict.get(self, key)
        return found[0] if found else default

    def multi_items(self) -> list[tuple[str, str]]:
        return list(self._items)


_new: Any = dict.__new__
_values: Any = dict.__getitem__
# As a MultiDict keeps its values; its own `__init__` takes longer to come to the same.
_update: Any = dict.update


def parse_query(query_string: str) -> Fields:
    """Blank values are kept, `+` is a space, escapes that are no UTF-8 stay as they are."""
    fields: Fields = _new(Fields)
    fields._items = items = []
    lists: dict[str, list[str]] = {}
    text = query_string.replace("+", " ")
    is_escaped = "%" in text
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            if is_escaped:
                name, value = _unquote(name), _unquote(value)
            items.append((name, value))
            if name in lists:
                lists[name].append(value)
            else:
                lists[name] = [value]
    _update(fields, lists)
    return fields


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    if text.isascii():  # What `unquote` comes to then, in a third of its time.
        return unquote_to_bytes(text).decode("utf-8", _KEEP)
    return unquote(text, errors=_KEEP)


_KEEP = "werkzeug.url_quote"
