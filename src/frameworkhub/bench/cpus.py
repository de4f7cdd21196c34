"""Servers on one CPU and who asks them on the others (Linux; elsewhere the system decides).

Left to the scheduler the two meet on a CPU now and then, and a process that moves leaves its caches
behind: one and the same server then differs by a fifth from one start to the next.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

Cpus = list[int] | None


@contextmanager
def apart() -> Iterator[Cpus]:
    """Leaves a CPU to the servers that are started inside; gives it, or None if there is but one.

    They are to `take` it: a process is started where its parent may run.
    """
    there = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(there) < 2:
        yield None
        return
    os.sched_setaffinity(0, there[1:])
    try:
        yield there[:1]
    finally:
        os.sched_setaffinity(0, there)


def take(cpus: Cpus) -> None:
    """Has this process run there alone, and those that it starts."""
    if cpus is not None:
        os.sched_setaffinity(0, cpus)
