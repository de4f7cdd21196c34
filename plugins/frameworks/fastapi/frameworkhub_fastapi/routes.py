"""The routes of a site as path operations."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.routing import APIRoute

from frameworkhub import asgi_routers
from frameworkhub.routing import Parameter, Route
from frameworkhub.site import Site

SCHEMAS = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
}
# OpenAPI 3.1, Path Item Object.
OPENAPI_METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")


class HubRoute(APIRoute):
    """A path of the hub: what no other route takes, whatever its method, goes to the site."""

    def handle(self, scope: Any, receive: Any, send: Any) -> Any:
        return self.app(scope, receive, send)


class Passing(FastAPI):
    """What only carries the site: FastAPI's telemetry has nothing to tell of it, and is not asked.

    Start and stop are FastAPI's business still.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await self.middleware_stack(scope, receive, send)


def endpoint(site: Site) -> asgi_routers.Endpoint:
    return asgi_routers.Endpoint(site, {"http": Request, "websocket": WebSocket})


def add_routes(site: Site, router: APIRouter) -> None:
    for route in site.routes:
        path, name = asgi_routers.path(site, route.pattern), f"{site.name}:{route.name}"
        if route.websocket:
            router.add_api_websocket_route(path, _websocket_operation(site, route), name)
            asgi_routers.exact(router.routes[-1], site, route.pattern)
        for method in route.methods:
            router.add_api_route(path, name=name, **_operation(site, route, method))
            asgi_routers.exact(router.routes[-1], site, route.pattern)
    if site.prefix:
        _add_rest(site, router)


def _add_rest(site: Site, router: APIRouter) -> None:
    """What remains under the prefix, which is no operation of the API."""
    path, name = asgi_routers.path(site, asgi_routers.REST), f"{site.name}:"
    router.add_route(path, endpoint(site), name=name, include_in_schema=False)
    router.add_websocket_route(path, endpoint(site), name=name)
    for route in router.routes[-2:]:
        asgi_routers.exact(route, site, asgi_routers.REST)


def _operation(site: Site, route: Route, method: str) -> dict[str, Any]:
    """What FastAPI is told of a route: neither parameters nor a body, so that it checks none."""

    async def operation(request: Request) -> Any:
        return Answer(site, request)

    parameters = [_described(parameter) for parameter in route.pattern.parameters.values()]
    return {
        "endpoint": _named_like(route.handler, operation),
        "methods": [method],
        "tags": [site.name],
        "summary": re.sub("[_:]", " ", route.name).title(),
        "response_class": Response,
        "response_model": None,
        "openapi_extra": {"parameters": parameters} if parameters else None,
        "include_in_schema": method in OPENAPI_METHODS,
        "route_class_override": HubRoute,
    }


def _described(parameter: Parameter) -> dict[str, Any]:
    schema = SCHEMAS.get(parameter.kind, {"type": "string"})
    return {"name": parameter.name, "in": "path", "required": True, "schema": schema}


def _named_like(handler: Callable[..., Any], operation: Any) -> Any:
    names = ("__module__", "__name__", "__qualname__", "__doc__")
    functools.update_wrapper(operation, handler, names, ())
    del operation.__wrapped__  # FastAPI would ask the handler for its parameters.
    return operation


class Answer(Response):
    """The site's answer: given when FastAPI sends it, inside the user's dependencies."""

    background = None

    def __init__(self, site: Site, request: Request) -> None:
        self.site = site
        self.request = request

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        receive = _again(self.request, receive)
        await self.site.asgi(scope, receive, send, self._native)
        if self.background is not None:
            await self.background()

    def _native(self, *connection: Any) -> Request:
        return self.request


def _again(request: Request, receive: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """The body once more, if a dependency has read it."""
    if not request._stream_consumed:
        return receive
    messages = [{"type": "http.request", "body": getattr(request, "_body", b"")}]

    async def replay() -> Any:
        return messages.pop() if messages else await receive()

    return replay


def _websocket_operation(site: Site, route: Route) -> Any:
    async def operation(websocket: WebSocket) -> None:
        async def send(message: Any) -> None:
            try:
                await websocket.send(message)
            except WebSocketDisconnect as error:
                raise OSError("the client has gone") from error

        await site.websocket(websocket.scope, websocket.receive, send, native=websocket)

    return _named_like(route.handler, operation)
