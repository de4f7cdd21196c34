"""What all ASGI hosts share (ASGI 3, HTTP and WebSocket 2.x, Lifespan 2.0)."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    MutableMapping,
)
from contextlib import asynccontextmanager, suppress
from functools import lru_cache, partial
from types import TracebackType, coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from .delivery import BODY, Begin, Write
from .errors import ClientDisconnect, HTTPError
from .lazy import late, lazy
from .requests import Request
from .responses import IMPLIED, TEXT_FIELD
from .streams import SPOOL, AsyncStream, Body, check_size

if TYPE_CHECKING:
    import asyncio

    from .lifecycle import Lifecycle
    from .responses import Response
    from .site import Site
else:
    asyncio = late("asyncio")

T = TypeVar("T")
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def to_request(
    scope: Scope, receive: Receive, *, native: Any = None, mounted: bool = False
) -> ScopeRequest:
    """A request of an ASGI host, or of one that describes its own in the terms of ASGI.

    Args:
        scope: an `http` scope. `path` is decoded; with `raw_path`, bytes that are no UTF-8 are
            found.
        receive: gives `http.request` messages, then `http.disconnect` when the client goes.
        native: the framework's own request; the scope if there is none.
        mounted: the site's prefix is in `root_path` already.
    """
    request = ScopeRequest(scope, receive)
    if native is not None:
        request.native = native
    request._mounted = mounted
    return request


def locate(scope: Scope) -> tuple[str, str]:
    """Root path and path, decoded. Raises HTTPError 400 where the path is no UTF-8."""
    path: str = scope["path"]
    if "\ufffd" in path:
        _require_utf8(scope.get("raw_path"))
    return _located(scope) if scope.get("root_path") else ("", path)


class ScopeRequest(Request):
    """A request of an ASGI host; its source is made when first asked for, as for most it is not."""

    # The source, once there is one.
    _source: ScopeSource | None = None
    # Makes, of scope, receive and send, a framework's own request; and that `send`.
    _view: Callable[..., Any] | None = None
    _send: Send | None = None
    _is_read = False
    _declared = b""  # the Content-Length, or the Transfer-Encoding

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._loop = asyncio.get_running_loop()  # now: the source may be asked for in a thread
        self.method = scope["method"]

    @lazy
    def native(self) -> Any:
        if self._view is None:
            return self._scope
        return self._view(self._scope, self._receive, self._send)

    @lazy
    def source(self) -> ScopeSource:  # type: ignore[override]
        self._source = source = ScopeSource(self._scope, self._receive, self._loop)
        source._is_read = self._is_read
        return source

    @property
    def query_string(self) -> str:
        return self._scope["query_string"].decode("latin-1")  # type: ignore[no-any-return]

    def _type_field(self) -> str | None:
        for key, value in self._scope["headers"]:
            if key == b"content-type":
                return value.decode("latin-1")  # type: ignore[no-any-return]
        return None

    def _locate(self) -> tuple[str, str]:
        scope = self._scope
        path: str = scope["path"]
        if "\ufffd" in path or scope.get("root_path"):
            return locate(scope)
        return "", path

    def _has_body(self) -> bool:
        """Whether there may be one: HTTP/1.x says so by these fields (RFC 9112, section 6.3)."""
        scope = self._scope
        for key, value in scope["headers"]:
            if key in FRAMING:
                self._declared = value
                return True
        if scope.get("http_version", "1.1")[:1] != "1":
            return True
        self._is_read = True
        if self._source is not None:
            self._source._finish()
        return False

    async def _read_body(self, limit: int | None) -> None:
        """Reads the whole body. Raises HTTPError 413, or ClientDisconnect."""
        first = None
        if self._source is None:
            first = await self._receive()
            if first["type"] == "http.request" and not first.get("more_body"):
                body = bytes(first.get("body", b""))
                check_size(len(body), limit)
                self._is_read = True
                if len(body) <= SPOOL:
                    self.body = body
                    return
        self._set_body(await self.source.body(limit, first))


FRAMING = frozenset([b"content-length", b"transfer-encoding"])


class ScopeSource:
    """An ASGI scope as the source of a request or a WebSocket."""

    gone = False
    _is_read = False
    _next: Message | None = None
    # Made when the client is watched before the body is read; most are not.
    _read: asyncio.Event | None = None
    _watch: asyncio.Task[None] | None = None
    _is_closed = False

    def __init__(
        self, scope: Scope, receive: Receive, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self.scope = scope
        self.receive = receive
        self._loop = loop or asyncio.get_running_loop()

    @property
    def scheme(self) -> str:
        return self.scope.get("scheme", "http")  # type: ignore[no-any-return]

    @property
    def query_string(self) -> str:
        return self.scope["query_string"].decode("latin-1")  # type: ignore[no-any-return]

    @property
    def http_version(self) -> str:
        return self.scope["http_version"]  # type: ignore[no-any-return]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields, in lower case."""
        headers = self.scope["headers"]
        return [(k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in headers]

    def header(self, name: str) -> str | None:
        """The first field of that name. The names of a scope are in lower case."""
        wanted = name.encode()
        for key, value in self.scope["headers"]:
            if key == wanted:
                return value.decode("latin-1")  # type: ignore[no-any-return]
        return None

    def client(self) -> tuple[str, int] | None:
        address = self.scope.get("client")
        return (address[0], address[1]) if address else None

    def server(self) -> tuple[str, int | None]:
        server = self.scope.get("server") or ("localhost", None)
        return server[0], server[1]

    # The body.

    async def chunk(self) -> bytes:
        """The next chunk that is not empty, `b""` at the end; ClientDisconnect."""
        while not self._is_read or self._next is not None:
            message = self._next or await self.receive()
            self._next = None
            if message["type"] == "http.disconnect":
                self.gone = True
                self._finish()
                raise ClientDisconnect("the client went before the end of its request")
            if not message.get("more_body"):
                self._finish()
            if body := message.get("body"):
                return bytes(body)
        return b""

    def _finish(self) -> None:
        self._is_read = True
        if self._read is not None:
            self._read.set()

    def stream(self, limit: int | None) -> AsyncStream:
        return ScopeStream(self, limit)

    async def body(self, limit: int | None, first: Message | None = None) -> Body:
        """The whole body.

        Args:
            first: a message that has been received already.

        Raises:
            HTTPError: 413.
            ClientDisconnect: the client went before its end.
        """
        self._next = first
        body = Body(limit)
        while chunk := await self.chunk():
            body.feed(chunk)
        return body

    # The client.

    def is_disconnected(self) -> bool:
        if not self.gone and not self._is_closed:
            self._loop.call_soon_threadsafe(self.watch)
        return self.gone

    def watch(self) -> asyncio.Task[None]:
        """The task that ends when the client has gone. One for all: two must not `receive`."""
        if self._watch is None:
            self._watch = self._loop.create_task(self._wait())
        return self._watch

    async def _wait(self) -> None:
        if not self._is_read:
            self._read = asyncio.Event()
            await self._read.wait()
        while not self.gone:
            message = await self.receive()
            self.gone = message["type"] == "http.disconnect"

    def close(self) -> None:
        self._is_closed = True
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None  # Its context has the request: a cycle for the collector.


class ScopeStream(AsyncStream):
    """A body in the messages of ASGI; iterated over without further calls for each of them."""

    def __init__(self, source: ScopeSource, limit: int | None) -> None:
        super().__init__(source.chunk, limit)
        self._source = source

    async def __aiter__(self) -> AsyncIterator[bytes]:
        source, limit, receive = self._source, self.limit, self._source.receive
        while not source._is_read:
            message = await receive()
            if not message.get("more_body"):
                source.gone = message["type"] == "http.disconnect"
                source._finish()
                if source.gone:
                    raise ClientDisconnect("the client went before the end of its request")
            if body := message.get("body"):
                self.size += len(body)
                if limit is not None:
                    check_size(self.size, limit)
                yield body if body.__class__ is bytes else bytes(body)
        self.done = True


def _located(scope: Scope) -> tuple[str, str]:
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :]
    return root, path


