"""Requests that pass Bottle by, as nothing of it would have a say in them but its router.

Bottle asks hooks, calls a route by its plugins, and makes a response of what that gives. Where
there are no hooks, no plugins but those that Bottle installs by itself, and no part of Bottle that
somebody has replaced, all that comes to the site's own answer. So the router is asked at once, and
where it finds a route of the hub's the site answers, with `bottle.request` and `bottle.response`
as Bottle would have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType, SimpleNamespace
from typing import Any

from bottle import Bottle, JSONPlugin, Request, Route, TemplatePlugin, request, response

from frameworkhub.patches import is_from, is_untouched
from frameworkhub.site import Site
from frameworkhub.wsgi import Environ, WSGIApp

from .sending import Closing, show

Answer = Callable[..., Any]
Found = tuple[Site, Any, Any]

PLUGINS = JSONPlugin, TemplatePlugin
# What the first of them calls the app by: nothing of ours is a dict, which it looks for.
WRAPPER = JSONPlugin().apply(lambda: None, None).__code__


class Passing:
    """A Bottle application's `wsgi`, which gives sites what need not go by Bottle."""

    def __init__(self, native: Any) -> None:
        self._native = native
        self._is_bottles = is_from("bottle", native.wsgi)
        self._by_bottle: WSGIApp = Closing(native.wsgi)
        self._sites: dict[Answer, Site] = {}
        self._prefixes: tuple[str, ...] = ()
        self._parts: tuple[Any, bool] = (), False
        self._calls: dict[Any, Answer] = {}

    def add(self, site: Site, answer: Answer) -> None:
        self._sites[answer] = site
        self._prefixes += (f"{site.prefix}/",)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = self._find(environ)
        if found is None:
            return self._by_bottle(environ, start_response)
        site, route, params = found
        environ["bottle.raw_path"] = environ["PATH_INFO"]
        environ["bottle.app"] = self._native
        environ["route.handle"] = environ["bottle.route"] = route
        environ["route.url_args"] = params
        request.bind(environ)
        response.bind()

        def start(status: str, fields: Any, exc_info: Any = None) -> Any:
            # A handler may have set something on Bottle's response.
            is_used = response._headers or response._cookies
            show(response, status, fields)
            return start_response(status, response.headerlist if is_used else fields)

        try:
            return site.wsgi(environ, start, Request)
        except Exception as error:  # The server refuses the head.
            return self._failed(error, environ, start_response)

    def _failed(self, error: Exception, *call: Any) -> Iterable[bytes]:
        """What Bottle makes of an error: an answer, or the error without `catchall`."""

        def handle(environ: Environ) -> Any:
            raise error

        stand_in = SimpleNamespace(_handle=handle, _cast=None, catchall=self._native.catchall)
        return Bottle.wsgi(stand_in, *call)  # type: ignore[no-any-return]

    def _find(self, environ: Environ) -> Found | None:
        """The site and the route that answer, with the route's parameters; None: Bottle does."""
        path, native = environ["PATH_INFO"], self._native
        if not path.startswith(self._prefixes) or not path.isascii():
            return None
        hooks = native._hooks
        if hooks["before_request"] or hooks["after_request"] or not self._is_plain():
            return None
        found = search(native.router, environ["REQUEST_METHOD"].upper(), path)
        if found is None or found[0].callback not in self._sites:
            return None
        route, to_params = found
        site = self._sites[route.callback]
        # Of a start that fails Bottle tells; a body that somebody has read it keeps.
        if not site.app.lifecycle.started or "bottle.request.body" in environ:
            return None
        try:
            if self._calls.get(route) is not route.call and not self._is_direct(route):
                return None
            return site, route, to_params(path) if to_params else {}
        except Exception:  # in a plugin of the user's; Bottle will come to it, too
            return None

    def _is_plain(self) -> bool:
        """Whether all that a request goes through before its route is Bottle's own."""
        native = self._native
        parts = native._handle, native._cast, native.trigger_hook, native.router.match
        known, is_plain = self._parts
        if parts != known:
            is_plain = self._is_bottles and all(is_from("bottle", part) for part in parts)
            self._parts = parts, is_plain
        return is_plain

    def _is_direct(self, route: Any) -> bool:
        """Whether nothing but Bottle's own plugins stands between a route and the app."""
        call = route.call
        is_wrapped = type(call) is FunctionType and call.__code__ is WRAPPER
        is_direct = (
            (is_wrapped or call is route.callback)
            and all(type(plugin) in PLUGINS for plugin in route.all_plugins())
            and all(is_untouched(kind, kind) for kind in PLUGINS)
            and is_untouched(type(route), Route)
        )
        if is_direct:
            self._calls[route] = call
        return is_direct


def search(router: Any, verb: str, path: str) -> Any:
    """What `Router.match` finds: the route, and what makes its parameters of the path.

    They are not made here: of a route of the user's that may be a function of his, which Bottle is
    going to call.
    """
    static, dynamic = router.static, router.dyna_regexes
    for method in ("PROXY", "HEAD", "GET", "ANY") if verb == "HEAD" else ("PROXY", verb, "ANY"):
        if method in static and path in static[method]:
            return static[method][path]
        for match, rules in dynamic.get(method, ()):
            if found := match(path):
                return rules[found.lastindex - 1]
    return None
