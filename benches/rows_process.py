"""Rows about whole processes: what importing costs, and what memory much streaming takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from time import perf_counter

from measuring import Effort, Wrong
from served import MB
from serving import Served
from table import Bar, Fact, Row

from frameworkhub.bench.rounds import Ratio, interleave, interval, ratio

# Imports.

STARTS = {
    "import frameworkhub": "import frameworkhub",
    "import bottle": "import bottle",
    "python alone": "pass",
}
OTHERS = """
import sys
before = set(sys.modules)
import frameworkhub
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(new - sys.stdlib_module_names - {"frameworkhub"}))
"""


def imports(effort: Effort) -> Row:
    rounds = 20 * effort.processes
    with tempfile.TemporaryDirectory() as folder:
        found = interleave({what: starting(code, folder) for what, code in STARTS.items()}, rounds)
        others = output(OTHERS, folder).split()
    hub, bottle = found["import frameworkhub"], found["import bottle"]
    named = f"it imports {', '.join(others)}" if others else ""
    count = Ratio(len(others), len(others), len(others))
    return [
        Bar("process importing frameworkhub, over bottle", ratio(hub, bottle), 1),
        Bar("packages imported with it", count, 0, missing=named),
        Fact("ms a process: " + "; ".join(f"{n} {s.median * 1e3:.1f}" for n, s in found.items())),
    ]


def starting(code: str, folder: str) -> Callable[[], float]:
    def once() -> float:
        start = perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
        return perf_counter() - start

    once()  # compiles
    return once


def output(code: str, folder: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


# Memory.

SIZE = 200 * MB
LIMIT = 8
BLOCK = b"x" * MB


def memory(effort: Effort) -> Row:
    if not sys.platform.startswith("linux"):
        return [Bar("200 MB", None, LIMIT, "<", " MB", "only Linux tells the peak of a process")]
    row: Row = []
    for interface, server in {"wsgi": "gunicorn", "asgi": "uvicorn"}.items():
        runs = [grown(interface) for _ in range(effort.processes)]
        for i, way in enumerate(("up", "down")):
            growth = [run[i] for run in runs]
            seen = Ratio(statistics.median(growth), *interval(growth))
            row.append(Bar(f"200 MB {way}, {interface} on {server}", seen, LIMIT, "<", " MB"))
    row.append(Fact("once each way the one who takes rests, so that the one who gives has to wait"))
    return row


def grown(interface: str) -> tuple[float, float]:
    """MB by which the peak of the server's process rose for the upload, and for the download."""
    with Served(f"stream:{interface}", interface) as server:
        up(server.address, MB)  # what is imported at the first use is no growth
        down(server.address, MB)
        return rise(server, up), rise(server, down)


def rise(server: Served, transfer: Callable[[tuple[str, int], int], None]) -> float:
    peak(server.address)
    before = peak(server.address)
    transfer(server.address, SIZE)
    return (peak(server.address) - before) / 1024


def peak(address: tuple[str, int]) -> int:
    connection = HTTPConnection(*address, timeout=10)
    connection.request("GET", "/peak")
    kibibytes = int(connection.getresponse().read())
    connection.close()
    return kibibytes


def up(address: tuple[str, int], size: int) -> None:
    connection = HTTPConnection(*address, timeout=60)
    blocks = (BLOCK for _ in range(size // MB))
    connection.request("POST", "/up", blocks, {"Content-Length": str(size)})
    if (said := connection.getresponse().read()) != str(size).encode():
        raise Wrong(f"of {size} bytes sent the handler had {said!r}")
    connection.close()


def down(address: tuple[str, int], size: int) -> None:
    connection = HTTPConnection(*address, timeout=60)
    connection.request("GET", f"/down/{size}")
    response = connection.getresponse()
    got = 0
    while chunk := response.read(MB):
        if got < 10 * MB <= got + len(chunk):
            time.sleep(0.3)
        got += len(chunk)
    if got != size:
        raise Wrong(f"of {size} bytes {got} came")
    connection.close()
