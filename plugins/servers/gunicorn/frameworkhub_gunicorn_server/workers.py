"""Gunicorn's worker processes."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gasgi import ASGIWorker
from gunicorn.workers.gthread import TConn, ThreadWorker

from . import asgi, wsgi

if TYPE_CHECKING:
    from .serving import Application


class Worker:
    """What both kinds of worker do beside their work."""

    app: Application
    ppid: int

    def init_signals(self) -> None:
        super().init_signals()  # type: ignore[misc]
        # Ctrl-C in a terminal reaches every process; the master stops its workers gracefully.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def notify(self) -> None:
        """The worker lives: called from its main loop, first when it has started."""
        super().notify()  # type: ignore[misc]
        if not self.app.started[0]:
            self.app.started[0] = 1
            os.kill(self.ppid, signal.SIGCHLD)  # wakes the master


class AsyncWorker(Worker, ASGIWorker):  # type: ignore[misc]
    """Serves ASGI; start and stop come by its lifespan."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.connections: set[asgi.Protocol] = set()

    async def _shutdown(self) -> None:
        for connection in list(self.connections):
            connection.retire()
        await super()._shutdown()


class SyncWorker(Worker, ThreadWorker):  # type: ignore[misc]
    """Serves WSGI by threads."""

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.app.target.startup()

    def run(self) -> None:
        try:
            super().run()
        finally:
            self.app.target.shutdown()

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:
            # Else the system would go on taking connections, which nobody serves any more.
            for listener in self.sockets:
                listener.close()

    def handle_request(self, req: Any, conn: TConn) -> bool:
        wsgi.join_cookies(req)
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: TConn, future: Future[Any]) -> None:
        if conn.sock.fileno() == -1:
            # Closed by a failed stream. Gunicorn would fail to close it again, and count it twice.
            self.nr_conns -= 1
        else:
            super().finish_request(conn, future)
