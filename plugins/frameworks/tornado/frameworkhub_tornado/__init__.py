"""Tornado: carries an app onto a `tornado.web.Application`."""

from __future__ import annotations

import logging
import sys
from typing import Any

import frameworkhub as hub
from frameworkhub.frameworks import Features
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    # `handler`: the user's own RequestHandler class, which the app's handlers then derive from.
    return Features(("tornado",), websocket=("tornado",), options=("handler",))


@hub.hookimpl
def recognises(native: Any) -> bool:
    web = sys.modules.get("tornado.web")
    return web is not None and isinstance(native, web.Application)


@hub.hookimpl
def build(site: Site, options: dict[str, Any]) -> Any:
    from tornado.web import Application

    from .rules import rules

    native = Application(log_function=_log)
    native.wildcard_router.add_rules(rules(site, native, everything=True, **options))
    return native


_LOGGER = logging.getLogger("tornado.access")


def _log(handler: Any) -> None:
    """An access line, as tornado's own, but never as a warning: 404 is an answer like others."""
    if _LOGGER.isEnabledFor(logging.INFO):
        request = handler.request
        what = f"{handler.get_status()} {request.method} {request.uri} ({request.remote_ip})"
        _LOGGER.info("%s %.2fms", what, 1000 * request.request_time())


@hub.hookimpl
def attach(site: Site, native: Any, options: dict[str, Any]) -> Any:
    from .rules import rules

    native.add_handlers(".*", rules(site, native, **options))
    return native
