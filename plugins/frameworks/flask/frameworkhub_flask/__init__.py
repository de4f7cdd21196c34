"""Carries an app onto Flask: every route is a rule of its URL map, under the name of a blueprint.

A rule only decides that a request is the app's. It is never narrower than its route, nor redirects.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from io import BytesIO
from typing import Any

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.frameworks import Features
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

    from .rules import register

    native = Flask(__name__, static_folder=None)
    if site.style == "native":
        register(site, native, view(site, native), everything=True)
    else:
        native.wsgi_app = site.wsgi
    return native


@hub.hookimpl
def attach(site: Site, native: Any) -> Any:
    from .rules import register

    if site.style == "native":
        register(site, native, view(site, native), everything=bool(site.prefix))
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
    body = response.iterable
    native = as_it_is(response_class)(body, response.status_line, response.headers)
    if response.delivery is not None:
        native.stream_of_bytes = body
    return native


@cache
def as_it_is(response_class: Any) -> Any:
    class Response(response_class):
        """Sends the fields that are set: adds none, rewrites none."""

        default_mimetype = None
        stream_of_bytes: Any = None

        def get_wsgi_headers(self, environ: Any) -> Any:
            return self.headers

        def get_app_iter(self, environ: Any) -> Any:
            """As Werkzeug does, which would look at each chunk whether it is text."""
            if self.response is not self.stream_of_bytes or self.status_code in (204, 304):
                return super().get_app_iter(environ)
            return Sent(self.response, self.close)

    return Response


class Sent:
    """A stream, and what closes it."""

    def __init__(self, chunks: Iterable[bytes], close: Callable[[], None]) -> None:
        self._chunks = chunks
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)


def view(site: Site, native: Any) -> Callable[..., Any]:
    from flask import got_request_exception, request

    def answer(**params: Any) -> Any:
        response = site.handle(to_request(request._get_current_object()))
        if error := response.error:
            got_request_exception.send(native, _async_wrapper=native.ensure_sync, exception=error)
        return to_response(response, native.response_class)

    return answer
