"""Calls a WSGI or ASGI application in process, as its server would, and takes the time.

Every request has a fresh environ or scope, with the keys that gunicorn or uvicorn put there. The
drivers do as little as a server can do, so that what is measured is the application.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from io import BufferedIOBase, BufferedReader, BytesIO, RawIOBase
from time import perf_counter
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

import attrs

from ..asgi import ASGIApp, Message, Receive, Scope
from ..check.requests import Request
from ..errors import HubError
from ..wsgi import Environ, WSGIApp

BATCH = 0.03
"""Seconds that the calls of one round take, about."""
PIECE = 64 * 1024
PATIENCE = 15.0
"""Seconds that the first answer of an ASGI application may take."""

FIELDS = (
    ("Host", "127.0.0.1:8000"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.5"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "keep-alive"),
    ("Cookie", "session=6f2a9c1d; theme=light"),
    ("Cache-Control", "no-cache"),
)
"""What a browser sends with every request."""


@attrs.frozen
class Answer:
    """What an application answered; `type` is its content type, "" if there is none."""

    status: int
    type: str
    body: bytes


class Driver(Protocol):
    """Calls one application with one request."""

    def answer(self) -> Answer:
        """One call, with all that it gave."""

    def time(self, calls: int) -> float:
        """Seconds per call, of so many."""


def measure(driver: Driver, batch: float = BATCH) -> Callable[[], float]:
    """A subject for `interleave`: as many calls a round as take about `batch` seconds."""
    calls = 1
    while (took := driver.time(calls) * calls) < batch / 2:
        calls *= 2
    calls = max(1, round(calls * batch / took))
    return lambda: driver.time(calls)


def fields_of(request: Request) -> list[tuple[str, str]]:
    """The fields that the request is sent with."""
    length = [("Content-Length", str(len(request.body)))] if request.body else []
    return [*FIELDS, *request.headers, *length]


# WSGI.


class WSGIDriver:
    """For a WSGI application. An error that the application raises comes through."""

    def __init__(self, app: WSGIApp, request: Request) -> None:
        self.app = app
        self.environ = environ(request)
        self.body = request.body

    def answer(self) -> Answer:
        seen: list[Any] = []
        written = bytearray()

        def start_response(status: str, headers: Any, error: Any = None) -> Callable[..., Any]:
            seen[:] = status, headers
            return written.extend

        chunks = self.app(self.environ | {"wsgi.input": self.input()}, start_response)
        body = _joined(chunks)
        status, headers = seen
        return Answer(int(status[:3]), _content_type(headers), bytes(written) + body)

    def input(self) -> BufferedIOBase:
        return BufferedReader(Wire(self.body)) if self.body else BytesIO()

    def time(self, calls: int) -> float:
        app, template, body = self.app, self.environ, self.input
        start = perf_counter()
        for _ in range(calls):
            environ = dict(template)
            environ["wsgi.input"] = body()
            chunks = app(environ, _start_response)
            b"".join(chunks)
            if close := getattr(chunks, "close", None):
                close()
        return (perf_counter() - start) / calls


class Wire(RawIOBase):
    """A body that is copied when it is read, as from a socket; BytesIO gives away its own bytes."""

    def __init__(self, body: bytes) -> None:
        self._left = memoryview(body)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def readall(self) -> bytes:
        left, self._left = self._left, self._left[:0]
        return bytes(left)


def _start_response(status: str, headers: Any, error: Any = None) -> Callable[..., Any]:
    return _write


def _write(data: bytes) -> None:
    pass


def _joined(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        if close := getattr(chunks, "close", None):
            close()


def _content_type(headers: Iterable[tuple[str, str]]) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def environ(request: Request) -> Environ:
    """The environ that gunicorn makes, without `wsgi.input`."""
    path, _, query = request.target.partition("?")
    return {
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.url_scheme": "http",
        "SERVER_SOFTWARE": "gunicorn/23.0.0",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": query,
        "RAW_URI": request.target,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "51234",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "SCRIPT_NAME": "",
        **{_key(name): value for name, value in fields_of(request)},
    }


def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


# ASGI.


class ASGIDriver:
    """For an ASGI application, on an event loop that `runner` has.

    The body comes in messages of at most 64 KiB; who waits for more waits until it is cancelled, as
    on a connection that stays.
    """

    def __init__(self, app: ASGIApp, request: Request, runner: asyncio.Runner) -> None:
        self.app = app
        self.scope = scope(request)
        self.parts = split(request.body)
        self.runner = runner

    def answer(self) -> Answer:
        return self.runner.run(self._answer())

    def time(self, calls: int) -> float:
        return self.runner.run(self._time(calls))

    async def _answer(self) -> Answer:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        try:
            async with asyncio.timeout(PATIENCE):
                await self.app(dict(self.scope), self.receiver(), send)
        except TimeoutError:
            raise HubError(f"no end of the answer in {PATIENCE:.0f} s") from None
        return _answer(sent)

    def receiver(self) -> Receive:
        """The `receive` of one request."""
        parts = iter(self.parts)

        async def receive() -> Message:
            for body, more in parts:
                return {"type": "http.request", "body": body, "more_body": more}
            return await _never()

        return receive

    async def _time(self, calls: int) -> float:
        app, template, receiver = self.app, self.scope, self.receiver
        start = perf_counter()
        for _ in range(calls):
            await app(dict(template), receiver(), _send)
        return (perf_counter() - start) / calls


def split(body: bytes) -> list[tuple[bytes, bool]]:
    """The body as a server gets it, piece by piece, and whether there is more."""
    last = max(0, len(body) - 1) // PIECE * PIECE
    return [(body[i : i + PIECE], i < last) for i in range(0, last + 1, PIECE)]


async def _never() -> Message:
    waiting: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await waiting


async def _send(message: Message) -> None:
    pass


def _answer(sent: list[Message]) -> Answer:
    starts = [message for message in sent if message["type"] == "http.response.start"]
    if not starts:
        raise HubError("no answer")
    fields = starts[0].get("headers", ())
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
    body = b"".join(message.get("body", b"") for message in sent)
    return Answer(starts[0]["status"], _content_type(pairs), body)


def scope(request: Request) -> Scope:
    """The scope that uvicorn makes."""
    path, _, query = request.target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 51234),
        "scheme": "http",
        "method": request.method,
        "root_path": "",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in fields_of(request)],
        "state": {},
    }
