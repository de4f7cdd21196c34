"""cheroot, listening, in threads of its own."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cheroot.wsgi import Server as CherootServer

from frameworkhub.hosts import GRACE
from frameworkhub.servers import Config, Target
from frameworkhub.serving import address, listen

from .connections import Connection, Gateway

logger = logging.getLogger("cheroot")

SETTINGS: dict[str, Any] = {
    "expiration_interval": 0.1,  # also how long a stop takes at most to be noticed
    "keep_alive_conn_limit": 500,
    "max_request_header_size": 64 * 1024,
    "request_queue_size": 128,
    "shutdown_timeout": GRACE,
    "timeout": 60,
}
# How long threads may take to end once their connections are cut.
PATIENCE = 1.0


class Server(CherootServer):
    """cheroot on a socket that is bound already."""

    ConnectionClass = Connection

    def __init__(self, listener: socket.socket, target: Target, config: Config) -> None:
        super().__init__(address(listener), target.native, numthreads=config.threads)
        self.listener = listener
        self.gateway = Gateway
        self.requests._force_close = cut
        for name, value in (SETTINGS | config.options).items():
            setattr(self, name, value)

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        # For the connections that it accepts, as cheroot would set it.
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.listener
        return self.listener

    def process_conn(self, conn: Connection) -> None:
        if conn.last_used is None:
            self._connections.put(conn)  # No thread waits for a client that has sent nothing yet.
        else:
            super().process_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        logger.log(level, msg, exc_info=traceback)


def cut(conn: Connection | None) -> None:
    """Ends the connection of a thread whose time is over; cheroot would go on sending to it."""
    if conn is not None:
        with suppress(OSError):
            conn.socket.shutdown(socket.SHUT_RDWR)


class Serving:
    """A server that accepts connections.

    Args:
        ended: called with None when it has stopped by itself, because a handler raised SystemExit.

    Raises:
        HubError: nothing can listen there.
        Exception: what the app's lifespan raised at its start.
    """

    def __init__(
        self, target: Target, config: Config, ended: Callable[[None], object] = lambda _: None
    ) -> None:
        self.target = target
        self._ended = ended
        self._ready = threading.Event()
        listener = listen(config)
        try:
            self.server = Server(listener, target, config)
            target.startup()
        except BaseException:
            listener.close()
            raise
        self.host, self.port = address(listener)
        # Daemons, as their own threads will be: one that never ends must not hold up the exit.
        self._thread = threading.Thread(target=self._serve, name="cheroot", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _serve(self) -> None:
        try:
            self.server.prepare()
            self._ready.set()
            self.server.serve()
        finally:
            self._ready.set()
            self._ended(None)

    def stop(self) -> None:
        """Returns when the requests in flight are answered, or `shutdown_timeout` is over."""
        stopping = threading.Thread(target=self.server.stop, name="cheroot-stop", daemon=True)
        stopping.start()
        stopping.join(self.server.shutdown_timeout + PATIENCE)
        self._thread.join(PATIENCE)
        self.target.shutdown()
