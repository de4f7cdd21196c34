"""Carries an app onto Bottle: every route is one of its router, named after the app and the route.

The router only decides that a request is the app's. No rule is narrower than its path.
"""

from __future__ import annotations

import sys
from typing import Any

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.frameworks import Features
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    return Features(interfaces=("wsgi",), no_websocket="WSGI has none")


@hub.hookimpl
def recognises(native: Any) -> bool:
    bottle = sys.modules.get("bottle")
    return bottle is not None and isinstance(native, bottle.Bottle)


@hub.hookimpl
def build(site: Site) -> Any:
    from bottle import Bottle

    native = Bottle()
    if site.style == "native":
        carry(site, native, everything=True)
    else:
        vars(native)["wsgi"] = site.wsgi
    return native


@hub.hookimpl
def attach(site: Site, native: Any) -> Any:
    if site.style == "native":
        carry(site, native, everything=bool(site.prefix))
    else:
        vars(native)["wsgi"] = wsgi.beside(site, native.wsgi)
    return native


def carry(site: Site, native: Any, everything: bool) -> None:
    from .answering import view
    from .passing import Passing
    from .rules import register

    if not isinstance(native.wsgi, Passing):
        vars(native)["wsgi"] = Passing(native)
    answer = view(site)
    native.wsgi.add(site, answer)
    register(site, native, answer, everything)