def _require_utf8(raw_path: bytes | None) -> None:
    from urllib.parse import unquote_to_bytes

    try:
        unquote_to_bytes(raw_path or b"").decode()
    except UnicodeDecodeError:
        raise HTTPError(400, "the path is not UTF-8") from None


class Guard:
    """Cancels what it encloses when the client goes; it then raises ClientDisconnect."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._hit = False
        self._over = False
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.current_task()
        # Only if the loop gets a turn meanwhile: what never waits can't be interrupted anyway.
        self._begin = asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._watch = self._source.watch()
        self._watch.add_done_callback(self._cancel)

    def _cancel(self, watch: asyncio.Task[None]) -> None:
        # The callback may be on its way when it is removed.
        if not (watch.cancelled() or self._over) and self._task is not None:
            self._hit = True
            self._task.cancel()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._over = True
        self._begin.cancel()
        if self._watch is not None:
            self._watch.remove_done_callback(self._cancel)
        if not self._hit:
            return
        if kind is not asyncio.CancelledError:
            # The cancellation is still on its way: take it here.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        if self._task is not None:
            self._task.uncancel()
        raise ClientDisconnect("the client went before the end of its response") from error


@coroutine
def guarded(request: Any, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Awaits a coroutine, inside a `Guard` from where it first waits: many never do."""
    try:
        waits = work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    return (yield from _guarded(request.source, _resumed(work, waits)).__await__())


async def _guarded(source: Any, rest: Awaitable[T]) -> T:
    async with Guard(source):
        return await rest


