"""Carries an app onto Flask: every route is a rule of its URL map, under the name of a blueprint.

The rules only decide that a request is the app's; the site decides what its path means. So a rule is never narrower
than its route, and never redirects.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.frameworks import Features
from frameworkhub.routing import Parameter, Pattern
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    return Features(interfaces=("wsgi",), no_websocket="WSGI has none")


@hub.hookimpl
def recognises(native: Any) -> bool:
    flask = sys.modules.get("flask")
    return flask is not None and isinstance(native, flask.Flask)


@hub.hookimpl
def build(site: Site) -> Any:
    from flask import Flask

    native = Flask(__name__, static_folder=None)
    if site.style == "native":
        register(site, native, everything=True)
    else:
        native.wsgi_app = site.wsgi  # type: ignore[method-assign]
    return native


@hub.hookimpl
def attach(site: Site, native: Any) -> Any:
    if site.style == "native":
        register(site, native, everything=bool(site.prefix))
    else:
        native.wsgi_app = wsgi.beside(site, native.wsgi_app)
    return native


def to_request(native: Any) -> hub.Request:
    """The hub's request for a `flask.Request`."""
    environ = native.environ
    if "stream" in vars(native):  # A hook has read the body; Flask keeps what `get_data` gave.
        environ = {**environ, "wsgi.input": BytesIO(native.get_data())}
    return wsgi.to_request(environ, native=native)


def to_response(response: hub.Response, response_class: type) -> Any:
    """The hub's response as one of the application's own class."""
    return as_it_is(response_class)(response.iterable, response.status_line, response.headers)


class AsItIs:
    """Over a Flask response class: adds no header, rewrites none."""

    default_mimetype = None
    headers: Any

    def get_wsgi_headers(self, environ: Any) -> Any:
        return self.headers


@cache
def as_it_is(response_class: type) -> type:
    return type(response_class.__name__, (AsItIs, response_class), {})


def view(site: Site, native: Any) -> Callable[..., Any]:
    from flask import got_request_exception, request

    def answer(**params: Any) -> Any:
        response = site.handle(to_request(request._get_current_object()))  # type: ignore[attr-defined]
        if response.error is not None:
            got_request_exception.send(
                native, _async_wrapper=native.ensure_sync, exception=response.error
            )
        return to_response(response, native.response_class)

    return answer


class AnyMethod(frozenset[str]):
    """The methods of a rule that takes every one; who lists them finds none."""

    def __contains__(self, method: object) -> bool:
        return True


def register(site: Site, native: Any, everything: bool) -> None:
    """Adds the rules; with `everything` the app answers whatever else there is under its prefix."""
    from flask import Blueprint

    native.register_blueprint(Blueprint(site.name, __name__))
    answer = view(site, native)
    # Those for methods that no route has come last, and show as the routes' own where they can.
    rules = [(route.pattern, route.name, route.methods) for route in site.routes]
    if everything:
        rules += [(Pattern(path), "_other", ()) for path in ("/", "/{path:path}")]
    else:
        rules += [(found.pattern, found.routes[0].name, ()) for found in site.resources]
    for pattern, name, methods in rules:
        path = site.prefix + pattern.render(lambda parameter: variable(site, native, parameter))
        add_rule(native, path, f"{site.name}.{name}", methods, answer)


def add_rule(
    native: Any, path: str, endpoint: str, methods: tuple[str, ...], answer: Callable[..., Any]
) -> None:
    # Werkzeug's redirects, to add a slash or take one away, are off.
    rule = native.url_rule_class(
        path, methods=methods, endpoint=endpoint, strict_slashes=False, merge_slashes=False
    )
    rule.methods = rule.methods or AnyMethod()
    native.url_map.add(rule)
    native.view_functions[endpoint] = answer


def variable(site: Site, native: Any, parameter: Parameter) -> str:
    """A parameter in the syntax of a rule, with a converter of the app's own."""
    converters = native.url_map.converters
    name = re.sub(r"\W", "_", f"{site.name}_{parameter.kind}", flags=re.ASCII)
    if name not in converters:
        base = converters.get(parameter.kind, converters["path"])
        converters[name] = converter(parameter, base)
    return f"<{name}:{parameter.name}>"


def converter(parameter: Parameter, base: Any) -> type:
    class Converter(base):  # type: ignore[misc]
        """Matches as the hub does, whatever `base` does; the site converts."""

        def __init__(self, map: Any) -> None:
            super().__init__(map)
            self.regex = f"(?s:{parameter.converter.regex})"

        def to_python(self, value: str) -> str:
            return value

        def to_url(self, value: Any) -> str:
            return str(super().to_url(parameter.converter.to_url(value)))

    return Converter
