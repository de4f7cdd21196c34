"""Bodies on their way in, and the two colours of code that meet them.

A *source* is where a request's body comes from. Sync hosts have a `read(size)`; async hosts have
an async `receive()` that gives the next chunk, `b""` at the end. Both read in chunks, and raise
ClientDisconnect where the client went before the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import IO, Any

from .errors import ClientDisconnect, HTTPError
from .lazy import late

tempfile = late("tempfile")

CHUNK = 64 * 1024
SPOOL = 1024 * 1024


class Body:
    """A whole request body: bytes while it is small, a temporary file when it is large."""

    __slots__ = ("_file", "_parts", "limit", "size")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.size = 0
        self._parts: list[bytes] = []
        self._file: Any = None

    def feed(self, chunk: bytes) -> None:
        """Raises HTTPError 413 as soon as the limit is passed."""
        self.size += len(chunk)
        check_size(self.size, self.limit)
        if self._file is not None:
            self._file.write(chunk)
            return
        self._parts.append(chunk)
        if self.size > SPOOL:
            self._file = tempfile.TemporaryFile()
            self._file.writelines(self._parts)
            self._parts.clear()

    @property
    def spooled(self) -> bool:
        return self._file is not None

    def read(self) -> bytes:
        if self._file is not None:
            self._file.seek(0)
            return bytes(self._file.read())
        if len(self._parts) != 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0]

    def open(self) -> IO[bytes]:
        """The body as a file at its start. Don't close it."""
        if self._file is None:
            from io import BytesIO

            return BytesIO(self.read())
        self._file.seek(0)
        return self._file  # type: ignore[no-any-return]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def keep_freed_memory() -> None:
    """Has the process keep the memory of one upload for the next.

    glibc gives what is free at the end of its heap back to the kernel, from twice the largest block
    on that it ever mapped by itself and saw freed (M_TRIM_THRESHOLD in mallopt(3)). Until that has
    been a large one, the same memory goes and comes with every body, and a page fault for each 4 KB
    takes as long as all else. This block is never written to, so it costs nothing. It is twice as
    large as what is held in memory of a body: its bytes, and as many in the server's buffers.
    """
    bytes(2 * SPOOL)


def check_size(size: int, limit: int | None) -> None:
    if limit is not None and size > limit:
        raise HTTPError(413, f"the request body is over {limit} bytes")


class Stream:
    """The body of a `stream=True` route: iterate over its chunks, with `for` or `async for`.

    What the host's colour can't do itself is carried over: `call_sync` runs a coroutine for sync
    code on an async host, `call_async` runs a function for async code on a sync host.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.size = 0
        self.done = False
        # Set by the site: each carries `read` or `aread` over to the other colour of code.
        self.call_async: Callable[..., Awaitable[bytes]] | None = None
        self.call_sync: Callable[..., bytes] | None = None

    def _count(self, chunk: bytes) -> bytes:
        self.done = not chunk
        self.size += len(chunk)
        check_size(self.size, self.limit)
        return chunk

    def read(self) -> bytes:
        """The next chunk, `b""` at the end; ClientDisconnect where the client went."""
        raise NotImplementedError

    async def aread(self) -> bytes:
        """`read`, for async code."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[bytes]:
        while not self.done:
            if chunk := self.read():
                yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self.done:
            if chunk := await self.aread():
                yield chunk


class SyncStream(Stream):
    """Over a sync host's `read(size)`; `length` is the declared one, None if it ends by itself."""

    def __init__(self, read: Callable[[int], bytes], length: int | None, limit: int | None) -> None:
        super().__init__(limit)
        self._read = read
        self._left = length

    def read(self) -> bytes:
        if self.done:
            return b""
        if self._left is None:
            return self._count(self._read(CHUNK))
        chunk = self._read(min(CHUNK, self._left)) if self._left else b""
        if not chunk and self._left:
            self.done = True
            raise ClientDisconnect("the client went before the end of its request")
        self._left -= len(chunk)
        return self._count(chunk)

    async def aread(self) -> bytes:
        assert self.call_async is not None
        return await self.call_async(self.read)


class AsyncStream(Stream):
    """Over an async host's `receive()`."""

    def __init__(self, receive: Callable[[], Awaitable[bytes]], limit: int | None) -> None:
        super().__init__(limit)
        self._receive = receive

    async def aread(self) -> bytes:
        if self.done:
            return b""
        try:
            return self._count(await self._receive())
        except ClientDisconnect:
            self.done = True
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        receive = self._receive
        while not self.done:
            try:
                chunk = await receive()
            except ClientDisconnect:
                self.done = True
                raise
            if self._count(chunk):
                yield chunk

    def read(self) -> bytes:
        assert self.call_sync is not None
        return self.call_sync(self.aread)
