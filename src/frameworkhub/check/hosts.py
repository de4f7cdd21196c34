"""The hosts that `check` compares: each a server process that is started, asked, and stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

import attrs

from .. import registry, targets
from ..errors import BrokenAdapter, CapabilityError, HubError
from .requests import Request

if TYPE_CHECKING:
    from ..testing.wire import BodyReader, Wire

START = 60.0
"""Seconds that a host may take to start; `STOP`: to stop after SIGTERM."""
STOP = 15.0
ANSWER = 15.0
"""Seconds that an answer may take."""
IDLE, ENDLESS, LIMIT = 2.0, 3.0, 1024 * 1024
"""A body is endless after so many seconds without a byte, so many in all, or so many bytes."""
QUIET = 0.5
"""Seconds for which an endless body that brought nothing is watched on the hosts."""

End = Literal["complete", "open", "broken"]


@attrs.frozen
class Host:
    """A framework and the interface by which it is served: `name` is "framework:interface"."""

    name: str
    websocket: bool


@attrs.frozen
class Reply:
    """An answer; `end`: its body ended as promised, did not while we looked, or broke off."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    end: End


class HostFailed(Exception):
    """The host did not start, or did not stop when it was told to."""


def reference() -> Host:
    """The bare core: ASGI where an installed server speaks it, as it carries more; else WSGI."""
    bare = _bare()
    if not bare:
        raise HubError("no server for the bare core is installed (such as: uvicorn, waitress)")
    return bare[0]


def _bare() -> list[Host]:
    return [
        host
        for protocol in ("asgi", "wsgi")
        for host in _served("bare", protocol, protocol == "asgi")
    ]


def _served(name: str, protocol: str, websocket: bool) -> Iterator[Host]:
    """The host, if an installed server speaks its protocol."""
    try:
        server = targets.pick_server(protocol)
    except CapabilityError:
        return
    yield Host(f"{name}:{protocol}", websocket and server.features.websocket)


def all_hosts() -> list[Host]:
    """Every installed framework in each of its interfaces, and the bare core."""
    frameworks = registry.adapters("frameworks")
    return [*_bare(), *(host for adapter in frameworks for host in _interfaces(adapter.name))]


def _interfaces(name: str) -> Iterator[Host]:
    try:
        features = registry.adapter("frameworks", name).features
    except BrokenAdapter:
        yield Host(name, False)  # its process will tell the cause
        return
    for interface in features.interfaces:
        yield from _served(name, interface, interface in features.websocket)


def named_host(on: str) -> Host:
    """The host of `NAME` (its usual interface), `NAME:INTERFACE`, `bare:wsgi` or `bare:asgi`."""
    name, _, interface = on.partition(":")
    hosts = _bare() if name == "bare" else list(_interfaces(name))
    for host in hosts:
        if interface in ("", host.name.partition(":")[2]):
            return host
    there = ", ".join(host.name for host in hosts) or "none, for want of a server"
    raise HubError(f"no host {on!r}; of {name} there are: {there}")


def play(
    app: str, host: Host, requests: Sequence[Request], like: Sequence[Reply] | None = None
) -> list[Reply]:
    """The answers of a fresh process. `like` are those of the bare core: they tell what is endless.

    Raises:
        HostFailed: the process did not start, or did not stop.
    """
    with Process(app, host.name) as process:
        return [
            ask(process.address, request, like[i] if like else None)
            for i, request in enumerate(requests)
        ]


class Process:
    """`frameworkhub run` in a folder of its own; running inside the `with`."""

    def __init__(self, app: str, on: str) -> None:
        self.command = [sys.executable, "-m", "frameworkhub", "run", app, "--on", on, "--port", "0"]
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.output = Path(self.folder.name, "check-output.txt")
        self.address = ("", 0)

    def __enter__(self) -> Process:
        path = os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))
        environ = {**os.environ, "PYTHONPATH": path, "FRAMEWORKHUB_CHECK": "1"}
        cwd = Path(self.folder.name, "cwd")
        cwd.mkdir()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self.command, cwd=cwd, env=environ, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            self.address = self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def _wait(self) -> tuple[str, int]:
        """The address, from the line by which `run` says that it is ready."""
        end = time.monotonic() + START
        while time.monotonic() < end:
            running = self.process.poll() is None
            text = self.output.read_text("utf-8", "replace")
            if found := re.search(r"^frameworkhub: serving .* at http://(.+):(\d+)$", text, re.M):
                return found[1].strip("[]"), int(found[2])
            if not running:
                raise HostFailed((text.strip().splitlines() or ["it ended at once"])[-1])
            time.sleep(0.05)
        raise HostFailed(f"it did not start in {START:.0f} s")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if not self._stop() and error is None:
            raise HostFailed(f"it did not stop in {STOP:.0f} s after SIGTERM")

    def _stop(self) -> bool:
        self.process.terminate()
        try:
            self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        finally:
            self.folder.cleanup()
        return True


def ask(address: tuple[str, int], request: Request, like: Reply | None) -> Reply:
    """One request on a connection of its own."""
    from ..testing.wire import BodyReader, Wire

    fields = dict(Host="localhost", Connection="close")
    for name, _ in request.headers:
        fields.pop(name.title(), None)
    with Wire(*address, timeout=ANSWER) as wire:
        try:
            headers = [*fields.items(), *request.headers]
            wire.request(request.method, request.target, headers, request.body)
            head = wire.final_head()
        except (OSError, EOFError, ValueError) as error:
            return Reply(0, f"no answer: {type(error).__name__}: {error}", (), b"", "broken")
        body, end = _body(wire, BodyReader(wire, request.method, head), like)
    return Reply(head.status, head.reason, tuple(head.headers), body, end)


def _patience(like: Reply | None) -> tuple[float, float, float]:
    """How far to read: bytes, seconds, seconds without a byte. Of an endless body, half."""
    if like is None:
        return LIMIT, ENDLESS, IDLE
    if like.end == "open":
        seconds = ANSWER if like.body else QUIET
        return max(len(like.body) // 2, 1), seconds, seconds
    return float("inf"), ANSWER, ANSWER


def _body(wire: Wire, reader: BodyReader, like: Reply | None) -> tuple[bytes, End]:
    """The body, and how it ended."""
    enough, seconds, idle = _patience(like)
    deadline = time.monotonic() + seconds
    body = bytearray()
    while len(body) < enough:
        wire.socket.settimeout(max(0.01, min(deadline - time.monotonic(), idle)))
        try:
            chunk = reader.read()
        except TimeoutError:
            break
        except (AssertionError, ValueError):  # the framing is malformed
            return bytes(body), "broken"
        if not chunk:
            return bytes(body), "complete" if reader.complete else "broken"
        body += chunk
    return bytes(body), "open"
