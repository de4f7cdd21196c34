"""Calls WSGI and ASGI applications with no server, held to their specifications."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote, unquote_to_bytes
from wsgiref.validate import validator

from .answers import Pairs, all_of
from .asgi_lint import Application, Lint, Message
from .wire import TIMEOUT, framing

NETLOC = "127.0.0.1:8000"
CLIENT = ("127.0.0.1", 50123)
# Threads of the suite itself have this prefix: they don't count as leaks.
OWN_THREADS = "hub-test"

T = TypeVar("T")


class Request:
    """A request as a server would have parsed it."""

    def __init__(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        chunks: Iterable[bytes] | None = None,
    ) -> None:
        headers = list(headers)
        fields = framing(method, headers, body, chunks)
        host: Pairs = [] if all_of(headers, "host") else [("Host", NETLOC)]
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.headers: Pairs = [(n, v.strip(" \t")) for n, v in (*host, *fields, *headers)]
        self.body = body
        self.chunks = chunks


# WSGI


class _Input:
    """`wsgi.input` of a strict server: to read past the declared end is an error."""

    def __init__(self, request: Request, length: int | None) -> None:
        self._parts = iter([request.body] if request.chunks is None else request.chunks)
        self._terminated = request.chunks is not None
        self._left = length or 0
        self._buffer = b""
        self.problems: list[str] = []

    def read(self, size: int = -1) -> bytes:
        if not self._terminated:
            size = self._bounded(size)
        while (size < 0 or len(self._buffer) < size) and (part := next(self._parts, None)):
            self._buffer += part
            if self._terminated and size > 0:
                break
        end = len(self._buffer) if size < 0 else size
        data, self._buffer = self._buffer[:end], self._buffer[end:]
        self._left -= len(data)
        return data

    def _bounded(self, size: int) -> int:
        if size < 0 or size > self._left:
            self.problems.append(f"read({size}) with {self._left} bytes of the body left")
        return self._left if size < 0 else min(size, self._left)

    def readline(self, size: int = -1) -> bytes:
        raise NotImplementedError("the suite's wsgi.input has read() only")

    def readlines(self, hint: int = -1) -> list[bytes]:
        raise NotImplementedError("the suite's wsgi.input has read() only")

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError("the suite's wsgi.input has read() only")


def environ(request: Request, body: Any, errors: Any) -> dict[str, Any]:
    """PEP 3333's environ, as the well-behaved servers fill it: names with `_` are dropped."""
    host, _, port = NETLOC.partition(":")
    result: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": CLIENT[0],
        "REMOTE_PORT": str(CLIENT[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.errors": errors,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if request.chunks is not None:
        result["wsgi.input_terminated"] = True
    for name, value in request.headers:
        _add_header(result, name, value)
    return result


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if "_" in name:
        return
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = "HTTP_" + key
    separator = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value


class WsgiExchange:
    """One request to a WSGI application; the body is pulled by `read`.

    Attributes:
        status, reason, headers: of the answer.
        complete: the body came to its good end.
        error: what the application raised in mid-stream.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], request: Request) -> None:
        self.request = request
        self.complete = False
        self.error: BaseException | None = None
        self.headers: Pairs = []
        self.status, self.reason, self._size = 0, "", 0
        self._ready: list[bytes] = []
        self._errors = io.StringIO()
        length = next(iter(all_of(request.headers, "content-length")), None)
        self._input = _Input(request, None if length is None else int(length))
        body = validator(self._watched(app))(
            environ(request, self._input, self._errors), self._start_response
        )
        self._body = body
        self._parts = iter(body)
        self._open()

    def _watched(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        # The validator demands a Content-Type, which HTTP does not (RFC 9110, section 8.3).
        def watched(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            def start(status: str, headers: Pairs, exc_info: Any = None) -> Any:
                self.headers = list(headers)
                bare = status[:3] in ("204", "304") or all_of(headers, "content-type")
                typed = headers if bare else [*headers, ("Content-Type", "text/plain")]
                return start_response(status, typed, *([exc_info] if exc_info else []))

            return app(environ, start)

        return watched

    def _start_response(self, status: str, headers: Pairs, exc_info: Any = None) -> Any:
        if exc_info and self._size:
            raise exc_info[1].with_traceback(exc_info[2])
        self.status, self.reason = int(status[:3]), status[4:]
        return self._ready.append

    def _open(self) -> None:
        # start_response may come as late as with the first chunk.
        while not self.status:
            chunk = next(self._parts, None)
            assert chunk is not None or self.status, "the application never called start_response"
            self._ready.append(chunk or b"")

    def read(self) -> bytes:
        """The next non-empty chunk, `b""` at the end."""
        while not self.complete and self.error is None:
            if chunk := self._next():
                self._size += len(chunk)
                return chunk
        return b""

    def _next(self) -> bytes:
        if self._ready:
            return self._ready.pop(0)
        try:
            return next(self._parts)
        except StopIteration:
            self._end()
        except Exception as error:
            self.error = error
        return b""

    def _end(self) -> None:
        lengths = all_of(self.headers, "content-length")
        bare = self.request.method == "HEAD" or self.status in (204, 304)
        self.complete = bare or not lengths or self._size == int(lengths[0])
        if not self.complete:
            self.error = AssertionError(f"{self._size} bytes, Content-Length {lengths}")

    def close(self) -> None:
        """What a server does at the end of a response, and when the client goes."""
        self._body.close()  # type: ignore[attr-defined]
        assert not self._input.problems, self._input.problems


# ASGI


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.pool = ThreadPoolExecutor(8, OWN_THREADS)
        name = f"{OWN_THREADS}-loop"
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(TIMEOUT)

    def stop(self) -> None:
        self.run(self.loop.shutdown_asyncgens())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(TIMEOUT)
        self.pool.shutdown()
        self.loop.close()


class AsgiServer:
    """Runs an ASGI application's lifespan around its connections.

    Attributes:
        problems: what broke the specification.
        state: the lifespan's.
    """

    def __init__(self, app: Application) -> None:
        self.lint = Lint(app)
        self.loop = Loop()
        self.state: dict[str, Any] = {}
        self._lifespan = Channel()

    def start(self) -> None:
        """Raises RuntimeError with the message of a start that failed."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        self._begun = self.loop.run(self._lifespan.begin(self.lint, {**scope, "state": self.state}))
        self._expect("startup")

    def _expect(self, event: str) -> None:
        self._lifespan.arrive(self.loop, {"type": f"lifespan.{event}"})
        message = self.loop.run(self._lifespan.next())
        if message["type"] == f"lifespan.{event}.failed":
            raise RuntimeError(f"{event} failed: {message.get('message', '')}")
        wanted = f"lifespan.{event}.complete"
        assert message["type"] == wanted, f"{message} instead of {wanted}"

    def stop(self) -> None:
        try:
            self._expect("shutdown")
            self.loop.run(self._lifespan.ended())
        finally:
            self.loop.stop()
        assert not self.lint.problems, self.lint.problems


class Channel:
    """What goes to and fro between one application call and the test, on the loop.

    `outgoing` holds one message: an application that sends faster than the test reads has to wait.
    """

    END: ClassVar[Message] = {"type": "end"}

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Message] = asyncio.Queue(1)
        self.gone = asyncio.Event()
        self.error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self, app: Application, scope: dict[str, Any]) -> None:
        self._task = asyncio.create_task(self._call(app, scope))

    async def _call(self, app: Application, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self.receive, self.send)
        except Exception as error:
            self.error = error
        await self._put(self.END)

    async def receive(self) -> Message:
        return await self.incoming.get()

    async def send(self, message: Message) -> None:
        if self.gone.is_set():
            raise OSError("the client has gone")
        await self._put(message)

    async def _put(self, message: Message) -> None:
        put = asyncio.create_task(self.outgoing.put(message))
        gone = asyncio.create_task(self.gone.wait())
        try:
            await asyncio.wait({put, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            put.cancel()
            gone.cancel()

    async def next(self) -> Message:
        return await self.outgoing.get()

    def arrive(self, loop: Loop, message: Message) -> None:
        loop.loop.call_soon_threadsafe(self.incoming.put_nowait, message)

    async def ended(self) -> None:
        """Waits until the application has returned."""
        assert self._task is not None
        await self._task

    async def leave(self, message: Message) -> None:
        """The client goes; the application gets `message`, and time to end."""
        self.incoming.put_nowait(message)
        self.gone.set()
        await asyncio.wait_for(self.ended(), TIMEOUT)


class AsgiExchange:
    """One HTTP request to an ASGI application; see WsgiExchange."""

    def __init__(self, server: AsgiServer, request: Request) -> None:
        self._loop = server.loop
        self.complete = False
        self._over = False
        self._channel = _HttpChannel(request, self._loop.pool)
        scope = http_scope(request) | {"state": dict(server.state)}
        self._loop.run(self._channel.begin(server.lint, scope))
        start = self._next()
        if start is Channel.END:
            raise AssertionError("the application ended without an answer") from self.error
        self.status: int = start["status"]
        self.reason = ""
        self.headers: Pairs = [_text(field) for field in start.get("headers", ())]

    @property
    def error(self) -> BaseException | None:
        return self._channel.error

    def _next(self) -> Message:
        return self._loop.run(self._channel.next())

    def read(self) -> bytes:
        while not self._over:
            message = self._next()
            self._over = message is Channel.END or not message.get("more_body", False)
            self.complete = self._over and message is not Channel.END
            if data := message.get("body", b""):
                return bytes(data)
        return b""

    def close(self) -> None:
        """The client goes; waits until the application has ended."""
        self._loop.run(self._channel.leave({"type": "http.disconnect"}))


class _HttpChannel(Channel):
    def __init__(self, request: Request, pool: ThreadPoolExecutor) -> None:
        super().__init__()
        self._pool = pool
        if request.chunks is None:
            self._chunks: Iterator[bytes] | None = None
            self._put_body(request.body, more=False)
        else:
            self._chunks = iter(request.chunks)

    def _put_body(self, body: bytes, more: bool) -> None:
        message = {"type": "http.request", "body": body, "more_body": more}
        self.incoming.put_nowait(message)

    async def receive(self) -> Message:
        if self._chunks is not None and not self.gone.is_set():
            # The test's iterable may block: it must not hold up the loop.
            loop = asyncio.get_running_loop()
            chunk = await loop.run_in_executor(self._pool, partial(next, self._chunks, None))
            if chunk is None:
                self._chunks = None
            self._put_body(chunk or b"", more=chunk is not None)
        return await super().receive()

    async def send(self, message: Message) -> None:
        await super().send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.incoming.put_nowait({"type": "http.disconnect"})


def http_scope(request: Request) -> dict[str, Any]:
    """The ASGI scope of a request, as the servers fill it."""
    host, _, port = NETLOC.partition(":")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(request.path),
        "raw_path": request.path.encode("ascii"),
        "query_string": request.query.encode("latin-1"),
        "root_path": "",
        "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in request.headers],
        "client": CLIENT,
        "server": (host, int(port)),
    }


def _text(field: tuple[bytes, bytes]) -> tuple[str, str]:
    return field[0].decode("latin-1"), field[1].decode("latin-1")


def phrase(status: int) -> str:
    """The standard reason phrase, "" if there is none."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
