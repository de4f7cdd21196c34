"""How a response leaves: its chunks, in either colour, and what is to be done when it has gone."""

from __future__ import annotations

import contextvars
import inspect
import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from .concurrency import LOOP, Pool, Visit
from .errors import ClientDisconnect

if TYPE_CHECKING:
    from .requests import Request
    from .responses import Response

logger = logging.getLogger("frameworkhub")

END: Any = object()


class Delivery:
    """What both kinds of host share: the chunks are bytes, and as many as were promised."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request = request
        self.source = response.source
        self.first: Any = None
        self.closed = False
        self.finished = False
        self.left: int | None = None
        if response.body is None:
            length = next((v for k, v in response.header_list if k.lower() == "content-length"), "")
            self.left = int(length) if length.isdecimal() else None

    def take(self, chunk: Any) -> Any:
        """A chunk as bytes; RuntimeError where the stream breaks its declared `Content-Length`."""
        if chunk is END:
            self.finished = True
            if self.left:
                raise RuntimeError(f"the stream ended {self.left} bytes before its Content-Length")
            return END
        if isinstance(chunk, str):
            chunk = chunk.encode()
        elif not isinstance(chunk, bytes):
            chunk = _to_bytes(chunk)
        if self.left is not None:
            self.left -= len(chunk)
            if self.left < 0:
                raise RuntimeError("the stream is longer than its Content-Length")
        return chunk

    def failed(self, error: BaseException) -> None:
        if isinstance(error, ClientDisconnect):
            return
        request = self.request
        logger.error("error in the stream of %s %s", request.method, request.path, exc_info=error)


def _to_bytes(chunk: Any) -> bytes:
    if isinstance(chunk, bytearray | memoryview):
        return bytes(chunk)
    raise TypeError(f"a stream's chunks are bytes or str, not {type(chunk).__name__}")


def is_async_source(source: Any) -> bool:
    return hasattr(source, "__anext__")


class SyncDelivery(Delivery):
    """For hosts that iterate over the body; they call `close` at the end (PEP 3333)."""

    def __init__(
        self,
        request: Request,
        response: Response,
        context: contextvars.Context,
        visit: Visit | None,
    ) -> None:
        super().__init__(request, response)
        self.context = context
        self.visit = visit
        self._is_async = visit is not None and is_async_source(self.source)
        self._draw = self._drawing(response)

    def _drawing(self, response: Response) -> Callable[[], Any]:
        """What gives the next chunk, or END."""
        if response.body is not None:
            self.first = response.body or None
            return lambda: END
        if self._is_async:
            assert self.visit is not None
            return partial(self.visit.next, END, self.request.source.is_disconnected)
        return partial(self.context.run, next, self.source, END)

    def fetch(self) -> Any:
        """The next chunk that is not empty, or END."""
        while True:
            chunk = self._draw()
            if chunk.__class__ is bytes and chunk and self.left is None:
                return chunk
            if chunk := self.take(chunk):
                return chunk

    def chunks(self) -> Iterator[bytes]:
        """All that is left. As the response has begun, an error can only be logged; it cuts it."""
        draw, is_bounded = self._draw, self.left is not None
        chunk, self.first = self.first, None
        while chunk is not END:
            if chunk:
                yield chunk
            try:
                chunk = draw()
                if is_bounded or chunk.__class__ is not bytes:
                    chunk = self.take(chunk)
            except ClientDisconnect:
                if self.request.is_disconnected:
                    return  # There is nobody for whom to cut it.
                raise
            except Exception as error:
                self.failed(error)
                raise

    def iterable(self, response: Response) -> Iterable[bytes]:
        return SyncBody(self)

    def close(self) -> None:
        """Closes the stream, then runs what was put off until after the response."""
        if self.closed:
            return
        self.closed = True
        try:
            self.close_source()
        except Exception as error:
            self.failed(error)
        for function in self.request.later or ():
            self._do(function)
        self.request.close()

    def close_source(self) -> None:
        if self.source is None:
            return
        if not self.finished:
            self.request.source.gone = True
        if self._is_async and self.visit is not None:
            self.visit.close()
        if hasattr(self.source, "close"):
            self.context.run(self.source.close)

    def _do(self, function: Any) -> None:
        try:
            result = self.context.run(function)
            if inspect.isawaitable(result):
                LOOP.run(_await(result))
        except Exception as error:
            logger.error("error after the response", exc_info=error)


class SyncBody:
    """The body for a sync host."""

    def __init__(self, delivery: SyncDelivery) -> None:
        self._chunks = delivery.chunks
        self.close = delivery.close

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks()


async def _await(result: Any) -> Any:
    return await result


class AsyncDelivery(Delivery):
    """For hosts on an event loop; they await `aclose` at the end."""

    def __init__(
        self, request: Request, response: Response, context: contextvars.Context, pool: Pool
    ) -> None:
        super().__init__(request, response)
        self.context = context
        self.pool = pool
        # What gives the next chunk, or raises StopAsyncIteration.
        self._draw = self.source.__anext__ if is_async_source(self.source) else self._in_thread

    async def _in_thread(self) -> Any:
        return await self.pool.run_in(self.context, next, self.source, END)

    async def fetch(self) -> Any:
        """The next chunk that is not empty, or END."""
        while True:
            try:
                chunk = await self._draw()
            except StopAsyncIteration:
                chunk = END
            if chunk.__class__ is bytes and chunk and self.left is None:
                return chunk
            if chunk := self.take(chunk):
                return chunk

    async def pull(self) -> Any:
        """`fetch` once the response has begun: an error can only be logged, and cuts the stream."""
        if self.first is not None:
            chunk, self.first = self.first, None
            return chunk
        draw, is_bounded = self._draw, self.left is not None
        try:
            while True:  # as `fetch`, without a call for each chunk
                try:
                    chunk = await draw()
                except StopAsyncIteration:
                    chunk = END
                if is_bounded or chunk.__class__ is not bytes:
                    chunk = self.take(chunk)
                if chunk:
                    return chunk
        except Exception as error:
            self.failed(error)
            raise

    async def aclose(self, response: Response) -> None:
        """Closes the stream, then runs what was put off until after the response."""
        if self.closed:
            return
        self.closed = True
        try:
            await self.close_source()
        except Exception as error:
            self.failed(error)
        for function in self.request.later or ():
            await self._do(function)
        self.request.close()
        self.request.source.close()

    async def close_source(self) -> None:
        if self.source is None:
            return
        if not self.finished:
            self.request.source.gone = True
        if hasattr(self.source, "aclose"):
            await self.source.aclose()
        elif hasattr(self.source, "close"):
            await self.pool.run_in(self.context, self.source.close)

    async def _do(self, function: Any) -> None:
        try:
            result = await self.pool.run_in(self.context, _call, function)
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            logger.error("error after the response", exc_info=error)


def _call(function: Any) -> Any:
    return function()
