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
    """Over Django's response classes: the header fields and the reason are the hub's."""

    def __init__(self, content: Any, response: hub.Response) -> None:
        reason = response.status_line.partition(" ")[2]
        super().__init__(content, content_type="", status=response.status, reason=reason)  # type: ignore[call-arg]
        self.headers = Fields(response.header_list)


class Whole(AsItIs, HttpResponse):  # type: ignore[misc]
    """A body of bytes."""


class Streamed(AsItIs, StreamingHttpResponse):  # type: ignore[misc]
    """A body that comes chunk by chunk."""


def to_response(response: hub.Response, chunks: Any = None) -> Any:
    """The hub's response as Django's; `chunks` is the body of a stream."""
    if response.body is not None:
        return Whole(response.body, response)
    return Streamed(chunks, response)
