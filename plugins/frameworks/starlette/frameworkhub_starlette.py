"""Starlette: each route of the hub is one in Starlette's own router."""

from __future__ import annotations

import functools
import sys
from typing import Any

import frameworkhub as hub
from frameworkhub import asgi_routers
from frameworkhub.frameworks import Features
from frameworkhub.routing import Pattern
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
    asgi_routers.own(site, app, _endpoint(site), lambda: _add_routes(site, app.router))
    return app


@hub.hookimpl
def attach(site: Site, native: Any, options: dict[str, Any]) -> Any:
    router = native.router
    asgi_routers.join(site, router, _endpoint(site), lambda: _add_routes(site, router))
    return native


def _endpoint(site: Site) -> asgi_routers.Endpoint:
    from starlette.requests import Request
    from starlette.websockets import WebSocket

    return asgi_routers.Endpoint(site, {"http": Request, "websocket": WebSocket})


@functools.cache
def _route_class() -> Any:
    from starlette.routing import Match, Route

    nothing: tuple[Match, Any] = Match.NONE, {}

    class HubRoute(Route):
        """A path of the hub: what no other route takes, whatever its method, goes to the site."""

        hub_path: str | None
        methods: set[str]

        def matches(self, scope: Any) -> tuple[Match, Any]:
            """As Starlette's, but without parameters it needs no regular expression."""
            if self.hub_path is None or scope.get("root_path"):
                return super().matches(scope)
            if scope["path"] != self.hub_path or scope["type"] != "http":
                return nothing
            found = {"endpoint": self.endpoint, "path_params": dict(scope.get("path_params", ()))}
            return (Match.FULL if scope["method"] in self.methods else Match.PARTIAL), found

        def handle(self, scope: Any, receive: Any, send: Any) -> Any:
            return self.app(scope, receive, send)

    return HubRoute


def _add_routes(site: Site, router: Any) -> None:
    """A native route for each of the hub's; under a prefix, two for all that remains as well."""
    from starlette.routing import WebSocketRoute

    kind = _route_class()

    def add(of: Any, pattern: Pattern, endpoint: Any, name: str, **more: Any) -> None:
        path = asgi_routers.path(site, pattern)
        router.routes.append(of(path, endpoint, name=f"{site.name}:{name}", **more))
        asgi_routers.exact(router.routes[-1], site, pattern)

    for route in site.routes:
        endpoint = functools.update_wrapper(_endpoint(site), route.handler)
        if route.websocket:
            add(WebSocketRoute, route.pattern, endpoint, route.name)
        else:
            add(kind, route.pattern, endpoint, route.name, methods=route.methods)
    if site.prefix:
        add(kind, asgi_routers.REST, _endpoint(site), "")
        add(WebSocketRoute, asgi_routers.REST, _endpoint(site), "")
