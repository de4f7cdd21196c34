"""Serves WSGI applications with cheroot, CherryPy's own server: one process, a pool of threads."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import frameworkhub as hub
from frameworkhub.servers import Config, Features, Running, Target, stopping

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
    serving = Serving(target, config, ended.put)
    with stopping(lambda: ended.put(None)):
        try:
            config.ready(serving.host, serving.port)
            ended.get()
        finally:
            serving.stop()
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    from .serving import Serving

    serving = Serving(target, config)
    return Running(serving.host, serving.port, serving.stop)
