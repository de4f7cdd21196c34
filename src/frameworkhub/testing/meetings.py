"""Where requests wait for each other: that they are at work at once is seen, not timed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict


class Meeting:
    """Who comes waits for the others, as long as they go on coming."""

    def __init__(self) -> None:
        self._there = 0
        self._over = False
        self._changed = threading.Condition()

    def _arrive(self) -> None:
        with self._changed:
            self._there += 1
            self._changed.notify_all()

    def come(self, size: int, patience: float = 30) -> bool:
        """Whether, with this one, `size` have come; False if nobody came for `patience` seconds."""
        self._arrive()
        with self._changed:
            seen = 0
            while self._there > seen and self._there < size and not self._over:
                seen = self._there
                self._changed.wait(patience)
            # So that the others don't wait in their turn.
            self._over = True
            self._changed.notify_all()
            return self._there >= size

    async def acome(self, size: int, patience: float = 30) -> bool:
        """`come`, without blocking the loop."""
        self._arrive()
        end = time.monotonic() + patience
        while self._there < size and not self._over and time.monotonic() < end:
            await asyncio.sleep(0.01)
        return self._there >= size


MEETINGS: defaultdict[str, Meeting] = defaultdict(Meeting)
