"""Start, turns of the loop, and graceful stop of a waitress server."""

from __future__ import annotations

import select
import sys
import time
from typing import Any

import waitress
from waitress import wasyncore

from frameworkhub.errors import HubError
from frameworkhub.routing import Router
from frameworkhub.servers import Config, Target
from frameworkhub.serving import listen

from .channel import Channel

SETTINGS: dict[str, Any] = {
    "asyncore_use_poll": hasattr(select, "poll"),  # select() fails from file number 1024 on
    "channel_request_lookahead": 1,  # without it nobody looks whether the client has gone
    "clear_untrusted_proxy_headers": False,  # the app decides whom it trusts
    "connection_limit": 500,
    "ident": "",  # see Task.build_response_header
    "max_request_body_size": sys.maxsize,  # the app has its own limit
    "outbuf_high_watermark": 2**20,  # a stream waits for its client, rather than filling a file
    "recv_bytes": 2**16,
}
GRACEFUL_TIMEOUT = 30.0
TICK = 0.1


class Serving:
    """A server that listens. `serve` runs until `stop`, which a signal handler may call.

    Raises:
        HubError: nothing can listen there, or more than one process is asked for.
        Exception: what the app's lifespan raised at its start.
    """

    def __init__(self, target: Target, config: Config) -> None:
        if config.workers > 1:
            raise HubError(f"waitress runs one process, not {config.workers}")
        options = dict(config.options)
        self.graceful_timeout = float(options.pop("graceful_timeout", GRACEFUL_TIMEOUT))
        self.target = target
        self.stopping = False
        listener = listen(config)
        try:
            target.startup()
        except BaseException:
            listener.close()
            raise
        self.server = waitress.create_server(
            target.native,
            sockets=[listener],
            threads=config.threads,
            server_name=config.host,
            **SETTINGS | options,
        )
        self.server.channel_class = Channel
        self.server.draining = False
        self.server.router = Router(target.app.routes())
        self.host, self.port = config.host, int(self.server.effective_port)

    def serve(self) -> None:
        try:
            while not self.stopping:
                self._turn()
            self._drain()
        finally:
            self._close()
            self.target.shutdown()

    def stop(self) -> None:
        """Lets `serve` finish the requests in flight, and return."""
        if not self.stopping:
            self.stopping = True
            self.server.pull_trigger()

    def _turn(self, timeout: float = 1.0) -> None:
        adj, sockets = self.server.adj, self.server._map
        wasyncore.loop(timeout=timeout, use_poll=adj.asyncore_use_poll, map=sockets, count=1)

    def _drain(self) -> None:
        self.server.draining = True
        wasyncore.dispatcher.close(self.server)  # only the listening socket
        end = time.monotonic() + self.graceful_timeout
        while (channels := list(self.server.active_channels.values())) and time.monotonic() < end:
            for channel in channels:
                channel.close_if_idle()
            self._turn(TICK)

    def _close(self) -> None:
        for channel in list(self.server.active_channels.values()):
            channel.lingering = True  # and not to linger any more
            channel.handle_close()
        self.server.task_dispatcher.shutdown()
        self.server.close()
