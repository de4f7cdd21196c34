"""The hub's responses as Django's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import ResponseHeaders

import frameworkhub as hub

Pairs = list[tuple[str, str]]


class Fields(ResponseHeaders):  # type: ignore[misc]
    """Header fields in order, with repeats, which leave as they are.

    Setting one replaces all of its name. `Set-Cookie` is among them; the cookies that middleware
    sets come from `response.cookies`.
    """

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = list(pairs)

    def __repr__(self) -> str:
        return repr(self._pairs)

    def items(self) -> Pairs:
        return self._pairs

    def __getitem__(self, name: str) -> str:
        wanted = name.lower()
        values = [value for key, value in self._pairs if key.lower() == wanted]
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __setitem__(self, name: str, value: Any) -> None:
        field = (
            self._convert_to_charset(name, "ascii"),
            self._convert_to_charset(value, "latin-1", mime_encode=True),
        )
        names = [key.lower() for key, _ in self._pairs]
        place = names.index(name.lower()) if name.lower() in names else len(names)
        self.pop(name)
        self._pairs.insert(place, field)

    def pop(self, name: str, default: Any = None) -> Any:
        found = self.get(name, default)
        self._pairs = [field for field in self._pairs if field[0].lower() != name.lower()]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter({key.lower(): key for key, _ in self._pairs}.values())

    def __len__(self) -> int:
        return len({key.lower() for key, _ in self._pairs})


class AsItIs:
    """Over Django's response classes: the header fields and the reason are the hub's.

    It has what Django's constructor gives to an empty response, in a fifth of the time.
    """

    shared: dict[str, Any]
    own: list[tuple[str, type]]

    def __init__(self, response: hub.Response) -> None:
        known = vars(self)
        known.update(self.shared)
        for name, kind in self.own:
            known[name] = kind()
        known["headers"] = Fields(response.header_list)
        known["status_code"] = status = response.status
        if status != 200:  # for that Django's is the same
            known["_reason_phrase"] = response.status_line[4:]


def blank(native: Any) -> tuple[dict[str, Any], list[tuple[str, type]]]:
    """A response's attributes: what all may share, and of what type each has one of its own."""
    known = {k: v for k, v in vars(native).items() if k not in ("headers", "_iterator")}
    shared = {name: value for name, value in known.items() if isinstance(value, str | int | None)}
    return shared, [(name, type(value)) for name, value in known.items() if name not in shared]


class Whole(AsItIs, HttpResponse):  # type: ignore[misc]
    """A body of bytes."""

    shared, own = blank(HttpResponse(b"", ""))


class Streamed(AsItIs, StreamingHttpResponse):  # type: ignore[misc]
    """A body that comes chunk by chunk."""

    shared, own = blank(StreamingHttpResponse((), ""))
    _given: Any

    # Django would look at each chunk whether it is text.

    def __iter__(self) -> Any:
        return self._given if self._iterator is self._given else super().__iter__()

    def __aiter__(self) -> Any:
        return self._given if self._iterator is self._given else super().__aiter__()


def to_response(response: hub.Response, chunks: Any = None) -> Any:
    """The hub's response as Django's; `chunks` is the body of a stream."""
    reply: Any
    if response.body is not None:
        reply = Whole(response)
        reply._container = [response.body]
        return reply
    reply = Streamed(response)
    reply.is_async = not hasattr(chunks, "__iter__")
    reply._iterator = reply._given = aiter(chunks) if reply.is_async else iter(chunks)
    return reply
