"""Carries an app onto Bottle: every route is a route of its router, named after the app and the route.

The router only decides that a request is the app's; the site decides what its path means. So a rule is never narrower
than its path.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import chain
from typing import Any
from urllib.parse import quote

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.frameworks import Features
from frameworkhub.routing import Pattern
from frameworkhub.site import Site

ANYTHING = "<:re:(?s:.*)>"
CLOSERS = "frameworkhub.closers"


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
        register(site, native, ANYTHING)
    else:
        vars(native)["wsgi"] = site.wsgi
    return native


@hub.hookimpl
def attach(site: Site, native: Any) -> Any:
    if site.style == "native":
        register(site, native, f"{site.prefix}/{ANYTHING}" if site.prefix else "")
    else:
        vars(native)["wsgi"] = wsgi.beside(site, native.wsgi)
    return native


def to_request(native: Any) -> hub.Request:
    """The hub's request for a `bottle.Request`."""
    environ = native.environ
    raw, path = environ["bottle.raw_path"], environ["PATH_INFO"]
    # Bottle decodes PATH_INFO and leaves out what is no UTF-8. Where it is anything else, a hook rewrote it.
    if path != raw.encode("latin-1").decode("utf-8", "ignore"):
        raw = path.encode().decode("latin-1")
    if "bottle.request.body" in environ:  # A hook has read it; Bottle keeps it, to be read again.
        environ["wsgi.input"].seek(0)
    return wsgi.to_request({**environ, "PATH_INFO": raw}, native=native)


def to_response(response: hub.Response, native: Any) -> Any:
    """Makes `bottle.response` the hub's; gives the body, for the callback to return."""
    native.status = response.status_line
    own: dict[str, list[str]] = {}
    for name, value in response.header_list:
        own.setdefault(name.title(), []).append(Latin1(value))
    # Hooks may have set some already.
    native._headers = Fields({**native._headers, **own})
    return response.iterable


class Latin1(str):
    """A field's value, which Bottle would send in UTF-8."""

    def encode(self, *_: str) -> bytes:
        return super().encode("latin-1")


class Fields(dict[str, list[str]]):
    """Header fields, of which Bottle misses none, and knows none that it would leave out with a 204 or 304."""

    def __contains__(self, name: object) -> bool:
        return name in ("Content-Type", "Content-Length") or super().__contains__(name)

    def items(self) -> Any:
        return [(name.lower(), values) for name, values in super().items()]


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


class Closing:
    """A Bottle application's `wsgi` that closes bodies after sending.

    Bottle closes one that it does not send (HEAD, 204) before that, and one that is empty never.
    """

    def __init__(self, inner: wsgi.WSGIApp) -> None:
        self.inner = inner

    def __call__(self, environ: wsgi.Environ, start_response: Callable[..., Any]) -> Any:
        from werkzeug.wsgi import ClosingIterator

        closers: list[Callable[[], None]] = []
        environ[CLOSERS] = closers
        try:
            body = self.inner(environ, start_response)
        except BaseException:
            for close in closers:
                close()
            raise
        return ClosingIterator(body, closers) if closers else body


def register(site: Site, native: Any, everything: str) -> None:
    """Adds the routes, and the rule `everything`, if any, for whatever else the app answers."""
    if not isinstance(native.wsgi, Closing):
        vars(native)["wsgi"] = Closing(native.wsgi)
    answer = view(site)
    converters = {p.kind: p.converter for r in site.routes for p in r.pattern.parameters.values()}

    def match(kind: str) -> tuple[str, None, Callable[[Any], str]]:
        converter = converters[kind]
        return f"(?s:{converter.regex})", None, lambda value: quote(converter.to_url(value))

    # A router asks for it when a route is added, so the next app may have another.
    native.router.add_filter("hub", match)
    for route in site.routes:
        name = f"{site.name}.{route.name}"
        native.route(rule(site, native, route.pattern), [*route.methods], answer, name)
    # Methods that no route has: a router tries these last.
    for resource in site.resources:
        native.route(rule(site, native, resource.pattern), "ANY", answer)
    if everything:
        native.route(everything, "ANY", answer)


def rule(site: Site, native: Any, pattern: Pattern) -> str:
    syntax = native.router.rule_syntax

    def literal(text: str) -> str:
        return str(syntax.sub(r"\\\g<0>", text))

    return literal(site.prefix) + pattern.render(lambda p: f"<{p.name}:hub:{p.kind}>", literal)
