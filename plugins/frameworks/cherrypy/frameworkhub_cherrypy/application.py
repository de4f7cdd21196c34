"""The app as a CherryPy application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from typing import Any

import cherrypy
from cherrypy import Application

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.site import Site

from .exchange import Exchange, Request, Response
from .tree import grow

CONFIG: dict[str, Any] = {
    "request.process_request_body": False,  # The site reads it.
    # Tools that are on by default, and change what the app answers, or log what it has logged.
    "tools.encode.on": False,
    "tools.trailing_slash.on": False,
    "tools.log_headers.on": False,
    "tools.log_tracebacks.on": False,
}


def make(site: Site, script_name: str | None, is_mounted: bool = False) -> Application:
    """An application.

    Args:
        script_name: where it is; None: where SCRIPT_NAME says.
        is_mounted: in a tree, which puts the script name into SCRIPT_NAME.
    """
    answer = page(site, is_mounted)
    root = grow(site.resources, answer)
    config = {"/": CONFIG | {"request.dispatch": Dispatcher(answer)}}
    native = Application(root, script_name, config)
    native.request_class, native.response_class = Request, Response
    native.wsgiapp.response_class = Exchange
    # CherryPy would end a stream that fails as if it were complete.
    pipeline = native.wsgiapp.pipeline
    native.wsgiapp.pipeline = [part for part in pipeline if part[0] != "ExceptionTrapper"]
    return native


def put_in_front(native: Application, layer: Callable[[wsgi.WSGIApp], wsgi.WSGIApp]) -> None:
    """Makes `layer` the outermost part of an application's WSGI pipeline."""
    native.wsgiapp.pipeline.insert(0, ("frameworkhub", layer))
    native.wsgiapp.head = None


def mounted(site: Site) -> wsgi.WSGIApp:
    """The site as a WSGI application in a tree, which puts the prefix into SCRIPT_NAME."""

    def application(environ: wsgi.Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = site.handle(wsgi.to_request(environ, mounted=True))
        start_response(response.status_line, response.header_list)
        return response.iterable

    return application


class Dispatcher(cherrypy.dispatch.Dispatcher):
    """Walks the tree of objects as CherryPy does, and leaves it to the site what it found."""

    def __init__(self, answer: Callable[[], Iterable[bytes]]) -> None:
        super().__init__()
        self.answer = answer

    def __call__(self, path_info: str) -> None:
        self.find_handler(path_info)
        cherrypy.serving.request.handler = cherrypy.dispatch.PageHandler(self.answer)


def page(site: Site, is_mounted: bool) -> Callable[[], Iterable[bytes]]:
    """The page handler of every path."""

    def answer() -> Iterable[bytes]:
        native, out = cherrypy.serving.request, cherrypy.serving.response
        response = site.handle(to_request(native, is_mounted))
        cherrypy.serving.load(native, out)  # What is in the thread may be gone: see Exchange.
        if response.delivery is not None:
            # Popped, as CherryPy's request has the hook, and the delivery that: a cycle otherwise.
            waiting = [response.delivery]
            native.hooks.attach("on_end_request", lambda: waiting.pop().close(), failsafe=True)
        if response.error is not None:
            report(native, response.error)
        return to_response(response, out)

    return answer


def to_request(native: Any, is_mounted: bool) -> hub.Request:
    """The hub's request for a `cherrypy.Request`."""
    return wsgi.to_request(native.wsgi_environ, native=native, mounted=is_mounted)


def to_response(response: hub.Response, native: Response) -> Iterable[bytes]:
    """Makes `native` the hub's response; returns the body."""
    native.status = response.status_line
    native.take(response.header_list)
    native.stream = not response.body  # Of a body that is there, CherryPy may tell the length.
    if response.body:
        return [response.body]
    # It has no `close`, whose signature CherryPy would look at; a hook closes what is inside.
    return chain(response.iterable)


def report(native: Any, error: Exception) -> None:
    """Tells CherryPy's hooks of the error behind a 500, as if it had happened on this side."""
    with suppress(type(error)):
        try:
            raise error
        finally:
            native.hooks.run("before_error_response")
