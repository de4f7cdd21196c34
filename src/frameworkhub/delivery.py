"""How a response leaves: its chunks, in either colour, and what is to be done when it has gone."""

from __future__ import annotations

import contextvars
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from .concurrency import LOOP, Pool, Visit
from .errors import ClientDisconnect
from .requests import CURRENT
from .responses import BINARY_FIELD

if TYPE_CHECKING:
    from .asgi import ScopeRequest
    from .requests import Connection, Request
    from .responses import Response

logger = logging.getLogger("frameworkhub")

Begin = Callable[[], Awaitable[Any] | None]
Write = Callable[[bytes], Awaitable[Any] | None]

END: Any = object()
BODY = "http.response.body"
_NEXT = repeat(next)
# The fields of most streams.
_UNMEASURED = [BINARY_FIELD]


class Delivery:
    """What both kinds of host share: the chunks are bytes, and as many as were promised.

    Attributes:
        first: the chunk that was fetched before the head was sent; None once it is on its way.
        left: how many bytes of a declared `Content-Length` are to come; None if none is declared.
    """

    first: Any = None
    left: int | None = None
    closed = False
    finished = False

    request: Request
    source: Any

    def _measure(self, response: Response) -> None:
        """Looks for a declared length."""
        for name, value in response.header_list:
            if len(name) == 14 and name.lower() == "content-length" and value.isdecimal():
                self.left = int(value)

    def take(self, chunk: Any) -> bytes:
        """A chunk as bytes; RuntimeError where there is more than the declared length."""
        if isinstance(chunk, str):
            chunk = chunk.encode()
        elif not isinstance(chunk, bytes):
            chunk = _to_bytes(chunk)
        if self.left is not None:
            self.left -= len(chunk)
            if self.left < 0:
                raise RuntimeError("the stream is longer than its Content-Length")
        return chunk  # type: ignore[no-any-return]

    def end(self) -> Any:
        """END; RuntimeError where the declared length has not come."""
        self.finished = True
        if self.left:
            raise RuntimeError(f"the stream ended {self.left} bytes before its Content-Length")
        return END

    def failed(self, error: BaseException) -> None:
        if isinstance(error, ClientDisconnect):
            return
        request = self.request
        logger.error("error in the stream of %s %s", request.method, request.path, exc_info=error)


def _to_bytes(chunk: Any) -> bytes:
    if isinstance(chunk, bytearray | memoryview):
        return bytes(chunk)
    raise TypeError(f"a stream's chunks are bytes or str, not {type(chunk).__name__}")


