"""Starlette: each route in its own router, matched by the pattern of the hub."""

from __future__ import annotations

import functools
import re
import sys
from types import SimpleNamespace
from typing import Any

import frameworkhub as hub
from frameworkhub import asgi
from frameworkhub.frameworks import Features
from frameworkhub.routing import CONVERTERS, Converter, Parameter, Pattern
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    return Features(("asgi",), websocket=("asgi",))


@hub.hookimpl
def recognises(native: Any) -> bool:
    starlette = sys.modules.get("starlette.applications")
    return starlette is not None and isinstance(native, starlette.Starlette)


@hub.hookimpl
def build(site: Site, options: dict[str, Any]) -> Any:
    from starlette.applications import Starlette

    app = Starlette()
    app.router.redirect_slashes = False
    app.router.default = _endpoint(site)
    _share_lifespan(site, app.router)
    if site.style == "native":
        app.router.routes += _routes(site)
    return app


@hub.hookimpl
def attach(site: Site, native: Any, options: dict[str, Any]) -> Any:
    router = native.router
    _share_lifespan(site, router)
    if site.style == "beside":
        router.middleware_stack = asgi.beside(site, router.middleware_stack, _endpoint(site))
        return native
    router.routes += _routes(site)
    # The longest prefix first; without one, after the routes that the user has.
    router.routes.sort(key=lambda route: -len(getattr(route, "hub_prefix", "")))
    return native


def _share_lifespan(site: Site, router: Any) -> None:
    lifecycle = site.app.lifecycle
    router.lifespan_context = asgi.lifespan_context(lifecycle, router.lifespan_context)


def _endpoint(site: Site) -> asgi.Endpoint:
    from starlette.requests import Request
    from starlette.websockets import WebSocket

    return asgi.Endpoint(site, {"http": Request, "websocket": WebSocket})


def _routes(site: Site) -> list[Any]:
    """A native route for each of the hub's; under a prefix, two for all that remains as well."""
    from starlette.routing import Route, WebSocketRoute

    class HubRoute(Route):
        """A path of the hub: what no other route takes, whatever its method, goes to the site."""

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    def add(kind: Any, pattern: Pattern, endpoint: Any, name: str, **more: Any) -> None:
        path = site.prefix + pattern.render(_native)
        route = kind(path, endpoint, name=f"{site.name}:{name}", **more)
        _match_exactly(route, site.prefix, pattern)
        found.append(route)

    found: list[Any] = []
    for route in site.routes:
        endpoint = functools.update_wrapper(_endpoint(site), route.handler)
        if route.websocket:
            add(WebSocketRoute, route.pattern, endpoint, route.name)
        else:
            add(HubRoute, route.pattern, endpoint, route.name, methods=route.methods)
    if site.prefix:
        add(HubRoute, REST, _endpoint(site), "")
        add(WebSocketRoute, REST, _endpoint(site), "")
    return found


def _native(parameter: Parameter) -> str:
    known = parameter.kind in CONVERTERS
    return f"{{{parameter.name}:{parameter.kind}}}" if known else f"{{{parameter.name}}}"


def _match_exactly(route: Any, prefix: str, pattern: Pattern) -> None:
    """Starlette's own converters differ from the hub's: `int` has no sign, `path` no line break."""
    source = pattern.render(lambda p: f"(?P<{p.name}>{p.converter.regex})", re.escape)
    route.hub_prefix = prefix
    route.path_regex = re.compile(re.escape(prefix) + source + r"\Z", re.DOTALL)
    route.param_convertors = {
        name: _convertor(p.converter) for name, p in pattern.parameters.items()
    }


def _convertor(converter: Converter) -> SimpleNamespace:
    def convert(text: str) -> Any:
        try:
            return converter.to_python(text)
        except Exception:
            return text  # The site will find the same, and answer it: no match, or an error.

    return SimpleNamespace(regex=converter.regex, convert=convert, to_string=converter.to_url)


# What is left of a path, even if that is nothing.
REST = Pattern("/{path:rest}", {"rest": SimpleNamespace(regex=".*", to_python=str, to_url=str)})
