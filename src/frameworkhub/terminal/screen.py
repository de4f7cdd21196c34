"""Where the command line writes to: its width, language and encoding, and whether it has bold."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

import attrs

from ..errors import HubError
from .typesetting import NO_BREAK_SPACE, WORD_JOINER

LANGUAGES = ("en", "zh")
# What an encoding without the symbol gets instead, as wide.
SYMBOLS = {"…": "~", "✓": "x", "—": "-", "·": "|", "•": "*", "“": '"', "”": '"'}


@attrs.frozen
class Screen:
    """Where output goes to.

    Attributes:
        columns: its width.
        language: "en" or "zh".
        encoding: of the stream.
        styled: whether it takes escape sequences (ECMA-48, SGR) for bold and faint text.
    """

    columns: int
    language: str
    encoding: str
    styled: bool = False

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.styled and text else text

    def faint(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self.styled and text else text

    def can_show(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def text(self, lines: Iterable[str]) -> str:
        """The lines as one text that the encoding can carry, if with `\\u` escapes."""
        text = "\n".join(lines).replace(NO_BREAK_SPACE, " ").replace(WORD_JOINER, "")
        for symbol, plain in SYMBOLS.items():
            if symbol in text and not self.can_show(symbol):
                text = text.replace(symbol, plain)
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)


def screen(language: str | None = None, stream: TextIO | None = None) -> Screen:
    """What `stream` (default: standard output) is, and the language that is wanted there.

    Args:
        language: "en" or "zh"; None: as the locale says, in English where its encoding has no
            Chinese.

    Raises:
        HubError: Chinese is asked for, and the encoding has none.
    """
    stream = stream or sys.stdout
    chosen = language or of_locale(os.environ)
    columns = shutil.get_terminal_size().columns
    found = Screen(columns, chosen, stream.encoding or "utf-8", _is_styled(stream))
    if chosen == "en" or found.can_show("中文"):
        return found
    if language:
        message = f"the encoding of the output, {found.encoding}, has no Chinese"
        raise HubError(f"{message}; set PYTHONIOENCODING=utf-8, or ask for --lang en")
    return attrs.evolve(found, language="en")


def of_locale(environ: Mapping[str, str]) -> str:
    """The language of the messages (POSIX, Environment Variables: the first that is set counts)."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environ[name] for name in names if environ.get(name)), "")
    return "zh" if locale.casefold().startswith("zh") else "en"


def _is_styled(stream: TextIO) -> bool:
    """On a terminal, unless the user says otherwise (no-color.org)."""
    environ = os.environ
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
