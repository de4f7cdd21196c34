"""For hosts with a protocol of their own: their requests and WebSockets in the terms of ASGI.

A host that pushes (it calls back with what arrived) feeds an `Inbox` or a `WebSocketBridge`, which
the core reads. All of it lives on one event loop; nothing here may be called from another thread.
"""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from base64 import b64decode
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes
from weakref import WeakKeyDictionary, WeakSet

from .asgi import Message, Scope, ScopeRequest, ScopeSource, locate
from .errors import ClientDisconnect, HTTPError
from .lazy import lazy
from .requests import Request
from .responses import problem
from .streams import SPOOL, AsyncStream, Body, check_size

if TYPE_CHECKING:
    from .app import App
    from .routing import Route
    from .site import Site

# Bytes that wait in memory for a slow reader before the host is asked to pause; hosts may hand over
# some 300 KB at once.
HIGH_WATER = 384 * 1024

# Bytes in one WebSocket message: what most ASGI servers take.
MAX_MESSAGE = 16 * 2**20

# Seconds that a host waits for the end of a body that nobody wants.
LINGER = 10.0

# Seconds that requests in flight have to end when a server stops.
GRACE = 10.0

_OPEN: WeakKeyDictionary[App, WeakSet[WebSocketBridge]] = WeakKeyDictionary()

Address = tuple[str, int] | None


def http_scope(
    method: str,
    target: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    client: Address = None,
    server: tuple[str, int | None] | None = None,
    scheme: str = "http",
    http_version: str = "1.1",
    root_path: str = "",
) -> Scope:
    """The ASGI `http` scope of a request.

    Args:
        target: as it stood in the request line, in origin or absolute form (RFC 9112, section 3.2).
        headers: the fields in their order, repeats kept; the case of names does not matter.
        client: address and port of the peer.
        server: the server's own address.
        root_path: the decoded path under which the host has mounted the app; `target` carries it.
    """
    raw_path, _, query = _origin_form(target).partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": http_version,
        "method": method,
        "scheme": scheme,
        "path": decode(raw_path),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": root_path,
        "headers": [(name.lower(), value) for name, value in headers],
        "client": client,
        "server": server,
    }


def decode(raw_path: bytes) -> str:
    """A percent-encoded path as text; what is no UTF-8 becomes U+FFFD, which the core looks for."""
    if b"%" in raw_path:
        raw_path = unquote_to_bytes(raw_path)
    return raw_path.decode("utf-8", "replace")


def _origin_form(target: bytes) -> bytes:
    if target.startswith(b"/") or b"://" not in target:
        return target
    rest = target.partition(b"://")[2]
    start = min(at for at in (rest.find(b"/"), rest.find(b"?"), len(rest)) if at >= 0)
    origin = rest[start:]
    return origin if origin.startswith(b"/") else b"/" + origin


class Found(NamedTuple):
    """What a host's router has found for a method and a target: the site's path and route."""

    method: str
    target: str
    path: str
    route: Route
    params: dict[str, Any]


_new_tuple: Any = tuple.__new__


def find(site: Site, method: str, target: str, path: str) -> Found | None:
    """What the site itself would find for a decoded path; None: it is to look by itself."""
    try:
        found = site.router.resolve(method, path)
    except Exception:  # of a user's converter: the site tells
        return None
    # Not by the class, which is a function in Python.
    return found and _new_tuple(Found, (method, target, path, *found))


