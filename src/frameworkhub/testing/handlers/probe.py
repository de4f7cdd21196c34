"""What the tests ask about the serving process: `/probe/state`."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import frameworkhub as hub

from ..app import Both
from ..inprocess import OWN_THREADS
from ..meetings import MEETINGS

counters: Counter[str] = Counter()
events: list[str] = []


def count(name: str) -> None:
    """Add one to a counter that `host.state()["counters"]` shows."""
    counters[name] += 1


def note(event: str) -> None:
    """Append to the list that `host.state()["events"]` shows."""
    events.append(event)


def state() -> dict[str, Any]:
    """Counters, events, and what the process holds open just now."""
    gc.collect()
    return {
        "pid": os.getpid(),
        "counters": dict(counters),
        "events": list(events),
        "threads": sorted(t.name for t in threading.enumerate() if not _is_ours(t)),
        "tasks": sorted(_tasks()),
        "files": _open_files(),
        "memory": _peak_memory(),
    }


def _is_ours(thread: threading.Thread) -> bool:
    return thread.name.startswith(OWN_THREADS)


def _tasks() -> list[str]:
    # asyncio.all_tasks() wants a running loop, and there may be several, in several threads.
    found = [o for o in gc.get_objects() if isinstance(o, asyncio.Task)]
    names = [getattr(t.get_coro(), "__qualname__", repr(t)) for t in found if not t.done()]
    # In process, the test waits by that one for this very answer, or is just about to.
    return [name for name in names if name != "Channel.next"]


def _open_files() -> int:
    # /dev/fd is there on Linux and macOS; listing it opens one more.
    return len(os.listdir("/dev/fd")) - 1


def _peak_memory() -> int:
    """The most that the process held since `_forget_peak`, in KiB; 0 where the system can't tell.

    Not getrusage(): its peak is inherited from the process that started this one.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0])


def _forget_peak() -> None:
    # proc(5): 5 sets the peak back to what is held now.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def add(both: Both) -> None:
    @both.app.get("/probe/state", name="probe_state")
    def probe_state(request: hub.Request) -> dict[str, Any]:
        return state()

    @both.app.get("/probe/notes", name="probe_notes")
    def probe_notes(request: hub.Request) -> dict[str, Any]:
        return {"counters": dict(counters), "events": list(events)}

    @both.app.post("/probe/reset", name="probe_reset")
    def probe_reset(request: hub.Request) -> None:
        counters.clear()
        events.clear()
        _forget_peak()

    @both.app.get("/probe/meet/{key}/{size:int}", name="probe_meet")
    def probe_meet(request: hub.Request, key: str, size: int) -> bool:
        return MEETINGS[key].come(size, patience=1)
