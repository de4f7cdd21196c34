"""Serves WSGI applications with cheroot, CherryPy's own server: one process, a pool of threads."""

from __future__ import annotations

import signal
from queue import SimpleQueue
from typing import Any

import frameworkhub as hub
from frameworkhub.servers import Config, Features, Running, Target

# Those of cheroot's settings that don't change what the hub promises.
OPTIONS = (
    "keep_alive_conn_limit",
    "max_request_header_size",
    "request_queue_size",
    "server_name",
    "shutdown_timeout",
    "timeout",
)


@hub.hookimpl
def features() -> Features:
    return Features(protocols=("wsgi",), options=OPTIONS)


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    if config.workers > 1:
        raise hub.HubError("cheroot has no worker processes; run several behind a proxy instead")
    from .serving import Serving

    # A queue, as its `put` may interrupt its `get`.
    ended: SimpleQueue[Any] = SimpleQueue()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(*_: object) -> None:
        # A second Ctrl-C does what it always does: it cuts a stop short that takes too long.
        signal.signal(signal.SIGINT, before[signal.SIGINT])
        ended.put(None)

    serving = Serving(target, config, ended.put)
    for number in before:
        signal.signal(number, stop)
    try:
        config.ready(serving.host, serving.port)
        ended.get()
    finally:
        serving.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    from .serving import Serving

    serving = Serving(target, config)
    return Running(serving.host, serving.port, serving.stop)
