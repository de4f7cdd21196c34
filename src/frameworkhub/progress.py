"""A progress bar on a terminal."""

from __future__ import annotations

import sys
from time import monotonic

WIDTH = 30


class Progress:
    """A bar on standard error, where that is a terminal.

    Args:
        total: how much there is to do, in seconds or whatever else `advance` is told in.
    """

    def __init__(self, total: float) -> None:
        self.total = total
        self.done = 0.0
        self.what = ""
        self.start = monotonic()
        self.shown = sys.stderr.isatty()

    def advance(self, amount: float) -> None:
        self.done += amount
        if self.shown:
            sys.stderr.write(f"\r\x1b[K{self.line()}")
            sys.stderr.flush()

    def line(self) -> str:
        """The bar, the time that is left, and what is being done."""
        part = min(self.done / self.total, 1.0)
        filled = round(part * WIDTH)
        left = (monotonic() - self.start) * (1 - part) / part if part else 0.0
        minutes, seconds = divmod(round(left), 60)
        bar = "#" * filled + "-" * (WIDTH - filled)
        return f"[{bar}] {part:4.0%}  {minutes}:{seconds:02} left  {self.what}"[:79]

    def end(self) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