@coroutine
def _resumed(work: Coroutine[Any, Any, T], waits: Any) -> Generator[Any, Any, T]:
    """Awaits the rest of a coroutine that waits already."""
    while True:
        try:
            yield waits
        except BaseException as error:
            try:
                waits = work.throw(error)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
        else:
            return (yield from work)  # type: ignore[no-any-return]


def stream(
    response: Response,
    begin: Begin,
    write: Write | None = None,
    send: Send | None = None,
) -> Awaitable[Response]:
    """Sends a stream chunk by chunk, as fast as they are taken. When the client goes, the stream is
    closed where it stands.

    Args:
        begin: sends the head, when the first chunk is there.
        write: sends a chunk; it gives, as `begin` does, what is to be awaited, or None.
        send: instead of `write`, sends it as an ASGI message.

    Returns:
        The response; what is to be sent instead, where the stream failed before it had begun.

    Raises:
        ClientDisconnect: the client went; there is nothing more to send.
        Exception: the stream failed (it is logged): the host must cut the connection.
    """
    delivery = response.delivery
    return guarded(delivery.request, delivery.give(response, begin, write, send))


async def ready(response: Response) -> Response:
    """Fetches the first chunk of a stream, for hosts that need the head of the response before.

    Returns:
        The response; what is to be sent instead, where the stream failed.
    """
    if response.body is not None:
        return response
    delivery = response.delivery
    try:
        delivery.first = await guarded(delivery.request, delivery.fetch())
    except Exception as error:
        return await delivery.replaced(error)  # type: ignore[no-any-return]
    except BaseException:
        await delivery.aclose(response)
        raise
    delivery.begun = True
    return response


async def send_response(response: Response, send: Send) -> None:
    """Sends a response by the ASGI messages, and closes it. Raises as `stream` does."""
    delivery = response.delivery
    if delivery is None:
        await send(start_message(response))
        return await send({"type": BODY, "body": response.body})
    try:
        begin = partial(send, start_message(response))
        if response.body is not None:
            await begin()
        elif (instead := await stream(response, begin, send=send)) is not response:
            return await send_response(instead, send)
        delivery.leave()
        await send({"type": BODY, "body": response.body or b""})
    finally:
        if not delivery.close_at_once():
            await delivery.aclose(response)


def start_message(response: Response) -> Message:
    """The `http.response.start` of a response."""
    pairs = response.header_list
    first = _IMPLIED.get(pairs[0]) if pairs else None
    if first is not None and len(pairs) == 1:
        fields = [first]
    elif first is not None and len(pairs) == 2 and pairs[1][0] == "content-length":
        fields = [first, (b"content-length", pairs[1][1].encode())]
    else:
        fields = [(_name(name), value.encode("latin-1")) for name, value in pairs]
    return {"type": "http.response.start", "status": response._status, "headers": fields}


_IMPLIED = {field: (field[0].encode(), field[1].encode()) for field in IMPLIED}
TEXT_BYTES = _IMPLIED[TEXT_FIELD]


@lru_cache(maxsize=256)
def _name(name: str) -> bytes:
    return name.lower().encode()


async def answer_request(site: Site, request: ScopeRequest, send: Send) -> None:
    """Answers a request of an ASGI host."""
    try:
        await send_response(await site.ahandle(request), send)
    except ClientDisconnect:
        pass
    finally:
        if request._source is not None:
            request._source.close()


async def lifespan(lifecycle: Lifecycle, receive: Receive, send: Send) -> None:
    """Carries start and stop by the ASGI lifespan messages."""
    await receive()
    try:
        await lifecycle.astartup()
    except Exception as error:
        await send({"type": "lifespan.startup.failed", "message": repr(error)})
        raise
    await send({"type": "lifespan.startup.complete"})
    await receive()
    try:
        await lifecycle.ashutdown()
    except Exception as error:
        await send({"type": "lifespan.shutdown.failed", "message": repr(error)})
        raise
    await send({"type": "lifespan.shutdown.complete"})


def lifespan_context(lifecycle: Lifecycle, inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Start and stop as frameworks take them that have a `lifespan` of their own.

    Args:
        inner: makes, of the native application, the async context manager that it has had so far.
    """

    @asynccontextmanager
    async def context(native: Any) -> AsyncIterator[Any]:
        async with inner(native) as state:
            await lifecycle.astartup()
            try:
                yield state
            finally:
                await lifecycle.ashutdown()

    return context


def beside(site: Site, native: ASGIApp, own: ASGIApp | None = None) -> ASGIApp:
    """An ASGI application that gives the site what it owns, and the rest to `native`.

    Args:
        own: answers for the site; `site.asgi` if there is none.
    """
    ours = own or site.asgi

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] != "lifespan" and site.owns(_located(scope)[1])
        await (ours if is_ours else native)(scope, receive, send)

    return application
