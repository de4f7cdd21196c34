"""The client of a request, between the reactor and the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from frameworkhub.concurrency import LOOP
from frameworkhub.hosts import Inbox

from .bridge import in_reactor, own_loop


class Link:
    """Takes the body that comes, and tells when the client goes; also Twisted's producer.

    Attributes:
        is_local: the reactor runs on the event loop, so that neither has to wait for the other.
        inbox: the body that our server hands over as it comes; None if it is whole, in
            `request.content`, as it is for small ones once the event loop has come to them.
    """

    inbox: Inbox | None = None
    _is_told = False
    _may_write: asyncio.Event | None = None
    _lost: asyncio.Future[None] | None = None

    def __init__(self, request: Any) -> None:
        self.request = request
        own = own_loop()
        self.is_local = own is not None
        self.loop = own or LOOP.loop()
        request.answered = False  # for our server, which waits for it when it stops
        if not self.is_local:
            self.receive()
            self._listen()

    def _in_reactor(self, name: str) -> Callable[[], Any]:
        """A method of the request, to be called on the event loop."""
        function, loop = getattr(self.request, name), self.loop
        return function if self.is_local else lambda: loop.create_task(in_reactor(function))

    # In the reactor.

    def receive(self) -> None:
        """Has the body handed over, if there is more of it to come."""
        content = self.request.content
        content.seek(0)
        subscribe = getattr(self.request, "subscribe", None)
        if subscribe is not None and subscribe(self):
            self.inbox = Inbox(self._in_reactor("pause_upload"), self._in_reactor("resume_upload"))
            if come := content.read():
                self.feed(come)
            self._listen()

    def _listen(self) -> None:
        """Has `stopProducing` called when the client goes; most are answered before."""
        if not self._is_told:
            self._is_told = True
            self.request.notifyFinish().addErrback(self.stopProducing)

    @property
    def is_gone(self) -> bool:
        """Whether the client is."""
        return self.request._disconnected  # type: ignore[no-any-return]

    def _tell(self, function: Callable[..., Any], *args: Any) -> None:
        if self.is_local:
            function(*args)
        else:
            self.loop.call_soon_threadsafe(function, *args)

    def feed(self, chunk: bytes) -> None:
        assert self.inbox is not None
        self._tell(self.inbox.feed, chunk)

    def finish(self) -> None:
        assert self.inbox is not None
        self._tell(self.inbox.finish)

    def pauseProducing(self) -> None:
        self._tell(self._hold)

    def resumeProducing(self) -> None:
        self._tell(self._release)

    def stopProducing(self, failure: Any = None) -> None:
        self._tell(self._left)

    # On the event loop.

    def _hold(self) -> None:
        self._may_write = self._may_write or asyncio.Event()
        self._may_write.clear()

    def _release(self) -> None:
        if self._may_write is not None:
            self._may_write.set()

    def _left(self) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)
        if self.inbox is not None:
            self.inbox.disconnect()
        self._release()

    def watch(self) -> asyncio.Future[None]:
        """Done as soon as the client has gone."""
        if self._lost is None:
            self._lost = self.loop.create_future()
            if self.is_gone:
                self._lost.set_result(None)
            elif self.is_local:
                self._listen()
        return self._lost

    async def do(self, function: Callable[..., Any], *args: Any) -> None:
        """Calls what is to be called in the reactor."""
        if self.is_local:
            function(*args)
        else:
            await in_reactor(function, *args)
