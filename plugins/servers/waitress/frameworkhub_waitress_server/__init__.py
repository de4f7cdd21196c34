"""Serves WSGI applications with waitress: one process, its own event loop, a pool of threads."""

from __future__ import annotations

import threading

import frameworkhub as hub
from frameworkhub.servers import Config, Features, Running, Target, stopping

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
    with stopping(serving.stop):
        config.ready(serving.host, serving.port)
        serving.serve()
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
