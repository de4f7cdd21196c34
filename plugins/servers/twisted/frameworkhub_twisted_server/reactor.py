"""A reactor on asyncio that costs no more than Twisted's own.

Twisted's reactor for asyncio asks the event loop for all that it needs: for each request that is a
handle and a context for the read, another turn of the loop for the write, for which the descriptor
goes into the selector and out again, and a timer of the loop for the idle timeout. Here the reactor
stands one level lower, in the selector that the loop waits with. What is called there may call
`call_soon` as any callback may, and the loop does so in the same turn.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.main import installReactor
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.tcp import Server
from twisted.python.log import callWithLogger

from .selector import Selector


class Reactor(AsyncioSelectorReactor):
    """Twisted's reactor for asyncio, with its own selector."""

    # Its timers are looked at in each turn, and its waker is a descriptor like others.
    callLater = PosixReactorBase.callLater
    callFromThread = PosixReactorBase.callFromThread
    _moveCallLaterSooner = PosixReactorBase._moveCallLaterSooner

    def __init__(self) -> None:
        self._selector = Selector()
        self._selector.reactor = self
        self._descriptors: dict[int, Any] = {}
        # Those that have written in this turn; a dict for its order.
        self._fresh: dict[Any, None] = {}
        super().__init__(asyncio.SelectorEventLoop(self._selector))

    # What the selector calls.

    def flush(self) -> None:
        """Sends what was written in this turn. What a socket doesn't take is sent when it can be.

        The loop has made up its mind how long to wait, so nobody is told anything here: where that
        would be, and where there is an error, the selector reports the descriptor.
        """
        if not self._fresh:
            return
        for writer in list(self._fresh):
            if _tells_nobody(writer):
                with suppress(Exception):  # it is raised again when the selector reports it
                    writer.doWrite()
        left, self._fresh = self._fresh, {}  # `doWrite` has removed what is all sent
        for writer in left:
            try:
                self._add(writer, EVENT_WRITE)
            except (OSError, ValueError, KeyError):  # its socket is no longer there
                self.callLater(0, self._readOrWrite, writer, False)

    def called(self, key: SelectorKey, events: int) -> bool:
        """Calls a descriptor that is ready; False if it is none of the reactor's."""
        descriptor = self._descriptors.get(key.fd)
        if descriptor is None:
            return False
        if events & EVENT_READ and descriptor in self._readers:
            callWithLogger(descriptor, self._readOrWrite, descriptor, True)
        if events & EVENT_WRITE and descriptor in self._writers:
            callWithLogger(descriptor, self._readOrWrite, descriptor, False)
        return True

    # What Twisted calls.

    def addReader(self, reader: Any) -> None:
        if reader not in self._readers:
            self._add(reader, EVENT_READ)

    def addWriter(self, writer: Any) -> None:
        if writer in self._writers:
            return
        if isinstance(writer, Server):
            self._fresh[writer] = None
        else:
            self._add(writer, EVENT_WRITE)

    def removeReader(self, reader: Any) -> None:
        if self._continuousPolling.isReading(reader):
            self._continuousPolling.removeReader(reader)
        elif reader in self._readers:
            self._remove(reader, self._readers, EVENT_WRITE if reader in self._writers else 0)

    def removeWriter(self, writer: Any) -> None:
        if writer in self._fresh:
            del self._fresh[writer]
        elif self._continuousPolling.isWriting(writer):
            self._continuousPolling.removeWriter(writer)
        elif writer in self._writers:
            self._remove(writer, self._writers, EVENT_READ if writer in self._readers else 0)

    def getWriters(self) -> list[Any]:
        return [*super().getWriters(), *self._fresh]

    def removeAll(self) -> list[Any]:
        self.flush()
        return super().removeAll()  # type: ignore[no-any-return]

    def _add(self, descriptor: Any, event: int) -> None:
        fd = descriptor.fileno()
        mine, other = self._readers, self._writers
        if event == EVENT_WRITE:
            mine, other = other, mine
        try:
            if descriptor in other:
                self._selector.modify(fd, EVENT_READ | EVENT_WRITE)
            else:
                self._selector.register(fd, event)
        except PermissionError:  # a regular file, which epoll does not take
            polling = self._continuousPolling
            (polling.addReader if event == EVENT_READ else polling.addWriter)(descriptor)
        else:
            mine[descriptor] = fd
            self._descriptors[fd] = descriptor

    def _remove(self, descriptor: Any, mine: dict[Any, int], left: int) -> None:
        fd = mine.pop(descriptor)
        if left:
            self._selector.modify(fd, left)
        else:
            del self._descriptors[fd]
            self._selector.unregister(fd)


def _tells_nobody(writer: Any) -> bool:
    """Whether a connection has nobody to ask for more, and nothing to do after the last byte."""
    asks = writer.producer is not None and (writer.producerPaused or not writer.streamingProducer)
    return not (asks or writer.disconnecting or writer._writeDisconnecting)


def install() -> None:
    """Makes it the process's reactor."""
    installReactor(Reactor())
