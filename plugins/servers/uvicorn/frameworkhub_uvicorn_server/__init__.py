"""Uvicorn: serves ASGI applications, in this process or in several."""

from __future__ import annotations

from functools import partial
from typing import Any

import frameworkhub as hub
from frameworkhub import serving
from frameworkhub.servers import Config, Features, Running, Target

# How long requests in flight may take when the server is to stop; then they are cancelled.
GRACE_SECONDS = 10

OPTIONS = (
    "http", "loop", "ws", "ws_max_size", "ws_ping_interval", "ws_ping_timeout", "backlog",
    "access_log", "log_config", "log_level", "server_header", "date_header", "headers",
    "limit_concurrency", "limit_max_requests", "timeout_keep_alive", "timeout_graceful_shutdown",
    "ssl_keyfile", "ssl_certfile", "ssl_keyfile_password", "ssl_ca_certs", "ssl_cert_reqs",
)  # fmt: skip


@hub.hookimpl
def features() -> Features:
    return Features(("asgi",), websocket=True, workers=True, options=OPTIONS)


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    from . import process, workers

    if config.workers > 1:
        workers.supervise(target, config, settings(config))
    else:
        made = process.make(target.native, settings(config))
        serving.run(partial(process.serve, made), config, made.config.get_loop_factory())
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    from . import process

    # The log belongs to the process that serves beside its other work.
    made = process.make(target.native, {"log_config": None} | settings(config))
    return serving.start(partial(process.serve, made), config, made.config.get_loop_factory())


def settings(config: Config) -> dict[str, Any]:
    defaults = {
        "http": "h11",  # httptools, faster, knows a fixed list of methods and refuses others.
        "interface": "asgi3",
        "lifespan": "on",
        "proxy_headers": False,  # The hub decides whom it believes.
        "reset_contextvars": True,  # Else a connection's next request has those of the last one.
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "workers": config.workers,
        "log_level": "warning",
        "access_log": False,
    }
    return defaults | config.options
