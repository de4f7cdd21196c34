"""The head of a response, in one piece."""

from __future__ import annotations

from functools import lru_cache
from time import time
from typing import Any

from twisted.web import server
from twisted.web.http import datetimeToString
from twisted.web.http_headers import Headers

from frameworkhub.responses import IMPLIED

Field = tuple[str, str]


def head_of(request: Any, line: str, fields: list[Field]) -> bytes | None:
    """The head of a response, but for the empty line: what Twisted would write in some thirty
    pieces. None where others have a say in the response of which only Twisted's `write` knows.

    Args:
        request: a `server.Request`.
        line: the status with its reason.
        fields: without line breaks; with a Content-Length, if there is one.
    """
    if request.clientproto != b"HTTP/1.1" or request._encoder is not None or request.cookies:
        return None
    if request.lastModified is not None or request.etag is not None:
        return None
    others = dict(request.responseHeaders.getAllRawHeaders())
    if not others and _is_usual(fields):
        return _usual(line, *fields) + _ending(int(time()))
    said = {_spelt(name) for name, _ in fields}
    for name, values in {**standard(), **others}.items():
        if (spelt := name.decode("latin-1")) not in said:
            fields = fields + [(spelt, value.decode("latin-1")) for value in values]
    return _head(line, *fields)


def standard() -> dict[bytes, list[bytes]]:
    """The fields that Twisted adds to every response."""
    return _standard(int(time()))


@lru_cache(maxsize=1)
def _standard(second: int) -> dict[bytes, list[bytes]]:
    return {b"Server": [server.version], b"Date": [datetimeToString(second)]}


@lru_cache(maxsize=1)
def _ending(second: int) -> bytes:
    return b"".join([b"%b: %b\r\n" % (name, v) for name, (v,) in _standard(second).items()])


def _is_usual(fields: list[Field]) -> bool:
    """Whether there are but a few such heads."""
    if not fields or fields[0] not in IMPLIED:
        return False
    return len(fields) == 1 or (len(fields) == 2 and fields[1][0] == "content-length")


def _head(line: str, *fields: Field) -> bytes:
    lines = [f"{_spelt(name)}: {value}\r\n" for name, value in fields]
    return f"HTTP/1.1 {line}\r\n{''.join(lines)}".encode("latin-1")


_usual = lru_cache(maxsize=256)(_head)


@lru_cache(maxsize=256)
def _spelt(name: str) -> str:
    """The name of a field as Twisted writes it."""
    ((spelt, _),) = Headers({name: [""]}).getAllRawHeaders()
    return spelt.decode("latin-1")
