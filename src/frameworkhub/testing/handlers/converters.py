"""Own converters, for the topics that come after this one in the alphabet."""

from __future__ import annotations

from typing import Any

from ..app import Both


class Hex:
    """Hexadecimal numbers under 256."""

    regex = "[0-9a-f]+"

    def to_python(self, text: str) -> int:
        if int(text, 16) > 255:
            raise ValueError("over ff")
        return int(text, 16)

    def to_url(self, value: Any) -> str:
        return f"{value:x}"


class Picky:
    """A converter with a bug."""

    regex = "[a-z]+"

    def to_python(self, text: str) -> str:
        raise KeyError(text)

    def to_url(self, value: Any) -> str:
        return str(value)


def add(both: Both) -> None:
    both.app.converter("hex", Hex())
    both.app.converter("picky", Picky())
