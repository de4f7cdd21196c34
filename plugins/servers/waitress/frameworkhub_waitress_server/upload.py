"""A request's body that the app reads while it arrives."""

from __future__ import annotations

import threading
from io import RawIOBase
from typing import TYPE_CHECKING, Any

from frameworkhub.errors import ClientDisconnect, HTTPError

if TYPE_CHECKING:
    from .channel import Channel, Parser

ENOUGH = 2**18  # bytes that may wait for the app
UNWANTED = 2**24  # bytes that are read after the response, so that a client comes to read it
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Upload(RawIOBase):
    """The rest of a request that has begun.

    The server's thread feeds it, in the place of the parser; the app's thread reads from it.
    Between them is the parser's receiver, which takes the framing off and appends to this.
    """

    empty = True  # no request of its own
    expect_continue = False
    headers_finished = True

    def __init__(self, channel: Channel, request: Parser) -> None:
        self.channel = channel
        self.receiver: Any = request.body_rcv
        self._held = bytearray(self.receiver.buf.get(-1, True))
        self.receiver.buf.close()
        self.receiver.buf = self
        self._changed = threading.Condition()
        self._unwanted = 0
        self._awaited, request.expect_continue = request.expect_continue, False

    # The server's side.

    @property
    def completed(self) -> bool:
        return bool(self.receiver.completed or self.receiver.error)

    def received(self, data: bytes) -> int:
        with self._changed:
            consumed: int = self.receiver.received(data)
            self._changed.notify()
        if self.channel.lingering and (self.completed or self._unwanted > UNWANTED):
            self.channel.will_close = True
        return consumed

    def append(self, data: bytes) -> None:
        if self.closed:
            self._unwanted += len(data)
        else:
            self._held += data

    def __len__(self) -> int:
        return len(self._held)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        super().close()
        self._held.clear()

    # The app's side.

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        """Waits for some bytes; 0 is the end.

        Raises:
            ClientDisconnect: the client went before the end.
            HTTPError: 400, the chunks are malformed.
        """
        self._ask()
        with self._changed:
            self._changed.wait_for(lambda: self._held or self.completed or self._gone)
            self._check()
            size = min(len(self._held), len(target))
            was_full = len(self) >= ENOUGH
            target[:size] = self._held[:size]
            del self._held[:size]
        if was_full:
            self.channel.server.pull_trigger()
        return size

    def _ask(self) -> None:
        """Lets a client send that waits for it (RFC 9110, section 10.1.1)."""
        if self._awaited and not self._held and not self.completed:
            self.channel.write_soon(CONTINUE)
        self._awaited = False

    @property
    def _gone(self) -> bool:
        return not self.channel.connected

    def _check(self) -> None:
        if self._held:
            return
        if self.receiver.error:
            raise HTTPError(400, f"malformed chunks: {self.receiver.error.body}")
        if not self.completed:
            raise ClientDisconnect("the client went before the end of its request")
