"""Gunicorn's application and its master."""

from __future__ import annotations

import mmap
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from frameworkhub.servers import Config, Target

from . import asgi, wsgi
from .workers import AsyncWorker, SyncWorker

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
