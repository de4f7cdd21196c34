"""Starlette: routes in its own router, matched by the patterns of the hub."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

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
    app.router.default = Endpoint(site)
    _share_lifespan(site, app.router)
    if site.style == "native":
        app.router.routes += _routes(site)
    return app


@hub.hookimpl
def attach(site: Site, native: Any, options: dict[str, Any]) -> Any:
    router = native.router
    _share_lifespan(site, router)
    if site.style == "native":
        router.routes += _routes(site)
        # The longest prefix first; the user's own routes before those without one.
        router.routes.sort(key=lambda route: -len(getattr(route, "hub_prefix", "")))
    else:
        router.middleware_stack = asgi.beside(site, router.middleware_stack, Endpoint(site))
    return native


def _share_lifespan(site: Site, router: Any) -> None:
    lifecycle = site.app.lifecycle
    router.lifespan_context = asgi.lifespan_context(lifecycle, router.lifespan_context)


class Endpoint:
    """An ASGI application that gives a connection to the site, with Starlette's own view of it."""

    def __init__(self, site: Site, handler: Callable[..., Any] | None = None) -> None:
        self.site = site
        if handler is not None:
            functools.update_wrapper(self, handler)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.requests import Request
        from starlette.websockets import WebSocket

        if scope["type"] == "http":
            native = Request(scope, receive, send)
            await asgi.answer(self.site, scope, receive, send, native=native)
        else:
            socket = WebSocket(scope, receive, send)
            await self.site.websocket(scope, receive, send, native=socket)


def _routes(site: Site) -> list[Any]:
    """A native route for each of the hub's; under a prefix, one for all that remains as well."""
    http, websocket = _route_classes(site)
    found = []
    for route in site.routes:
        name, endpoint = f"{site.name}:{route.name}", Endpoint(site, route.handler)
        if route.websocket:
            found.append(websocket(route.pattern, endpoint, name=name))
        else:
            found.append(http(route.pattern, endpoint, name=name, methods=route.methods))
    if site.prefix:
        rest = Pattern("/{path:rest}", {"rest": Rest()})
        for kind in (http, websocket):
            found.append(kind(rest, Endpoint(site), name=f"{site.name}:"))
    return found


def _route_classes(site: Site) -> tuple[Any, Any]:
    from starlette.routing import Match, Route, WebSocketRoute

    class Exact:
        """Matches what the hub's pattern matches, signed integers and own converters included."""

        hub_prefix = site.prefix

        def __init__(self, pattern: Pattern, endpoint: Endpoint, **more: Any) -> None:
            super().__init__(site.prefix + pattern.render(_native), endpoint, **more)
            source = pattern.render(lambda p: f"(?P<{p.name}>{p.converter.regex})", re.escape)
            self.path_regex = re.compile(re.escape(site.prefix) + source + r"\Z", re.DOTALL)
            self.param_convertors = {
                p.name: Convertor.of(p.converter) for p in pattern.parameters.values()
            }

        def matches(self, scope: Any) -> Any:
            try:
                return super().matches(scope)
            except ValueError:
                return Match.NONE, {}

    class HubRoute(Exact, Route):
        """A method that no route takes is answered by the site as well."""

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    class HubWebSocketRoute(Exact, WebSocketRoute):
        pass

    return HubRoute, HubWebSocketRoute


class Convertor(NamedTuple):
    """A converter of the hub in the terms of Starlette."""

    regex: str
    convert: Callable[[str], Any]
    to_string: Callable[[Any], str]

    @classmethod
    def of(cls, converter: Converter) -> Convertor:
        return cls(converter.regex, converter.to_python, converter.to_url)


class Rest:
    """What is left of a path, even if that is nothing."""

    regex = ".*"
    to_python = to_url = staticmethod(str)


def _native(parameter: Parameter) -> str:
    known = parameter.kind in CONVERTERS
    return f"{{{parameter.name}:{parameter.kind}}}" if known else f"{{{parameter.name}}}"
