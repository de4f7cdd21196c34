"""What an app can be attached to: Django's handlers, and URL patterns in all their forms."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.urls import URLPattern, URLResolver, clear_url_caches

from frameworkhub import wsgi
from frameworkhub.errors import CapabilityError
from frameworkhub.site import Site

from .async_handlers import AsyncHandler
from .urls import Urlconf, mount


def is_native(native: Any) -> bool:
    """A handler, a URLconf module, a list of patterns (no empty one), or what `include` gives."""
    if isinstance(native, tuple) and len(native) == 3:
        native = native[0]
    if isinstance(native, list):
        return bool(native) and all(isinstance(p, URLPattern | URLResolver) for p in native)
    if isinstance(native, ModuleType):
        return isinstance(getattr(native, "urlpatterns", None), list)
    return isinstance(native, BaseHandler)


def attach(site: Site, native: Any) -> Any:
    if isinstance(native, ASGIHandler):
        return attach_asgi(site, native)
    if isinstance(native, BaseHandler):
        return attach_wsgi(site, native)
    if site.style == "beside" and not site.prefix:
        raise CapabilityError("beside Django's patterns an app needs a prefix")
    add(site, native)
    return native


def attach_wsgi(site: Site, native: Any) -> Any:
    if site.interface != "wsgi":
        raise CapabilityError("this is a WSGI application: say app.attach(..., interface='wsgi')")
    if site.style == "beside":
        return wsgi.beside(site, native)
    add(site, getattr(native, "urlconf", settings.ROOT_URLCONF))
    return native


def attach_asgi(site: Site, native: Any) -> Any:
    if site.interface != "asgi":
        raise CapabilityError("this is an ASGI application: say app.attach(..., interface='asgi')")
    if not isinstance(native, AsyncHandler):
        native = AsyncHandler(settings.ROOT_URLCONF, [], native)
    native.sites.append(site)
    if site.style == "native":
        add(site, native.urlconf)
    return native


def add(site: Site, urlconf: Any) -> None:
    """Adds the app's patterns: before the others if they have a prefix, else after them."""
    patterns = patterns_of(urlconf)
    last = len(patterns) - 1 if isinstance(urlconf, Urlconf) else len(patterns)
    patterns.insert(0 if site.prefix else last, mount(site))
    clear_url_caches()


def patterns_of(urlconf: Any) -> list[Any]:
    if isinstance(urlconf, tuple):
        urlconf = urlconf[0]
    if isinstance(urlconf, str):
        urlconf = import_module(urlconf)
    patterns = getattr(urlconf, "urlpatterns", urlconf)
    if not isinstance(patterns, list):
        raise CapabilityError(f"{urlconf!r} has no list of URL patterns to add to")
    return patterns
