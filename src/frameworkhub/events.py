"""Server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

import attrs

from .responses import dump_json

# Sent at once, so that the client knows that the stream is open before there is any event.
OPEN = b":\n\n"


@attrs.frozen
class Event:
    """One event.

    Attributes:
        data: str, or anything JSON-able.
        event: its type; the client's default is "message".
        id: what the client gives back as `Last-Event-ID` when it reconnects.
        retry: milliseconds that the client waits before it reconnects.

    Raises:
        ValueError: `event` or `id` has a line break or, in `id`, a NUL.
    """

    data: Any
    event: str | None = None
    id: str | None = None
    retry: int | None = None

    def __attrs_post_init__(self) -> None:
        for value in (self.event, self.id):
            if value is not None and any(c in value for c in "\r\n\0"):
                raise ValueError(f"{value!r} can't be an event's type or id")

    def encode(self) -> bytes:
        text = self.data if isinstance(self.data, str) else dump_json(self.data).decode()
        fields = [("event", self.event), ("id", self.id), ("retry", self.retry)]
        lines = [f"{name}: {value}\n" for name, value in fields if value is not None]
        # The three line breaks of the format, and no other of those that str.splitlines knows.
        data = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "".join([*lines, *(f"data: {line}\n" for line in data), "\n"]).encode()


def _encode(event: Any) -> bytes:
    return (event if isinstance(event, Event) else Event(event)).encode()


def encoded(events: Iterable[Any] | AsyncIterable[Any]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """The chunks of an event stream, in the colour of `events`."""
    return _aencoded(events) if isinstance(events, AsyncIterable) else _encoded(events)


def _encoded(events: Iterable[Any]) -> Iterator[bytes]:
    try:
        yield OPEN
        for event in events:
            yield _encode(event)
    finally:
        if hasattr(events, "close"):
            events.close()


async def _aencoded(events: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    try:
        yield OPEN
        async for event in events:
            yield _encode(event)
    finally:
        if hasattr(events, "aclose"):
            await events.aclose()
