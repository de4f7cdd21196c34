"""FastAPI: each route is a path operation, on the API's page and under the user's dependencies."""

from __future__ import annotations

import sys
from typing import Any

import frameworkhub as hub
from frameworkhub import asgi_routers
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

    from .routes import Passing, add_routes, endpoint

    settings = {"title": site.name} | options
    if not settings.pop("docs", True):
        settings |= _NO_DOCS
    app = (Passing if site.style == "beside" else FastAPI)(**settings)
    asgi_routers.own(site, app, endpoint(site), lambda: add_routes(site, app.router))
    return app


@hub.hookimpl
def attach(site: Site, native: Any, options: dict[str, Any]) -> Any:
    from .routes import add_routes, endpoint

    router = native.router
    asgi_routers.join(site, router, endpoint(site), lambda: add_routes(site, router))
    return native
