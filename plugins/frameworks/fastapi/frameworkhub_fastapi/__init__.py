"""FastAPI: each route is a path operation, on the API's page and under the user's dependencies."""

from __future__ import annotations

import sys
from typing import Any

import frameworkhub as hub
from frameworkhub import asgi
from frameworkhub.frameworks import Features
from frameworkhub.site import Site

_OPTIONS = ("docs", "title", "version", "description", "dependencies")
_NO_DOCS = {"docs_url": None, "redoc_url": None, "openapi_url": None}


@hub.hookimpl
def features() -> Features:
    return Features(("asgi",), websocket=("asgi",), options=_OPTIONS)


@hub.hookimpl
def recognises(native: Any) -> bool:
    fastapi = sys.modules.get("fastapi.applications")
    return fastapi is not None and isinstance(native, fastapi.FastAPI)


@hub.hookimpl
def build(site: Site, options: dict[str, Any]) -> Any:
    from fastapi import FastAPI

    from .routes import add_routes, endpoint

    settings = {"title": site.name, "redirect_slashes": False} | options
    if not settings.pop("docs", True):
        settings |= _NO_DOCS
    app = FastAPI(**settings)
    app.router.default = endpoint(site)
    _share_lifespan(site, app.router)
    if site.style == "native":
        add_routes(site, app.router)
        # A path of the hub is stronger than one of FastAPI's own pages.
        app.router.routes.sort(key=lambda route: not hasattr(route, "hub_prefix"))
    return app


@hub.hookimpl
def attach(site: Site, native: Any, options: dict[str, Any]) -> Any:
    from .routes import add_routes, endpoint

    router = native.router
    _share_lifespan(site, router)
    if site.style == "beside":
        router.middleware_stack = asgi.beside(site, router.middleware_stack, endpoint(site))
        return native
    add_routes(site, router)
    # The longest prefix first; without one, after the routes that the user has.
    router.routes.sort(key=lambda route: -len(getattr(route, "hub_prefix", "")))
    return native


def _share_lifespan(site: Site, router: Any) -> None:
    lifecycle = site.app.lifecycle
    router.lifespan_context = asgi.lifespan_context(lifecycle, router.lifespan_context)
