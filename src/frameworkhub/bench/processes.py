"""Subjects as servers: each in a process of its own, with the CPU time that it has used."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Self

import attrs

from ..check.hosts import Process
from ..registry import Adapter
from .cpus import Cpus
from .subjects import Subject, options_of


class ServerProcess(Process):
    """A subject, served; running inside the `with`, on those CPUs."""

    def __init__(self, subject: Subject, server: Adapter, cpus: Cpus = None) -> None:
        super().__init__(subject.app or "", subject.on)
        how = {"server": server.name, "options": options_of(server), "cpus": cpus}
        spec = attrs.asdict(subject) | how
        self.command = [sys.executable, "-m", "frameworkhub.bench.serve", json.dumps(spec)]

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def cpu(self) -> float | None:
        """Seconds of CPU time that its processes have used so far; None where nobody tells."""
        try:
            return sum(map(cpu_time, family(self.process.pid)))
        except (OSError, AttributeError):
            return None


def cpu_time(pid: int) -> float:
    """Seconds of CPU time of a process, all its threads together, to the nanosecond (Linux)."""
    clock = ~pid << 3 | 2  # what clock_getcpuclockid(3) gives
    return time.clock_gettime(clock)


def family(pid: int) -> list[int]:
    """A process and those that it has forked (Linux)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(each for child in children for each in family(int(child)))]
