"""aiohttp: carries an app onto a `web.Application`."""

from __future__ import annotations

import keyword
import re
import sys
from typing import Any

import frameworkhub as hub
from frameworkhub.frameworks import Features


@hub.hookimpl
def features() -> Features:
    return Features(("aiohttp",), websocket=("aiohttp",))


@hub.hookimpl
def recognises(native: Any) -> bool:
    web = sys.modules.get("aiohttp.web")
    return web is not None and isinstance(native, web.Application)


@hub.hookimpl
def build(site: Any) -> Any:
    from aiohttp import web

    from .endpoint import Endpoint

    native = web.Application()
    _add(native, Endpoint(site, everything=True))
    return native


@hub.hookimpl
def attach(site: Any, native: Any) -> Any:
    from aiohttp import web

    from .endpoint import Endpoint

    if native.pre_frozen:
        raise hub.HubError("this aiohttp application is mounted or started: attach to it before")
    endpoint = Endpoint(site)
    _add(native, endpoint)
    if site.style == "beside":

        @web.middleware
        async def beside(request: Any, handler: Any) -> Any:
            mine = endpoint.owns(request)
            return await (endpoint.handle if mine else handler)(request)

        native.middlewares.insert(0, beside)
    return native


def _add(native: Any, endpoint: Any) -> None:
    """Registers the site: each of its routes, then one resource for all else that is its own."""
    site = endpoint.site
    try:
        if site.style == "native":
            for resource in site.resources:
                _add_resource(native.router, endpoint, resource)
        endpoint.register_rest(native.router)
    except ValueError as error:
        raise hub.HubError(f"aiohttp: {error}; two apps on one need two names") from error
    native.cleanup_ctx.append(endpoint.lifespan)
    native.on_shutdown.append(endpoint.leave)


def _add_resource(router: Any, endpoint: Any, resource: Any) -> None:
    """A hub resource; aiohttp's have one name each, so every name of a path is one of its own."""
    from .resources import make_resource

    names: dict[str, dict[str, Any]] = {}
    for method, route in resource.by_method.items():
        names.setdefault(route.name, {})[method] = route
    if resource.websocket:
        names.setdefault(resource.websocket.name, {}).setdefault("GET", resource.websocket)
    for name, routes in names.items():
        native = make_resource(endpoint, resource.pattern, _name(f"{endpoint.site.name}:{name}"))
        router.register_resource(native)
        for method, route in routes.items():
            native.add(method, route)
    native.add("*")


def _name(name: str) -> str:
    """A name as aiohttp takes it: identifiers, no keywords, separated by `:`, `.` or `-`."""
    return re.sub(r"[^:.-]+", lambda part: _identifier(part[0]), name)


def _identifier(text: str) -> str:
    text = re.sub(r"\W", "_", text)
    return text if text.isidentifier() and not keyword.iskeyword(text) else f"_{text}"
