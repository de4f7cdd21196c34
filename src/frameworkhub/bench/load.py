"""Load over sockets: what a load maker is, and wrk."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import attrs

from ..check.requests import Request
from ..errors import HubError

CONNECTIONS = 4
PATIENCE = 20.0
"""Seconds without any answer after which a load maker gives up."""

Address = tuple[str, int]


@attrs.frozen
class Burst:
    """How many requests were answered, all of them well, in how many seconds."""

    requests: int
    seconds: float


class Load(Protocol):
    """Makes load. `name` tells with what."""

    name: str

    def burst(self, address: Address, request: Request, seconds: float) -> Burst:
        """As many requests as are answered in that time, on several connections.

        Raises:
            HubError: an answer was no success, or a connection failed.
        """


def load_maker() -> Load:
    """wrk if it is on PATH, else the bundled one."""
    if shutil.which("wrk"):
        return Wrk()
    from .aioload import AsyncioLoad

    return AsyncioLoad()


def head(request: Request) -> bytes:
    """The request line and the fields, as they are sent."""
    fields = [("Host", "localhost"), *request.headers]
    if request.body or request.method not in ("GET", "HEAD"):
        fields.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


# wrk.

SCRIPT = """
local file = io.open("{head}", "rb")
local head = file:read("*a")
file:close()
request = function() return head end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("\\nframeworkhub %d %d %d %d\\n", summary.requests, summary.duration,
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


class Wrk:
    """wrk, one thread. It counts whole seconds only, so it is told when to stop."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        said = subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout
        version = re.search(r"wrk \S*?([\d.]+)", said)
        self.name = f"wrk {version[1]}" if version else "wrk"

    def burst(self, address: Address, request: Request, seconds: float) -> Burst:
        found = self._burst(address, request, seconds)
        while found.requests == 0 and seconds < PATIENCE:  # it had hardly begun
            seconds *= 4
            found = self._burst(address, request, seconds)
        if found.requests == 0:
            raise HubError(f"{request}: no answer in {seconds:.0f} s")
        return found

    def _burst(self, address: Address, request: Request, seconds: float) -> Burst:
        script = self._script(request)
        url = f"http://{address[0]}:{address[1]}"
        # Longer than it is left to run, but not for ever: nobody may be left to stop it.
        longest = f"-d{seconds + PATIENCE:.0f}s"
        numbers = ["-t1", f"-c{CONNECTIONS}", longest, f"--timeout={PATIENCE:.0f}s"]
        said = run_for(seconds, ["wrk", *numbers, "-s", str(script), url])
        found = re.search(r"^frameworkhub (\d+) (\d+) (\d+) (\d+)$", said, re.M)
        if not said.strip():
            return Burst(0, seconds)  # stopped before it began
        if not found:
            raise HubError(f"wrk failed: {said.strip()}")
        requests, microseconds, refused, broken = map(int, found.groups())
        _check(request, requests, refused, broken)
        return Burst(requests, microseconds / 1e6)

    def _script(self, request: Request) -> Path:
        sent = Path(self.folder.name, "request")
        sent.write_bytes(head(request) + request.body)
        script = sent.with_suffix(".lua")
        script.write_text(SCRIPT.replace("{head}", str(sent)), "utf-8")
        return script


def run_for(seconds: float, command: Sequence[str]) -> str:
    """What a command says that is stopped after so many seconds, as by Ctrl-C."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.monotonic() + seconds + PATIENCE
    try:
        while True:
            try:
                return process.communicate(timeout=seconds)[0]
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    raise HubError(f"{command[0]} does not stop") from None
                # Again: while it starts, wrk ignores it.
                process.send_signal(signal.SIGINT)
    finally:
        process.kill()


def _check(request: Request, requests: int, refused: int, broken: int) -> None:
    """Raises HubError unless all went well."""
    if refused or broken:
        raise HubError(f"{request}: of {requests} answers {refused} no success, {broken} broken")
