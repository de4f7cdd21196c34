"""Serves one subject in a process of its own: `python -m frameworkhub.bench.serve SPEC`."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable

from .. import asgi, registry
from ..app import App
from ..asgi import ASGIApp, Receive, Scope, Send
from ..servers import Config, Target
from .cpus import take
from .subjects import Subject

THREADS = 8


def main(spec: str) -> None:
    """Runs until it is told to stop; says where it serves."""
    told = json.loads(spec)
    server = registry.adapter("servers", told.pop("server"))
    options = told.pop("options")
    take(told.pop("cpus"))
    subject = Subject(**told)
    target = targeted(subject.target(), subject.control)

    def ready(host: str, port: int) -> None:
        print(f"frameworkhub: serving {subject} at http://{host}:{port}", flush=True)

    config = Config(threads=THREADS, ready=ready, options=options)
    server.hook.run(target=target, config=config)


def targeted(target: Target, control: bool) -> Target:
    """What the server is to serve."""
    if not control or target.protocol != "asgi":
        return target
    return Target(target.app, with_lifespan(target.native, target.app), "asgi")


def with_lifespan(native: ASGIApp, app: App) -> ASGIApp:
    """The native application; not all of them know the lifespan, for which servers ask."""

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return asgi.lifespan(app.lifecycle, receive, send)
        return native(scope, receive, send)

    return application


if __name__ == "__main__":
    main(sys.argv[1])
