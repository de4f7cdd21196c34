"""Serves WSGI applications with waitress: one process, its own event loop, a pool of threads."""

from __future__ import annotations

import signal
import threading

import frameworkhub as hub
from frameworkhub.servers import Config, Features, Running, Target

# Those of waitress' settings that don't change what the hub promises, and how many seconds
# the requests in flight get when the server stops.
OPTIONS = (
    "backlog",
    "channel_timeout",
    "connection_limit",
    "graceful_timeout",
    "inbuf_overflow",
    "max_request_header_size",
    "outbuf_high_watermark",
    "outbuf_overflow",
    "recv_bytes",
    "url_scheme",
)


@hub.hookimpl
def features() -> Features:
    return Features(protocols=("wsgi",), options=OPTIONS)


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    from .serving import Serving

    serving = Serving(target, config)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(*_: object) -> None:
        # A second Ctrl-C does what it always does: it cuts a stop short that takes too long.
        signal.signal(signal.SIGINT, before[signal.SIGINT])
        serving.stop()

    for number in before:
        signal.signal(number, stop)
    try:
        config.ready(serving.host, serving.port)
        serving.serve()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    from .serving import Serving

    serving = Serving(target, config)
    thread = threading.Thread(target=serving.serve, name="frameworkhub-waitress")
    thread.start()

    def stop() -> None:
        serving.stop()
        thread.join()

    return Running(serving.host, serving.port, stop)
