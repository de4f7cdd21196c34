"""`frameworkhub check`: the same requests on the bare core and on each framework, over sockets.

Every host runs in a process of its own, from a fresh start in an empty working directory of its
own, with `FRAMEWORKHUB_CHECK=1` in its environment, and gets the same requests in the same order:
an app with state is in the same state everywhere. The bare core goes first, twice; what differs
between its two runs (times, random ids) is not compared.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from .. import targets
from ..errors import HubError
from .compare import Expected, differences, expect
from .hosts import Host, HostFailed, all_hosts, named_host, play, reference
from .report import Report, Row
from .requests import Request, generate, read

if TYPE_CHECKING:
    from ..app import App

CLOCK_TICK = 1.1
"""Seconds between the two runs of the bare core: so long that a time in whole seconds differs."""


def check(app: str, on: str, requests_file: str | None = None) -> Report:
    """Plays requests on each host that `on` names ("a,b:asgi,c", or "all"), and compares.

    Args:
        app: "module:attribute".
        requests_file: further requests, played before those made from the app's routes.

    Raises:
        HubError: there is no such app, host or file, a line of the file is malformed, or the app
            does not start on the bare core.
    """
    given = read(requests_file) if requests_file else []
    base = reference()
    names = [name for name in map(str.strip, on.split(",")) if name]
    hosts = all_hosts() if names == ["all"] else [named_host(name) for name in names]
    hosts = [host for host in hosts if host.name != base.name]
    requests = [*given, *generate(_load(app))]
    expected = _expect(app, base, requests)
    with ThreadPoolExecutor(2) as pool:
        rows = pool.map(lambda host: _compare(app, host, requests, expected), hosts)
        return Report(base, len(requests), sum(e.is_volatile for e in expected), list(rows))


def _load(app: str) -> App:
    """Imports the app as its hosts will, away from the user's own files."""
    with tempfile.TemporaryDirectory() as folder, _as_host(folder):
        return targets.import_app(app)


@contextlib.contextmanager
def _as_host(folder: str) -> Iterator[None]:
    sys.path.insert(0, os.getcwd())
    os.environ["FRAMEWORKHUB_CHECK"] = "1"
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        del os.environ["FRAMEWORKHUB_CHECK"]


def _expect(app: str, base: Host, requests: list[Request]) -> list[Expected]:
    start = time.monotonic()
    try:
        first = play(app, base, requests)
        time.sleep(max(0.0, start + CLOCK_TICK - time.monotonic()))
        second = play(app, base, requests, first)
    except HostFailed as error:
        raise HubError(f"{app} on {base.name}: {error}") from None
    return expect(requests, first, second)


def _compare(app: str, host: Host, requests: list[Request], expected: list[Expected]) -> Row:
    """One host's row; a WebSocket is not asked of a host that carries none."""
    row = Row(host)
    asked = [i for i, request in enumerate(requests) if host.websocket or not request.websocket]
    try:
        replies = play(app, host, [requests[i] for i in asked], [expected[i].reply for i in asked])
    except HostFailed as error:
        row.failure = str(error)
        return row
    for i, reply in zip(asked, replies, strict=True):
        row.add(requests[i], list(differences(expected[i], reply)))
    return row
