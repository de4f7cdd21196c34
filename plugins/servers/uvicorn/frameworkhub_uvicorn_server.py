"""Uvicorn: serves ASGI applications."""

from __future__ import annotations

import logging
import signal
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

import frameworkhub as hub
from frameworkhub.servers import Config, Features, Running, Target, from_environ

logger = logging.getLogger("uvicorn.error")

# How long requests in flight may take when the server is to stop; then they are cancelled.
GRACE_SECONDS = 10

_OPTIONS = (
    "http", "loop", "ws", "ws_max_size", "ws_ping_interval", "ws_ping_timeout", "backlog",
    "access_log", "log_config", "log_level", "server_header", "date_header", "headers",
    "limit_concurrency", "limit_max_requests", "timeout_keep_alive", "timeout_graceful_shutdown",
    "ssl_keyfile", "ssl_certfile", "ssl_keyfile_password", "ssl_ca_certs", "ssl_cert_reqs",
)  # fmt: skip


@hub.hookimpl
def features() -> Features:
    return Features(("asgi",), websocket=True, workers=True, options=_OPTIONS)


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    if config.workers > 1:
        _supervise(target, config)
        return True
    served = Served(target.native)
    server = _server(served, config)

    # Uvicorn raises the signal again once it has stopped, which would be the end of the process.
    def stop(number: int, frame: Any) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _serve(server, served, _bind(config))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    listener = _bind(config)
    ready: Future[None] = Future()
    stopped: Future[None] = Future()
    served = Served(target.native)
    settings = {"log_config": None} | config.options
    config = Config(ready=lambda host, port: ready.set_result(None), options=settings)
    server = _server(served, config)

    def serve() -> None:
        try:
            stopped.set_result(_serve(server, served, listener))
        except BaseException as error:
            stopped.set_exception(error)

    def stop() -> None:
        server.should_exit = True
        stopped.result()
        thread.join()

    host, port = listener.getsockname()[:2]
    thread = threading.Thread(target=serve, name="uvicorn", daemon=True)
    thread.start()
    wait([ready, stopped], return_when=FIRST_COMPLETED)
    if not ready.done():
        stopped.result()
    return Running(host, port, stop)


def _bind(config: Config) -> socket.socket:
    """A bound socket; uvicorn listens on it once the application has started."""
    found = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise hub.HubError(f"can't listen on {config.host}:{config.port}: {error}") from None
    return listener


def _settings(config: Config) -> dict[str, Any]:
    defaults = {
        "http": "h11",  # httptools, faster, knows a fixed list of methods and refuses others.
        "interface": "asgi3",
        "lifespan": "on",
        "proxy_headers": False,  # The hub decides whom it believes.
        "reset_contextvars": True,  # Else a connection's next request has those of the last one.
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "workers": config.workers,
        "log_level": "warning",
        "access_log": False,
    }
    return defaults | config.options


def _server(served: Served, config: Config) -> Any:
    import uvicorn

    announced = False

    async def announce() -> None:
        nonlocal announced
        if not announced:
            announced = True
            config.ready(*server.servers[0].sockets[0].getsockname()[:2])

    server = uvicorn.Server(uvicorn.Config(served, callback_notify=announce, **_settings(config)))
    return server


def _serve(server: Any, served: Served, listener: socket.socket) -> None:
    """Serves until told to stop. Raises what made the application's start or stop fail."""
    try:
        server.run([listener])
    except SystemExit:
        raise served.failure or RuntimeError("uvicorn did not start; its log says why") from None
    finally:
        listener.close()
    if served.failure is not None:
        raise served.failure


def _supervise(target: Target, config: Config) -> None:
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    class Supervisor(Multiprocess):
        announce: Callable[[], Any] | None = None

        def keep_subprocess_alive(self) -> None:
            super().keep_subprocess_alive()
            if self.announce and all(process.is_ready() for process in self.processes):
                self.announce, announce = None, self.announce
                announce()

    target.publish()
    listener = _bind(config)
    host, port = listener.getsockname()[:2]
    settings = uvicorn.Config(f"{__name__}:published", factory=True, **_settings(config))
    supervisor = Supervisor(settings, [listener])
    supervisor.announce = lambda: config.ready(host, port)
    supervisor.run()
    listener.close()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise RuntimeError("a worker of uvicorn did not start; its log says why")


def published() -> Served:
    """The application of a worker process."""
    return Served(from_environ(), in_worker=True)


class Served:
    """An application, with what uvicorn's HTTP leaves to be repaired.

    Attributes:
        in_worker: nobody sees `failure`, so it is logged.
        failure: what its start or stop raised.
    """

    def __init__(self, app: Any, in_worker: bool = False) -> None:
        self.app = app
        self.in_worker = in_worker
        self.failure: BaseException | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if scope["path"][:1] != "/":
            _to_origin_form(scope)
        if scope["http_version"] == "1.0":
            await _serve_old(self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            self.failure = error
            if self.in_worker:
                logger.exception("the start or the stop of the app failed")
            raise


def _to_origin_form(scope: Any) -> None:
    """Takes the authority off a target like `http://host/path` (RFC 9112, section 3.2.2)."""
    if "://" in scope["path"]:
        scope["path"] = "/" + "/".join(scope["path"].split("/", 3)[3:])
        scope["raw_path"] = b"/" + b"/".join(scope["raw_path"].split(b"/", 3)[3:])


async def _serve_old(app: Any, scope: Any, receive: Any, send: Any) -> None:
    """For an HTTP/1.0 client, the end of the connection ends a body of unknown length.

    So it gets no chunked framing, which uvicorn's httptools would use, and a stream that fails
    resets the connection, as its end would look like a good one (RFC 9112, section 6.3).
    """
    cycle = send.__self__
    open_ended = False

    async def framed(message: Any) -> None:
        nonlocal open_ended
        if message["type"] == "http.response.start":
            open_ended = all(name != b"content-length" for name, _ in message["headers"])
        if open_ended:
            cycle.chunked_encoding = False
            cycle.expected_content_length = len(message.get("body", b""))
        await send(message)

    try:
        await app(scope, receive, framed)
    except BaseException:
        if open_ended:
            _reset(cycle.transport)
        raise


def _reset(transport: Any) -> None:
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
