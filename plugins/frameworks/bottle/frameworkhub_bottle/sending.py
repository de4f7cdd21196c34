"""Responses that leave Bottle as the hub made them, and are closed when they have left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.responses import IMPLIED

CLOSERS = "frameworkhub.closers"
INVENTED = ("Content-Type", "Content-Length")


def to_response(response: hub.Response, native: Any) -> Any:
    """Makes `bottle.response` the hub's; gives the body, for the callback to return."""
    show(native, response.status_line, response.header_list, response.body is None)
    return response.body if response.delivery is None else response.iterable


def show(native: Any, status: str, pairs: list[tuple[str, str]], is_exact: bool = True) -> None:
    """Gives `bottle.response` the status and the fields of the hub's, besides those it has.

    Args:
        is_exact: without a length it stays, as Bottle invents none.
    """
    if native._status_line != status:
        native.status = status
    hooks = native._headers
    # Where Bottle has nothing to invent, nor to encode:
    if hooks or not pairs or pairs[0] not in IMPLIED:
        native._headers = merged(pairs, hooks)
    elif len(pairs) == 2 and pairs[1][0] == "content-length":
        native._headers = {"Content-Type": [pairs[0][1]], "Content-Length": [pairs[1][1]]}
    elif len(pairs) == 1 and is_exact:
        native._headers = {"Content-Type": [pairs[0][1]]}
    else:
        native._headers = merged(pairs, hooks)


def merged(pairs: list[tuple[str, str]], set_by_hooks: dict[str, list[str]]) -> Fields:
    fields = Fields()
    for name, value in pairs:
        text = value if value.isascii() else Latin1(value)
        fields.setdefault(name.title(), []).append(text)
    for name, values in set_by_hooks.items():
        fields.setdefault(name, values)
    return fields


class Latin1(str):
    """A field's value, which Bottle would send in UTF-8."""

    def encode(self, *_: str) -> bytes:
        return super().encode("latin-1")


class Fields(dict[str, list[str]]):
    """Header fields. Bottle misses none in it, and leaves none out with a 204 or 304."""

    def __contains__(self, name: object) -> bool:
        return name in INVENTED or super().__contains__(name)

    def items(self) -> Any:
        return [(name.lower(), values) for name, values in super().items()]


class Closing:
    """A Bottle application's `wsgi` that closes bodies after sending.

    Bottle closes one that it does not send (HEAD, 204) before that, and an empty one never.
    """

    def __init__(self, inner: wsgi.WSGIApp) -> None:
        self.inner = inner

    def __call__(self, environ: wsgi.Environ, start_response: Callable[..., Any]) -> Any:
        closers: list[Callable[[], None]] = []
        environ[CLOSERS] = closers
        try:
            body = self.inner(environ, start_response)
        except BaseException:
            for close in closers:
                close()
            raise
        return Closed(body, closers) if closers else body


class Closed:
    """A body, and what closes it."""

    def __init__(self, body: Iterable[bytes], closers: list[Callable[[], None]]) -> None:
        self._body = body
        self._closers = closers

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        closers = [*self._closers, getattr(self._body, "close", None)]
        self._closers.clear()  # The environ has them: a cycle for the garbage collector.
        for close in closers:
            if close is not None:
                close()
