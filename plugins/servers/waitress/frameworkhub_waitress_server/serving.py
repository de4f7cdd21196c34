"""waitress, with what it changes of requests and responses put right, and a graceful stop."""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Any

import waitress
from frameworkhub.servers import Config, Target
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

SETTINGS: dict[str, Any] = {
    "asyncore_use_poll": hasattr(select, "poll"),  # select() fails from file number 1024 on
    "channel_request_lookahead": 1,  # without it nobody looks whether the client has gone
    "clear_untrusted_proxy_headers": False,  # the app decides whom it trusts
    "connection_limit": 500,
    "ident": "",  # see Task.build_response_header
    "max_request_body_size": sys.maxsize,  # the app has its own limit
    "outbuf_high_watermark": 2**20,  # a stream waits for its client, rather than filling a file
}
GRACEFUL_TIMEOUT = 30.0
TICK = 0.1


class Serving:
    """A server that listens. `serve` runs until `stop`, which a signal handler may call.

    Raises:
        OSError: the address can't be bound.
        Exception: what the app's lifespan raised at its start.
    """

    def __init__(self, target: Target, config: Config) -> None:
        options = dict(config.options)
        self.graceful_timeout = float(options.pop("graceful_timeout", GRACEFUL_TIMEOUT))
        self.target = target
        self.stopping = False
        listener = _bind(config.host, config.port)
        try:
            target.startup()
        except BaseException:
            listener.close()
            raise
        self.server = waitress.create_server(
            target.native,
            sockets=[listener],
            threads=config.threads,
            server_name=config.host,
            **SETTINGS | options,
        )
        self.server.channel_class = Channel
        self.server.draining = False
        self.host, self.port = config.host, int(self.server.effective_port)

    def serve(self) -> None:
        try:
            while not self.stopping:
                self._turn()
            self._drain()
        finally:
            self._close()
            self.target.shutdown()

    def stop(self) -> None:
        """Lets `serve` finish the requests in flight, and return."""
        if not self.stopping:
            self.stopping = True
            self.server.pull_trigger()

    def _turn(self, timeout: float = 1.0) -> None:
        adj, sockets = self.server.adj, self.server._map
        wasyncore.loop(timeout=timeout, use_poll=adj.asyncore_use_poll, map=sockets, count=1)

    def _drain(self) -> None:
        self.server.draining = True
        wasyncore.dispatcher.close(self.server)  # only the listening socket
        end = time.monotonic() + self.graceful_timeout
        while (channels := list(self.server.active_channels.values())) and time.monotonic() < end:
            for channel in channels:
                channel.close_if_idle()
            self._turn(TICK)

    def _close(self) -> None:
        for channel in list(self.server.active_channels.values()):
            channel.handle_close()
        self.server.task_dispatcher.shutdown()
        self.server.close()


def _bind(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound


class Fields(dict[str, str]):
    """Header fields. waitress joins repeated ones by ", ", which for cookies is wrong (RFC 6265, 4.2.1)."""

    def __setitem__(self, name: str, value: str) -> None:
        if name == "COOKIE" and name in self:
            before = self[name]
            value = f"{before}; {value[len(before) + len(', ') :]}"
        super().__setitem__(name, value)


class Parser(HTTPRequestParser):
    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.headers = Fields()


class Task(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["PATH_INFO"] = self.request.path  # with all its leading slashes
        environ["SERVER_SOFTWARE"] = "waitress"
        environ["frameworkhub.is_disconnected"] = self.channel.check_client_disconnected
        return environ

    def build_response_header(self) -> bytes:
        if self.channel.server.draining:
            self.set_close_on_finish()
        own = [field for field in self.response_headers if field[0].lower() == "server"]
        # waitress answers an app's own `Server` with a `Via`, so it must not see it.
        self.response_headers = [field for field in self.response_headers if field not in own]
        head: bytes = super().build_response_header()
        if self.request.command == "HEAD":
            self.chunked_response = False
        lines = "".join(f"{name}: {value}\r\n" for name, value in own or [("Server", "waitress")])
        return head[:-2] + lines.encode("latin-1") + b"\r\n"

    def write(self, data: bytes) -> None:
        super().write(b"" if self.request.command == "HEAD" else data)

    def service(self) -> None:
        try:
            super().service()
        except Exception:
            if self.wrote_header and not self.chunked_response and self.content_length is None:
                self.channel.reset()
            raise


class Channel(HTTPChannel):
    parser_class = Parser
    task_class = Task

    def close_if_idle(self) -> None:
        """Closes the connection once it is flushed, unless a request is being answered or uploaded."""
        with self.requests_lock:
            uploading = self.request is not None and self.request.headers_finished
            if not self.requests and not uploading:
                self.close_when_flushed = True

    def reset(self) -> None:
        """Makes closing abort the connection: where its end is the body's, a clean one would lie."""
        # The socket may be gone by now, with the client.
        with suppress(AttributeError, OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