class SyncDelivery(Delivery):
    """The body for hosts that iterate over it; they call `close` at the end (PEP 3333)."""

    def __init__(
        self,
        request: Request,
        response: Response,
        context: contextvars.Context,
        visit: Visit | None,
    ) -> None:
        self.request, self.context, self.visit = request, context, visit
        self.source = source = response.source
        if response.body is not None:
            self._chunks = iter([response.body] if response.body else [])
            return
        if response.header_list != _UNMEASURED:
            self._measure(response)
        if visit is not None and hasattr(source, "__anext__"):
            draw = partial(visit.next, END, request.source.is_disconnected)
            self._chunks = self._give(iter(draw, END))
        else:
            # Calls `context.run(next, source)` until StopIteration, without a line of Python.
            self._chunks = self._give(map(context.run, _NEXT, repeat(source)))

    def begin(self) -> None:
        """Fetches the first chunk of a stream; what it raises before that can still be answered."""
        next(self._chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def _give(  # noqa: C901  for each chunk no call but what makes it
        self, incoming: Iterable[Any]
    ) -> Iterator[bytes]:
        """First something for `begin`, then the chunks. An error among them can only be logged; it
        cuts the response."""
        is_bounded, begun = self.left is not None, False
        try:
            for chunk in incoming:
                if is_bounded or chunk.__class__ is not bytes:
                    chunk = self.take(chunk)
                if chunk:
                    if not begun:
                        begun = True
                        yield b""
                    yield chunk
            self.finished = True
            if is_bounded:
                self.end()
            if not begun:
                yield b""
        except ClientDisconnect:
            if not (begun and self.request.is_disconnected):
                raise
            # There is nobody for whom to cut it.
        except Exception as error:
            if begun:
                self.failed(error)
            raise

    def close(self) -> None:
        """Closes the stream, then runs what was put off until after the response."""
        if self.closed:
            return
        self.closed = True
        self._chunks = iter(())  # what gives them refers to this: a cycle for the collector
        if not self.finished or self.source.__class__ is not GeneratorType:
            try:
                self.close_source()
            except Exception as error:
                self.failed(error)
        request = self.request
        if request.has_duties:
            for function in request.later or ():
                self._do(function)
            request.close()
        if self.visit is not None:
            self._part()

    def _part(self) -> None:
        """The request has the visit, whose context has the request: a cycle for the collector."""
        vars(self.request).pop("run_sync", None)
        if self.request._stream is not None:
            self.request._stream.call_async = None

    def close_source(self) -> None:
        source = self.source
        if source is None:
            return
        if not self.finished:
            self.request.source.gone = True
        if self.visit is not None and hasattr(source, "__anext__"):
            self.visit.close()
        # A generator without a frame has run to its end.
        if getattr(source, "gi_frame", source) is not None and hasattr(source, "close"):
            self.context.run(source.close)

    def _do(self, function: Any) -> None:
        try:
            result = self.context.run(function)
            if inspect.isawaitable(result):
                LOOP.run(_await(result))
        except Exception as error:
            logger.error("error after the response", exc_info=error)


async def _await(result: Any) -> Any:
    return await result


class AsyncDelivery(Delivery):
    """For hosts on an event loop; they await `aclose` at the end.

    Attributes:
        token: of the request as the current one.
        begun: whether the head has been sent, or is about to be.
    """

    request: ScopeRequest
    begun = False

    def __init__(
        self,
        request: ScopeRequest,
        response: Response,
        context: contextvars.Context,
        token: contextvars.Token[Connection | None],
    ) -> None:
        self.request, self.source = request, response.source
        self.context, self.token = context, token
        if response.body is None and response.header_list != _UNMEASURED:
            self._measure(response)

    @property
    def pool(self) -> Pool:
        return self.request.app.pool

    def leave(self) -> None:
        """Puts back what was the current request around this one.

        Else a timer that a server sets when the response has gone would keep the request, in the
        context that it copies, until long after.
        """
        outer = self.token.old_value
        CURRENT.set(None if outer is self.token.MISSING else outer)

    async def _in_thread(self) -> Any:
        chunk = await self.pool.run_in(self.context, next, self.source, END)
        if chunk is END:
            raise StopAsyncIteration
        return chunk

    @property
    def _chunks(self) -> AsyncIterator[Any]:
        if hasattr(self.source, "__aiter__"):
            return self.source  # type: ignore[no-any-return]
        return _Drawn(getattr(self.source, "__anext__", self._in_thread))

    async def fetch(self) -> Any:
        """The next chunk that is not empty, or END."""
        async for chunk in self._chunks:
            if chunk.__class__ is not bytes or self.left is not None:
                chunk = self.take(chunk)
            if chunk:
                return chunk
        return self.end()

    async def pull(self) -> Any:
        """`fetch` once the response has begun: an error can only be logged, and cuts the stream."""
        if self.first is not None:
            chunk, self.first = self.first, None
            return chunk
        try:
            return await self.fetch()
        except Exception as error:
            self.failed(error)
            raise

    async def give(  # noqa: C901  for each chunk no call but what sends it
        self,
        response: Response,
        begin: Begin,
        write: Write | None = None,
        send: Callable[[dict[str, Any]], Awaitable[Any]] | None = None,
    ) -> Response:
        """Gives all chunks away, without further calls for each of them. See `asgi.stream`.

        Raises:
            ClientDisconnect: what sends raised OSError.
        """
        is_bounded = self.left is not None
        try:
            async for chunk in self._chunks:
                if is_bounded or chunk.__class__ is not bytes:
                    chunk = self.take(chunk)
                if not chunk:
                    continue
                try:
                    if not self.begun:
                        self.begun = True
                        if (waited := begin()) is not None:
                            await waited
                    if write is not None:
                        if (waited := write(chunk)) is not None:
                            await waited
                    elif send is not None:
                        await send({"type": BODY, "body": chunk, "more_body": True})
                except OSError as error:
                    self.request.source.gone = True
                    raise ClientDisconnect("the client went while it was answered") from error
            self.finished = True
            if is_bounded:
                self.end()
        except Exception as error:
            if not self.begun:
                return await self.replaced(error)
            self.failed(error)
            raise
        if not self.begun:
            self.begun = True
            if (waited := begin()) is not None:
                await waited
        return response

    async def replaced(self, error: Exception) -> Response:
        """The answer to an error of a stream that had not begun."""
        self.closed = True
        await self.close_source()
        request = self.request
        response = request.site._failed(request, error)
        response.delivery = AsyncDelivery(request, response, self.context, self.token)
        return response

    def close_at_once(self) -> bool:
        """`aclose` where there is nothing to be awaited; False where there is."""
        request = self.request
        if request.has_duties or request._source is not None:
            return False
        # A generator without a frame has run to its end.
        if getattr(self.source, "ag_frame", self) is not None:
            return False
        self.closed = True
        self.leave()
        return True

    async def aclose(self, response: Response) -> None:
        """Closes the stream, then runs what was put off until after the response."""
        if self.closed:
            return
        self.closed = True
        try:
            await self.close_source()
        except Exception as error:
            self.failed(error)
        request = self.request
        if request.has_duties:
            CURRENT.set(request)
            for function in request.later or ():
                await self._do(function)
            request.close()
        if request._source is not None:
            request._source.close()
        self.leave()

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


class _Drawn:
    """An async iterator of what a function gives, until that raises StopAsyncIteration."""

    def __init__(self, draw: Callable[[], Awaitable[Any]]) -> None:
        self._draw = draw

    def __aiter__(self) -> _Drawn:
        return self

    def __anext__(self) -> Awaitable[Any]:
        return self._draw()


def _call(function: Any) -> Any:
    return function()
