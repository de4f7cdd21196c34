"""Counts what the serving process holds open, before and after."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from typing import Any

from .hosts import Host

SETTLE = 5.0
POOL = 40


def warm_up(host: Host) -> None:
    """Fills the thread pools, which grow on demand, so that what grows afterwards is a leak."""
    target = f"/probe/meet/{uuid.uuid4()}/{POOL}"
    threads = [threading.Thread(target=host.get, args=[target]) for _ in range(POOL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for colour in ("sync", "async"):
        host.get(f"/{colour}/paths/static")


def growth(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What the process holds now and did not before; "" if nothing."""
    grown = []
    for kind in ("threads", "tasks"):
        old, new = _settled(before[kind]), _settled(after[kind])
        if new.total() > old.total():
            grown.append(f"{kind}: {dict(new - old)}")
    if after["files"] > before["files"]:
        grown.append(f"open files: {before['files']} -> {after['files']}")
    return "; ".join(grown)


def _settled(names: list[str]) -> Counter[str]:
    # The default executor of a loop that lives on grows to its few threads, as they are needed.
    # Only a second executor, which has threads of the same names, is a leak.
    found = Counter(names)
    return Counter({n: c for n, c in found.items() if c > 1 or not n.startswith("asyncio_")})


def check(host: Host, before: dict[str, Any]) -> None:
    """Fails if the process has grown; gives it 5 s to finish what is on its way."""
    deadline = time.monotonic() + SETTLE
    while (grown := growth(before, host.state())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not grown, f"{host.spec.id} leaks: {grown}"
