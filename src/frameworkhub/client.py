"""The test client: an `httpx.Client` that calls an app, without a network where it can."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import httpx

from . import targets
from .concurrency import LOOP, Visit
from .lifecycle import Held
from .servers import Config, Target

if TYPE_CHECKING:
    from .app import App

BASE = "http://testserver"
END: Any = object()


class Client(httpx.Client):
    """An `httpx.Client` for one app on one host; as a context manager it starts and stops the app.

    WSGI and ASGI applications are called in this process. Those with a server of their own are
    served by it on 127.0.0.1, in a background thread, from the start of the context to its end.
    """

    def __init__(self, target: Target, **options: Any) -> None:
        self.target = target
        self._session = _SESSIONS.get(target.protocol, _Served)(target)
        options.setdefault("base_url", BASE)
        super().__init__(transport=self._session.transport, **options)

    def __enter__(self) -> Client:
        self._session.begin(self)
        super().__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        tb: TracebackType | None = None,
    ) -> None:
        super().__exit__(kind, error, tb)
        self._session.end()


def client(app: App, name: str | None, options: dict[str, Any]) -> Client:
    """`App.client`: `interface` and `style` are the adapter's, the rest is for `httpx.Client`."""
    style = options.pop("style", "native")
    interface = options.pop("interface", None)
    on = name or targets.BARE
    return Client(targets.make(app, f"{on}:{interface}" if interface else on, style), **options)


class _WSGI:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.transport: httpx.BaseTransport | None = WSGITransport(target.native)

    def begin(self, client: Client) -> None:
        self.target.startup()

    def end(self) -> None:
        self.target.shutdown()


class _ASGI:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.transport: httpx.BaseTransport | None = ASGITransport(target.native)

    def begin(self, client: Client) -> None:
        self._held = LOOP.run(Held(_lifespan(self.target.native)).begin())

    def end(self) -> None:
        self._held.end_from_thread()


class _Served:
    """Over a socket, by the framework's own server."""

    transport: httpx.BaseTransport | None = None

    def __init__(self, target: Target) -> None:
        self.target = target
        self.server = targets.pick_server(target.protocol)

    def begin(self, client: Client) -> None:
        running = self.server.hook.start(target=self.target, config=Config())
        if running is None:
            raise self.server.broken("can't serve in the background: it has no hook `start`")
        self._running = running
        client.base_url = httpx.URL(f"http://{running.host}:{running.port}")

    def end(self) -> None:
        self._running.stop()


_SESSIONS: dict[str, Callable[[Target], Any]] = {"wsgi": _WSGI, "asgi": _ASGI}


class WSGITransport(httpx.BaseTransport):
    """Calls a WSGI application; unlike httpx's own it keeps repeated fields."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        started: list[Any] = []

        def start_response(status: str, headers: list[Any], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return None

        body = self.application(environ(request), start_response)
        stream = _WSGIStream(body)
        status, headers = started
        return httpx.Response(int(status[:3]), headers=_encoded(headers), stream=stream)


def environ(request: httpx.Request) -> dict[str, Any]:
    """A request as a WSGI environ."""
    path, _, query = request.url.raw_path.partition(b"?")
    body = request.read()
    made = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "REQUEST_URI": request.url.raw_path.decode("ascii"),
        "QUERY_STRING": query.decode("ascii"),
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(request.url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "0",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.multi_items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            made[key] = value
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            made[f"HTTP_{key}"] = _joined(key, made.get(f"HTTP_{key}"), value)
    return made


def _joined(key: str, before: Any, value: str) -> str:
    separator = "; " if key == "COOKIE" else ", "
    return value if before is None else f"{before}{separator}{value}"


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


class _WSGIStream(httpx.SyncByteStream):
    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield from self._body

    def close(self) -> None:
        if hasattr(self._body, "close"):
            self._body.close()


class ASGITransport(httpx.BaseTransport):
    """Calls an ASGI application on the process's loop; streams come as they are made."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        visit = Visit()
        exchange = _Exchange(visit, scope(request), request.read())
        start = visit.run(lambda: exchange.run(self.application))
        return httpx.Response(
            start["status"], headers=list(start["headers"]), stream=_ASGIStream(visit)
        )


def scope(request: httpx.Request) -> dict[str, Any]:
    """A request as an ASGI scope."""
    raw_path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port or 80),
        "client": ("127.0.0.1", 0),
        "extensions": {},
        "state": {},
    }


class _Exchange:
    """The two callables of one ASGI request."""

    def __init__(self, visit: Visit, scope: dict[str, Any], body: bytes) -> None:
        self._visit = visit
        self._scope = scope
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def run(self, application: Callable[..., Any]) -> None:
        await application(self._scope, self._receive, self._send)

    async def _receive(self) -> Any:
        if self._messages:
            return self._messages.pop()
        # The client goes by cancelling all of it.
        return await asyncio.get_running_loop().create_future()

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._visit.give(message)
        elif message.get("body"):
            await self._visit.hand(message["body"])


class _ASGIStream(httpx.SyncByteStream):
    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def __iter__(self) -> Iterator[bytes]:
        while (chunk := self._visit.next(END, lambda: False)) is not END:
            yield chunk

    def close(self) -> None:
        self._visit.close()


async def _lifespan(application: Callable[..., Any]) -> AsyncGenerator[None, None]:
    """The lifespan of an ASGI application as a generator; of one that has none, nothing happens."""
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(application(scope, inbox.get, outbox.put))
    if await _phase("startup", task, inbox, outbox):
        yield
        await _phase("shutdown", task, inbox, outbox)
        await task
    else:
        yield


async def _phase(
    phase: str, task: asyncio.Future[None], inbox: asyncio.Queue[Any], outbox: asyncio.Queue[Any]
) -> bool:
    """Whether the application answered. Raises its error, or RuntimeError, where it failed."""
    await inbox.put({"type": f"lifespan.{phase}"})
    answer = asyncio.ensure_future(outbox.get())
    await asyncio.wait([task, answer], return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        # The specification has an error here mean that there is no lifespan.
        return False
    if answer.result()["type"].endswith("failed"):
        await task
        raise RuntimeError(f"the {phase} failed: {answer.result().get('message')}")
    return True
