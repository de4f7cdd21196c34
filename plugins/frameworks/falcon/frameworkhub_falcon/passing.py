"""Requests that pass Falcon by, as nothing of it would have a say in them but its router.

Falcon makes a request and a response for whoever comes after: middleware, an error reporter, parts
of its own that the user has replaced. Where there is none of these the two are seen by nobody but
the site. So the router is asked at once, and where it finds a route of the hub's the site answers;
Falcon's request is made when a handler asks for `request.native`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon
from falcon import asgi
from falcon.routing import DefaultRouter

from frameworkhub.patches import is_untouched
from frameworkhub.site import Site

# Gives the site that answers, of the application and the environ or scope; None: Falcon does.
Find = Callable[[Any, Any], Site | None]
NO_MIDDLEWARE = ((), (), ())


def is_plain(native: Any) -> bool:
    """Whether an application is Falcon's own in all that a request goes through."""
    side: Any = asgi if isinstance(native, asgi.App) else falcon
    return (
        native._request_type is side.Request
        and native._response_type is side.Response
        and type(native._router) is DefaultRouter
        and is_untouched(type(native), side.App)
    )


def find(native: Any, path: str, method: str) -> Site | None:
    """The site that Falcon's router finds for a request, if nobody else has a say in it.

    It has been started: of a start that fails, Falcon's error handlers are told.
    """
    if not path.startswith(native.hub_prefixes):
        return None
    options = native.req_options
    if (
        native._middleware != NO_MIDDLEWARE
        or getattr(native, "_report_error", None) is not None  # since Falcon 4.4
        or options.strip_url_path_trailing_slash
        or options.auto_parse_form_urlencoded
    ):
        return None
    try:
        found = native._router_search(path)
    except Exception:  # in a converter of the user's; Falcon will come to it, too
        return None
    if found is None:
        return None
    site: Site | None = native.hub_sites.get(found[1].get(method))
    return site if site is not None and site.app.lifecycle.started else None
