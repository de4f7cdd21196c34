"""Gunicorn's application, master and workers, with what the hub needs of them."""

from __future__ import annotations

import mmap
import os
import signal
from concurrent.futures import Future
from typing import Any

from frameworkhub.servers import Config, Target
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.workers.gasgi import ASGIWorker
from gunicorn.workers.gthread import TConn, ThreadWorker

from . import asgi, wsgi

SETTINGS: dict[str, Any] = {
    "asgi_lifespan": "on",  # A start that fails, in whatever way, is no start.
    "control_socket_disable": True,  # one path for all servers of a user
    "forwarded_allow_ips": "",  # The hub decides whom it believes,
    "forwarder_headers": "",
    "secure_scheme_headers": {},  # also about the scheme.
    "loglevel": "warning",
}


class Application(BaseApplication):  # type: ignore[misc]
    """What the master and its workers share.

    Attributes:
        started: one byte of shared memory; 1 as soon as a worker serves.
    """

    def __init__(self, target: Target, config: Config) -> None:
        self.target = target
        self.config = config
        self.started = mmap.mmap(-1, 1)
        super().__init__()

    def load_config(self) -> None:
        for name, value in (self._settings() | SETTINGS | self.config.options).items():
            self.cfg.set(name, value)

    def _settings(self) -> dict[str, Any]:
        config = self.config
        host = f"[{config.host}]" if ":" in config.host else config.host
        common = {"bind": f"{host}:{config.port}", "workers": config.workers}
        if self.target.protocol == "asgi":
            return {**common, "worker_class": AsyncWorker}
        return {**common, "worker_class": SyncWorker, "threads": config.threads}

    def load(self) -> Any:
        if self.target.protocol == "asgi":
            return asgi.repaired(self.target.native)
        return wsgi.repaired(self.target.native)

    def run(self) -> None:
        Master(self).run()


class Master(Arbiter):  # type: ignore[misc]
    """Tells when the first worker serves, and stops gracefully on SIGINT too."""

    ready = False
    halting = False

    def manage_workers(self) -> None:
        super().manage_workers()
        if not self.ready and self.app.started[0]:
            self.ready = True
            self.app.config.ready(*self.LISTENERS[0].getsockname()[:2])

    def handle_int(self) -> None:
        self.handle_term()

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        self.halting = True
        super().halt(reason, exit_status)

    def reap_workers(self) -> None:
        try:
            super().reap_workers()
        except HaltServer:
            # The next worker that failed to start, while the server stops for the first one.
            if not self.halting:
                raise


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
