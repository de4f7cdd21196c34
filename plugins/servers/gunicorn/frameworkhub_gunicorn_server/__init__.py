"""Gunicorn: a master and its worker processes, for WSGI (threads) and ASGI applications."""

from __future__ import annotations

import os

import frameworkhub as hub
from frameworkhub.servers import Config, Features, Target

# Those of gunicorn's settings that don't change what the hub promises.
OPTIONS = (
    "access_log_format", "accesslog", "asgi_loop", "backlog",
    "ca_certs", "cert_reqs", "certfile", "ciphers", "errorlog", "graceful_timeout", "group",
    "keepalive", "keyfile", "limit_request_field_size", "limit_request_fields",
    "limit_request_line", "logconfig", "loglevel", "max_requests", "max_requests_jitter",
    "pidfile", "proc_name", "reuse_port", "statsd_host", "timeout", "umask", "user",
    "websocket_max_message_size", "worker_connections", "worker_tmp_dir",
)  # fmt: skip


@hub.hookimpl
def features() -> Features:
    return Features(("wsgi", "asgi"), websocket=True, workers=True, options=OPTIONS)


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    from .serving import Application

    application = Application(target, config)
    master = os.getpid()
    try:
        application.run()
    except SystemExit as end:
        # The workers leave this way as well, and must not do what comes after the server.
        if end.code or os.getpid() != master:
            raise
    return True
