"""Uvicorn in several processes, under its own supervisor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from frameworkhub import serving
from frameworkhub.servers import Config, Target, from_environ

from .served import Served


class Supervisor(Multiprocess):
    """Tells once when all the processes accept connections."""

    announce: Callable[[], None] | None = None

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if self.announce and all(process.is_ready() for process in self.processes):
            self.announce, announce = None, self.announce
            announce()


def supervise(target: Target, config: Config, settings: dict[str, Any]) -> None:
    """Serves until SIGINT or SIGTERM. Raises RuntimeError where a worker does not start."""
    target.publish()
    made = uvicorn.Config(f"{__name__}:published", factory=True, **settings)
    with serving.listen(config) as listener:
        supervisor = Supervisor(made, [listener])
        supervisor.announce = lambda: config.ready(*serving.address(listener))
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise RuntimeError("a worker of uvicorn did not start; its log says why")


def published() -> Served:
    """The application of a worker process."""
    return Served(from_environ(), in_worker=True)
