"""Carries an app onto Django: every route is a URL pattern, in a namespace of the app's name.

The patterns only decide that a request is the app's; the site decides what its path means.
"""

from __future__ import annotations

import sys
from typing import Any

import frameworkhub as hub
from frameworkhub.frameworks import Features
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    return Features(("wsgi", "asgi"), websocket=("asgi",), no_websocket="WSGI has none")


@hub.hookimpl
def recognises(native: Any) -> bool:
    if "django.urls" not in sys.modules:
        return False
    from .attaching import is_native

    return is_native(native)


@hub.hookimpl
def build(site: Site) -> Any:
    from . import async_handlers, handlers, settings, urls

    settings.ensure()
    urlconf = urls.Urlconf(site)
    settings.make_reversible(urlconf)
    if site.interface == "asgi":
        return async_handlers.AsyncHandler(urlconf, [site])
    return handlers.SyncHandler(urlconf, site)


@hub.hookimpl
def attach(site: Site, native: Any) -> Any:
    from . import attaching

    return attaching.attach(site, native)
