"""Responses that leave Bottle as the hub made them, and are closed when they have left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import frameworkhub as hub
from frameworkhub import wsgi

CLOSERS = "frameworkhub.closers"
INVENTED = ("Content-Type", "Content-Length")


def to_response(response: hub.Response, native: Any) -> Any:
    """Makes `bottle.response` the hub's; gives the body, for the callback to return."""
    if native.status_line != response.status_line:
        native.status = response.status_line
    fields = Fields()
    for name, value in response.header_list:
        text = value if value.isascii() else Latin1(value)
        fields.setdefault(name.title(), []).append(text)
    for name, values in native._headers.items():  # set by hooks
        fields.setdefault(name, values)
    native._headers = fields
    return response.iterable


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
        return closing(body, closers) if closers else body


def closing(body: Iterable[bytes], closers: list[Callable[[], None]]) -> Iterable[bytes]:
    from werkzeug.wsgi import ClosingIterator

    return ClosingIterator(body, closers)
