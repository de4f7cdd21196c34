"""What a host answered, as the client saw it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import attrs

Pairs = list[tuple[str, str]]


def all_of(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    """The values of a field in their order; names are case-insensitive."""
    return [value for key, value in headers if key.lower() == name.lower()]


@attrs.frozen
class Answer:
    """A whole response.

    Attributes:
        status: three digits.
        reason: the phrase; "" where the transport has none (ASGI in process).
        headers: fields as they came, in their order, names in the case they were sent.
        body: decoded from its framing.
        complete: the body ended the way its framing promised.
    """

    status: int
    reason: str
    headers: Pairs
    body: bytes
    complete: bool = True

    def header(self, name: str) -> str | None:
        """The only value of a field, None if it is absent; repeats fail the test."""
        values = self.all(name)
        assert len(values) < 2, f"{name} is repeated: {values}"
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        return all_of(self.headers, name)

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        assert self.body, f"no body to parse: {self}"
        return json.loads(self.body)
