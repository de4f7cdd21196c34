"""On what was measured: the machine, and the versions of what was at work."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import listing, registry


def machine() -> dict[str, Any]:
    """Processor, cores, kernel and Python."""
    return {
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def processor() -> str:
    """The processor's own name where the system tells it (Linux), else its architecture."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def versions(frameworks: set[str], servers: set[str]) -> dict[str, str]:
    """Of the library, and of what the plugins at work carry, as pip names it."""
    found = {"frameworkhub": metadata.version("frameworkhub")}
    for kind, names in (("frameworks", frameworks), ("servers", servers)):
        for adapter in registry.adapters(kind):
            if adapter.name in names:
                carried = listing.carried(adapter.distribution)
                found |= dict(each.rsplit(" ", 1) for each in carried if "(" not in each)
    return found
