"""The hub's response in one of Falcon's, of either interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frameworkhub as hub

Stream = Callable[[hub.Response], Any]


def fill(resp: Any, response: hub.Response, emitter: str, stream: Stream) -> None:
    """Gives a Falcon response the status, the fields and the body of the hub's."""
    resp.status = response.status_line
    pairs, headers = response.header_list, resp._headers
    if len(pairs) == 2 and pairs[0][0] == "content-type" and pairs[1][0] == "content-length":
        headers.update(pairs)  # as most are
    else:
        _add_fields(resp, pairs, emitter)
    if response.body is None or "content-length" not in headers:
        resp.stream = stream(response)  # Of no length, so that Falcon adds none to a HEAD.
    else:
        resp.data = response.body


def _add_fields(resp: Any, pairs: list[tuple[str, str]], emitter: str) -> None:
    """Falcon joins repeated fields.

    `emitter`, its method that gives out the fields, takes those apart again that nobody has changed
    in the meantime, and invents no content type.
    """
    fields = {name.lower(): value for name, value in pairs}
    if len(fields) < len(pairs):
        setattr(resp, emitter, _exact(getattr(resp, emitter), _join(fields, pairs)))
    elif "content-type" not in fields:
        setattr(resp, emitter, _exact(getattr(resp, emitter), {}))
    resp._headers.update(fields)


def _join(fields: dict[str, str], pairs: list[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """Joins what is repeated; returns the single values by name and joined value."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), []).append(value)
    fields.update({name: ", ".join(values[name]) for name in fields})
    return {(name, fields[name]): values[name] for name in fields}


def _exact(emit: Any, repeated: dict[tuple[str, str], list[str]]) -> Any:
    def fields(media_type: str | None = None) -> list[tuple[Any, Any]]:
        return [
            (name, value) for name, whole in emit(None) for value in _apart(name, whole, repeated)
        ]

    return fields


def _apart(name: Any, whole: Any, repeated: dict[tuple[str, str], list[str]]) -> list[Any]:
    if isinstance(name, bytes):
        key = name.decode("latin-1"), whole.decode("latin-1")
        return [value.encode("latin-1") for value in repeated.get(key, [key[1]])]
    return repeated.get((name, whole), [whole])


def report(native: Any, req: Any, error: Exception) -> None:
    """Tells the application's error reporter, if it has one, of the error behind a 500."""
    reporter = getattr(native, "_report_error", None)  # since Falcon 4.4
    if reporter is not None:
        reporter(req, error, {}, True)
