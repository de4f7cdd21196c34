"""Twisted's own web server, `twisted.web.server.Site`: serves Twisted resources.

There is one reactor in a process, and it can't be started twice. `run` runs it, on asyncio unless
another one is installed already; `start` runs it in a background thread, once for all.
"""

from __future__ import annotations

import frameworkhub as hub
from frameworkhub.servers import Config, Features, Running, Target


@hub.hookimpl
def features() -> Features:
    return Features(protocols=("twisted",), websocket=True, options=("grace",))


@hub.hookimpl
def run(target: Target, config: Config) -> bool:
    if config.workers > 1:
        raise hub.HubError("twisted has no worker processes; run several behind a proxy instead")
    from .serving import serve

    serve(target, config)
    return True


@hub.hookimpl
def start(target: Target, config: Config) -> Running:
    from .serving import serve_in_background

    return serve_in_background(target, config)
