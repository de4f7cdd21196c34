"""The selector of an event loop, in which a reactor stands."""

from __future__ import annotations

import selectors
from typing import Any


class Selector(selectors.DefaultSelector):
    """What an event loop waits with. It calls the reactor's descriptors; of its own the loop is
    told."""

    reactor: Any

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        reactor = self.reactor
        reactor.flush()
        delay = reactor.timeout()
        if timeout is None or (delay is not None and delay < timeout):
            timeout = delay
        found = super().select(timeout)
        others = [pair for pair in found if not reactor.called(*pair)]
        reactor.runUntilCurrent()
        # Without those that are no longer what they were when it was looked for them.
        return [pair for pair in others if self.get_map().get(pair[0].fd) is pair[0]]
