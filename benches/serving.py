"""An application of served.py in a process of its own, by gunicorn or uvicorn."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from measuring import Wrong

from frameworkhub.bench.cpus import Cpus, take
from frameworkhub.bench.processes import cpu_time, family

HOST = "127.0.0.1"
PATIENCE = 20.0
SERVERS = {
    "wsgi": ["gunicorn", "--workers=1", "--threads=8", "--log-level=error"],
    "asgi": ["uvicorn", "--interface=asgi3", "--log-level=error", "--no-access-log"],
}


class Served:
    """Runs inside the `with`; `address` is where."""

    def __init__(self, what: str, interface: str, cpus: Cpus = None) -> None:
        self.what = what
        self.cpus = cpus
        self.interface = interface
        self.address = (HOST, free_port())

    def __enter__(self) -> Self:
        environ = {
            **os.environ,
            "BARS_SERVE": self.what,
            "PYTHONPATH": os.pathsep.join(map(str, import_path())),
        }
        place = partial(take, self.cpus)
        self.process = subprocess.Popen(self._command(), env=environ, preexec_fn=place)
        end = time.monotonic() + PATIENCE
        while not self._accepts():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise Wrong(f"{self.what} did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()

    def _command(self) -> Sequence[str]:
        host, port = self.address
        bind = (
            [f"--bind={host}:{port}"]
            if self.interface == "wsgi"
            else [f"--host={host}", f"--port={port}"]
        )
        return [sys.executable, "-m", *SERVERS[self.interface], *bind, "served:application"]

    def _accepts(self) -> bool:
        with suppress(OSError), socket.create_connection(self.address, 1):
            return True
        return False

    def cpu(self) -> float | None:
        """Seconds of CPU time that its processes have used; None where the system can't tell."""
        try:
            return sum(map(cpu_time, family(self.process.pid)))
        except (OSError, AttributeError):
            return None


def import_path() -> list[Path]:
    given = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return [Path(__file__).parent, *map(Path, given)]


def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port
