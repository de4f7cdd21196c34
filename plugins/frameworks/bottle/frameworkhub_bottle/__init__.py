"""Carries an app onto Bottle: every route is one of its router, named after the app and the route.

The router only decides that a request is the app's. No rule is narrower than its path.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import chain
from typing import Any

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.frameworks import Features
from frameworkhub.site import Site

from .sending import CLOSERS, Closing, to_response


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
    from .rules import register

    if not isinstance(native.wsgi, Closing):
        vars(native)["wsgi"] = Closing(native.wsgi)
    register(site, native, view(site), everything)


def view(site: Site) -> Callable[..., Any]:
    from bottle import Request, request, response

    def answer(**params: Any) -> Any:
        native = Request(request.environ)  # not bound to this thread, as `bottle.request` is
        body = to_response(site.handle(to_request(native)), response)
        closers = native.environ.get(CLOSERS)
        if closers is None or not hasattr(body, "close"):
            return body
        closers.append(body.close)
        return chain(body)

    return answer


def to_request(native: Any) -> hub.Request:
    """The hub's request for a `bottle.Request`."""
    environ = native.environ
    raw, path = environ["bottle.raw_path"], environ["PATH_INFO"]
    if path != raw:
        # Bottle decodes it, and leaves out what is no UTF-8. Anything else, a hook wrote.
        if path != raw.encode("latin-1").decode("utf-8", "ignore"):
            raw = path.encode().decode("latin-1")
        environ = {**environ, "PATH_INFO": raw}
    if "bottle.request.body" in environ:  # A hook has read it; Bottle keeps it, to be read again.
        environ["wsgi.input"].seek(0)
    return wsgi.to_request(environ, native=native)
