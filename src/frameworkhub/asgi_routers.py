"""What ASGI frameworks share whose router asks one route after the other, by regular expressions.

Such a router has `routes`, `default`, `redirect_slashes`, `lifespan_context` and
`middleware_stack`; a route has `path_regex` and `param_convertors`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from . import asgi
from .routing import CONVERTERS, Converter, Parameter, Pattern

if TYPE_CHECKING:
    from .site import Site

# What is left of a path, even if that is nothing.
REST = Pattern("/{path:rest}", {"rest": SimpleNamespace(regex=".*", to_python=str, to_url=str)})


class Endpoint:
    """The site as an ASGI application inside a framework.

    Args:
        views: make, of scope, receive and send, the framework's own view of an "http" and of a
            "websocket" connection, for `request.native`.
    """

    def __init__(self, site: Site, views: Mapping[str, Callable[..., Any]]) -> None:
        self.site = site
        self.views = views

    def __call__(
        self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send
    ) -> Awaitable[None]:
        if scope["type"] == "http":
            return self.site.asgi(scope, receive, send, self.views["http"])
        if scope["type"] == "lifespan":
            return self.site.asgi(scope, receive, send)
        native = self.views["websocket"](scope, receive, send)
        return self.site.websocket(scope, receive, send, native=native)


def own(site: Site, app: Any, endpoint: asgi.ASGIApp, add_routes: Callable[[], None]) -> None:
    """Makes a new application, which has no routes but the framework's own, the site's.

    Args:
        app: has a `router`, and like that a `middleware_stack`.
        endpoint: answers for the site.
        add_routes: adds native routes, each made `exact`, to the router.
    """
    if site.style == "beside":
        app.middleware_stack = endpoint
        return
    router = app.router
    router.redirect_slashes = False
    router.default = endpoint
    _share_lifespan(site, router)
    add_routes()
    router.routes.sort(key=lambda route: not hasattr(route, "hub_prefix"))


def join(site: Site, router: Any, endpoint: asgi.ASGIApp, add_routes: Callable[[], None]) -> None:
    """Puts the site into the router of the user's application. Arguments as for `own`."""
    _share_lifespan(site, router)
    if site.style == "native":
        add_routes()
        # The longest prefix first; without one, after the routes that the user has.
        router.routes.sort(key=lambda route: -len(getattr(route, "hub_prefix", "")))
    else:
        router.middleware_stack = asgi.beside(site, router.middleware_stack, endpoint)


def _share_lifespan(site: Site, router: Any) -> None:
    lifecycle = site.app.lifecycle
    router.lifespan_context = asgi.lifespan_context(lifecycle, router.lifespan_context)


def path(site: Site, pattern: Pattern) -> str:
    """A path as the router writes it, `/items/{id:int}`; own converters of the app are left out."""
    return site.prefix + pattern.render(_in_braces)


def _in_braces(parameter: Parameter) -> str:
    known = parameter.kind in CONVERTERS
    return f"{{{parameter.name}:{parameter.kind}}}" if known else f"{{{parameter.name}}}"


def exact(route: Any, site: Site, pattern: Pattern) -> None:
    """Makes a native route match as the hub's does, which has signed integers, for example."""
    source = pattern.render(lambda p: f"(?P<{p.name}>{p.converter.regex})", re.escape)
    route.hub_prefix = site.prefix
    route.hub_path = site.prefix + pattern.path if pattern.is_static else None
    route.path_regex = re.compile(re.escape(site.prefix) + source + r"\Z", re.DOTALL)
    route.param_convertors = {
        name: _convertor(parameter.converter) for name, parameter in pattern.parameters.items()
    }


def _convertor(converter: Converter) -> Any:
    def convert(text: str) -> Any:
        try:
            return converter.to_python(text)
        except Exception:
            return text  # The site will find the same, and answer it: no match, or an error.

    return SimpleNamespace(regex=converter.regex, convert=convert, to_string=converter.to_url)
