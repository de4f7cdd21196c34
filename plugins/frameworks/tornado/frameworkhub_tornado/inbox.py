"""The body of a request whose handler begins before the body has come."""

from __future__ import annotations

import asyncio
from typing import Any

from tornado.http1connection import HTTP1Connection

from frameworkhub.hosts import Inbox

# Bytes that are read at a time, and after which others are to run; as tornado has it.
CHUNK = 64 * 1024
TURN = 256 * 1024


class Body(Inbox):
    """A request's body, whose reader may take by itself what the socket has.

    Attributes:
        left: bytes that are still to come from the connection.
        lent: bytes that the reader may take from it now.
    """

    left = lent = 0

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream

    def at_hand(self) -> bytes:
        stream = self.stream
        if self.lent <= 0 or not self.left or stream._read_buffer_size or stream.closed():
            return b""
        try:
            chunk: bytes = stream.socket.recv(min(self.left, CHUNK))
        except OSError:  # which the stream will meet again, as it does the end
            return b""
        self.left -= len(chunk)
        self.lent -= len(chunk)
        return chunk

    async def lend(self) -> None:
        """Lets the reader run."""
        self.lent = TURN
        await asyncio.sleep(0)
        self.lent = 0

    async def fill(self, connection: HTTP1Connection, length: int) -> None:
        """Takes a body of that length from the connection; the reader runs after each chunk."""
        self.left = length
        while self.left:
            chunk = await self.stream.read_bytes(min(self.left, CHUNK), partial=True)
            self.left -= len(chunk)
            if not connection._write_finished:
                self.feed(chunk)
                if self.is_full:
                    await self.room()
            await self.lend()