class HostRequest(ScopeRequest):
    """A request of such a host. What is rarely asked for is put in the terms of ASGI only then.

    A subclass names its kind of source.

    Args:
        native: the host's own request.
        target: as it stood in the request line; how what is no ASCII is decoded does not matter.
        carrier: what the source reads from; the host's own request if there is none.
        loop: the one that runs, for who knows it.
    """

    source_class: type[HostSource]

    def __init__(
        self,
        native: Any,
        method: str,
        target: str,
        carrier: Any = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.native = native
        self.method = method
        self._target = target
        self._carrier = carrier or native
        self._loop = loop or asyncio.get_running_loop()

    def take(self, site: Site, found: Found | None) -> Route | None:
        """The route that was found, with the request made ready for it.

        None if the request is another one by now, or the site has to tell where it is.
        """
        if found is None or found.method != self.method or found.target != self._target:
            return None
        if site.is_placed:
            return None
        self.site = site
        _, _, self.path, self.route, self.path_params = found
        return self.route

    @lazy
    def source(self) -> HostSource:  # type: ignore[override]
        # It must not refer to the request: a cycle would be left to the garbage collector.
        self._source = source = self.source_class(self._carrier, self._loop)
        source._is_read = self._is_read
        return source

    @property
    def _scope(self) -> Scope:  # type: ignore[override]
        return self.source.scope

    @property
    def query_string(self) -> str:
        path, _, query = self._target.partition("?")
        return query if path[:1] == "/" and query.isascii() else super().query_string

    _type_field = Request._type_field

    def _locate(self) -> tuple[str, str]:
        path = self._target.partition("?")[0]
        if path[:1] == "/" and path.isascii() and "%" not in path:
            return "", path
        return locate(self._scope)

    async def _read_body(self, limit: int | None) -> None:
        source = self.source
        first = await source.chunk()
        if source._is_read and len(first) <= SPOOL:
            check_size(len(first), limit)
            self.body = first
            return
        body = Body(limit)
        body.feed(first)
        while chunk := await source.chunk():
            body.feed(chunk)
        self._set_body(body)


class HostSource(ScopeSource):
    """The source of a `HostRequest`. A subclass says in `described` what is its `http` scope."""

    def __init__(self, carrier: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.carrier = carrier
        self._loop = loop

    def described(self) -> Scope:
        """The request in the terms of ASGI."""
        raise NotImplementedError

    def stream(self, limit: int | None) -> AsyncStream:
        return AsyncStream(self.chunk, limit)

    @lazy
    def scope(self) -> Scope:
        return self.described()


def is_websocket(scope: Scope) -> bool:
    """Whether an `http` scope asks for an upgrade to WebSocket (RFC 6455, section 4.2.1)."""
    if scope["method"] != "GET" or scope["http_version"] == "1.0":
        return False
    connection = ",".join(_fields(scope, b"connection")).lower()
    upgrade = ",".join(_fields(scope, b"upgrade")).strip().lower()
    return upgrade == "websocket" and "upgrade" in (word.strip() for word in connection.split(","))


def websocket_scope(scope: Scope) -> Scope:
    """The `websocket` scope of an `http` scope whose handshake any HTTP answer may refuse."""
    offered = ",".join(_fields(scope, b"sec-websocket-protocol"))
    return {
        **{key: value for key, value in scope.items() if key != "method"},
        "type": "websocket",
        "scheme": "wss" if scope["scheme"] == "https" else "ws",
        "subprotocols": [name for word in offered.split(",") if (name := word.strip())],
        "extensions": {"websocket.http.response": {}},
    }


def _malformed(scope: Scope) -> HTTPError | None:
    """What is wrong with a handshake (RFC 6455, sections 4.2.1 and 4.2.2)."""
    if _fields(scope, b"sec-websocket-version") != ["13"]:
        return HTTPError(426, "only version 13", headers={"sec-websocket-version": "13"})
    try:
        (key,) = _fields(scope, b"sec-websocket-key")
        good = len(b64decode(key, validate=True)) == 16
    except ValueError:
        good = False
    return None if good else HTTPError(400, "malformed Sec-WebSocket-Key")


def _fields(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def reset(connection: socket.socket) -> None:
    """Makes the close that follows a reset, for a body that only the end of the connection ends.

    A client takes any other end for a good one (RFC 9112, section 8).
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def is_gone(connection: socket.socket) -> bool:
    """Whether the client has closed its side; where the system has no POLLRDHUP, reset it."""
    if connection.fileno() == -1:
        return True
    poll = select.poll()
    poll.register(connection, getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll(0))


def _nothing() -> None:
    pass


class Box:
    """Where what a host pushes waits for its one reader.

    Args:
        pause: called when more than `HIGH_WATER` bytes wait; the host should stop reading.
        resume: called when there is room again.

    Attributes:
        waiting: what waits, in its order.
        ended: the last message, once it is known.
        is_full: more waits than should.
    """

    _reader: asyncio.Future[None] | None = None
    # Made when it is first full; most are not.
    _has_room: asyncio.Event | None = None
    _size = 0
    is_full = False
    ended: Message | None = None

    def __init__(
        self, pause: Callable[[], Any] = _nothing, resume: Callable[[], Any] = _nothing
    ) -> None:
        self._pause = pause
        self._resume = resume
        self.waiting: deque[Any] = deque()

    def _add(self, what: Any, size: int) -> None:
        self.waiting.append(what)
        self._size += size
        if self._reader is not None:
            self._wake()
        if self._size > HIGH_WATER and not self.is_full:
            self.is_full = True
            self._pause()

    def taken(self, size: int) -> None:
        """Something of `size` bytes does not wait any more."""
        self._size -= size
        if self.is_full and self._size <= HIGH_WATER:
            self._make_room()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
        self._reader = None

    def arrival(self) -> asyncio.Future[None]:
        """Done as soon as the host tells anything."""
        self._reader = asyncio.get_running_loop().create_future()
        return self._reader

    def end(self, message: Message) -> None:
        """After what waits already there is only this message, again and again."""
        if self.ended is None:
            self.ended = message
            self._wake()
            self._make_room()

    async def room(self) -> None:
        """Waits until there is room, for hosts that hold up their reading by waiting."""
        while self.is_full:
            self._has_room = self._has_room or asyncio.Event()
            self._has_room.clear()
            await self._has_room.wait()

    def _make_room(self) -> None:
        if self.is_full:
            self.is_full = False
            if self._has_room is not None:
                self._has_room.set()
            self._resume()


class Mailbox(Box):
    """Messages that a host pushes."""

    def put(self, message: Message, size: int = 0) -> None:
        """Adds a message of `size` bytes; nothing, once it has ended."""
        if self.ended is None:
            self._add((message, size), size)

    async def get(self) -> Message:
        """The next message."""
        while not self.waiting:
            if self.ended is not None:
                return self.ended
            await self.arrival()
        message, size = self.waiting.popleft()
        self.taken(size)
        return message  # type: ignore[no-any-return]


class Inbox(Box):
    """The chunks of a request's body that the host pushes.

    Attributes:
        wanted: set when the core first asks for the body.
        complete: the whole body has come.
    """

    complete = False
    _dropped = False
    _is_told = False  # that it is complete, to who reads messages
    _is_wanted = False
    _over: asyncio.Event | None = None

    @lazy
    def wanted(self) -> asyncio.Event:
        event = asyncio.Event()
        if self._is_wanted:
            event.set()
        return event

    def _want(self) -> None:
        self._is_wanted = True
        if "wanted" in vars(self):  # else nobody waits for it
            self.wanted.set()

    def feed(self, chunk: bytes) -> None:
        """A piece of the body has come."""
        if chunk and not self._dropped and self.ended is None:
            self._add(chunk, len(chunk))

    def finish(self) -> None:
        """The body has come to its good end."""
        if not self.complete and self.ended is None:
            self.complete = True
            self._end_discard()
            self._wake()

    @property
    def is_drained(self) -> bool:
        """Whether a whole body has been read."""
        return self.complete and not self.waiting

    def at_hand(self) -> bytes:
        """What the host has besides what waits; for those whose reader may take it by itself."""
        return b""

    def disconnect(self) -> None:
        """The client has gone."""
        self._end_discard()
        self.end({"type": "http.disconnect"})

    async def get(self) -> bytes:
        """The next chunk, `b""` at the end of the body. Raises ClientDisconnect."""
        if not self._is_wanted:
            self._want()
        while not self.waiting:
            if self.complete:
                return b""
            if self.ended is not None:
                raise ClientDisconnect("the client went before the end of its request")
            await self.arrival()
        chunk: bytes = self.waiting.popleft()
        self.taken(len(chunk))
        return chunk

    async def receive(self) -> Message:
        """The next ASGI message: `http.request`, or at last `http.disconnect`."""
        while not self._is_told:
            try:
                chunk = await self.get()
            except ClientDisconnect:
                break
            self._is_told = not chunk
            return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}
        while self.ended is None:
            await self.arrival()
        return self.ended

    async def discard(self, seconds: float = LINGER) -> None:
        """Drops the rest of the body: until its end, or for `seconds`.

        For hosts that close a connection whose request was not read to the end: a client that
        is still sending would be cut off before it has read its answer (RFC 9112, section 9.6).
        """
        self._dropped = True
        self.waiting.clear()
        self._size = 0
        self._make_room()
        if self.complete or self.ended is not None:
            return
        self._over = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def _end_discard(self) -> None:
        if self._over is not None:
            self._over.set()


class InboxSource(HostSource):
    """The source of a request whose body comes into the `inbox` of its carrier."""

    async def chunk(self) -> bytes:
        inbox = self.carrier.inbox
        try:
            chunk: bytes = await inbox.get()
        except ClientDisconnect:
            self.gone = True
            raise
        self._is_read = inbox.is_drained
        return chunk

    def stream(self, limit: int | None) -> AsyncStream:
        return InboxStream(self.carrier.inbox, limit)


class InboxStream(AsyncStream):
    """The body that comes into an inbox; iterated over without a wait for each chunk."""

    def __init__(self, inbox: Inbox, limit: int | None) -> None:
        super().__init__(inbox.get, limit)
        self._inbox = inbox

    async def __aiter__(self) -> AsyncIterator[bytes]:
        inbox, limit, waiting = self._inbox, self.limit, self._inbox.waiting
        while True:
            if waiting:
                chunk = waiting.popleft()
                inbox.taken(len(chunk))
            elif not (chunk := inbox.at_hand() or await inbox.get()):
                break
            self.size += len(chunk)
            if limit is not None:
                check_size(self.size, limit)
            yield chunk
        self.done = True


class WebSocketBridge(Mailbox):
    """Speaks the ASGI WebSocket messages for a host that has calls of its own.

    A subclass makes `accept`, `transmit`, `close` and `refuse` the host's calls; they raise OSError
    where the client has gone. What comes in it tells by `feed` and `disconnect`.
    """

    def __init__(
        self, pause: Callable[[], Any] = _nothing, resume: Callable[[], Any] = _nothing
    ) -> None:
        super().__init__(pause, resume)
        self._begun = False
        self._done = asyncio.Event()
        self._refusal: tuple[int, list[tuple[str, str]]] = (403, [])

    async def run(self, site: Site, scope: Scope, native: Any = None) -> None:
        """Carries the WebSocket from its handshake to its end. `scope` is the `http` one."""
        if (error := _malformed(scope)) is not None:
            response = problem(error)
            await self.refuse(error.status, response.header_list, response.body or b"")
            return
        _OPEN.setdefault(site.app, WeakSet()).add(self)
        try:
            await site.websocket(websocket_scope(scope), self.receive, self.send, native=native)
        finally:
            self._done.set()
            _OPEN[site.app].discard(self)

    # What the host does.

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Answers the handshake with 101."""
        raise NotImplementedError

    async def transmit(self, data: str | bytes) -> None:
        """Sends a text or a binary message; waits while the client reads slowly."""
        raise NotImplementedError

    async def close(self, code: int, reason: str) -> None:
        """Begins the closing handshake."""
        raise NotImplementedError

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answers the handshake with an HTTP error."""
        raise NotImplementedError

    # What the host tells.

    def feed(self, data: str | bytes) -> None:
        """A message has come."""
        kind = "text" if isinstance(data, str) else "bytes"
        self.put({"type": "websocket.receive", kind: data}, len(data))

    def disconnect(self, code: int | None, reason: str | None = None) -> None:
        """The WebSocket has ended. `code`: 1005 if the client said none, 1006 if it just went."""
        said = int(code or 1005)
        self.end({"type": "websocket.disconnect", "code": said, "reason": reason or ""})

    async def leave(self, seconds: float) -> None:
        """The server stops: closes with 1001, and waits for the handler's end."""
        self.disconnect(1001)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                await self.close(1001, "")
                await self._done.wait()

    # What the core calls.

    async def receive(self) -> Message:
        """The ASGI `receive`."""
        if not self._begun:
            self._begun = True
            return {"type": "websocket.connect"}
        return await self.get()

    async def send(self, message: Message) -> None:
        """The ASGI `send`."""
        kind = message["type"]
        if kind == "websocket.accept":
            await self.accept(message.get("subprotocol"), _text(message.get("headers", ())))
        elif kind == "websocket.send":
            text = message.get("text")
            await self.transmit(message["bytes"] if text is None else text)
        elif kind == "websocket.close":
            await self.close(message.get("code", 1000), message.get("reason") or "")
        elif kind == "websocket.http.response.start":
            self._refusal = message["status"], _text(message["headers"])
        else:
            await self.refuse(*self._refusal, message.get("body", b""))


def _text(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]


async def close_websockets(app: App, seconds: float = GRACE) -> None:
    """Closes every open WebSocket of `app` with 1001, for a server that stops (RFC 6455, 7.4.1).

    Waits until their handlers have ended, for at most `seconds`.
    """
    await asyncio.gather(*(bridge.leave(seconds) for bridge in list(_OPEN.get(app, ()))))
