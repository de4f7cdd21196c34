"""The app on `falcon.App`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from falcon import COMBINED_METHODS, App
from werkzeug.wsgi import ClosingIterator

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.site import Site
from frameworkhub.wsgi import Environ, EnvironRequest

from . import passing
from .responses import fill, report

__all__ = ["Answers", "App"]

# Falcon refuses the last as a method (it is its mark of WebSockets).
METHODS = [method for method in COMBINED_METHODS if method != "WEBSOCKET"]
DELIVERY = "frameworkhub.delivery"


class Answers:
    """The app's answers, as Falcon's routes and sinks call for them."""

    def __init__(self, site: Site, native: Any) -> None:
        self.site = site
        self.native = native
        handle = site.handle

        # A function: as such it stands in the resources' classes.
        def answer(req: Any, resp: Any, /, **params: Any) -> None:
            request = EnvironRequest(req.env)
            request.native = req
            response = handle(request)
            if response.delivery is not None:
                req.env[DELIVERY] = response.delivery
            if response.error is not None:
                report(native, req, response.error)
            fill(resp, response, "_wsgi_headers", _stream)

        self.answer = self.sink = answer

    def resource(self, name: str) -> Any:
        answer = staticmethod(self.answer)
        return type(name, (), {f"on_{method.lower()}": answer for method in METHODS})()

    def beside(self) -> Any:
        own = partial(self.site.wsgi, view=viewer(self.native))
        return wsgi.beside(self.site, self.native, own)


def viewer(native: Any) -> Callable[[Environ], Any]:
    """What makes Falcon's own request."""

    def view(environ: Environ) -> Any:
        req = native._request_type(environ, options=native.req_options)
        req.uri_template = native._get_responder(req)[3]
        return req

    return view


def find(native: Any, environ: Environ) -> Site | None:
    path = environ["PATH_INFO"]
    return passing.find(native, path, environ["REQUEST_METHOD"]) if path.isascii() else None


def passing_by(native: Any, find: passing.Find, call: Any) -> Any:
    """Gives a site the requests that `find` finds to be its, and `call` the others."""
    view = viewer(native)

    def __call__(self: Any, env: Environ, start_response: Callable[..., Any]) -> Any:
        site = find(self, env)
        if site is None:
            return call(self, env, start_response)
        return site.wsgi(env, start_response, view)

    return __call__


def _stream(response: hub.Response) -> Any:
    return response.iterable


def unknown(answers: Answers, is_ours: Callable[[str], bool], refuse: Any) -> Any:
    """Falcon's responder for the methods that it does not know."""

    def responder(req: Any, resp: Any, /, **params: Any) -> None:
        (answers.answer if is_ours(req.path) else refuse)(req, resp, **params)

    return responder


def carrier(call: Any) -> Any:
    """Closes the app's responses when they have been sent: Falcon drops the body of some."""

    def __call__(self: Any, env: Environ, start_response: Callable[..., Any]) -> Any:
        try:
            body = call(self, env, start_response)
        except BaseException:
            if DELIVERY in env:
                env.pop(DELIVERY).close()
            raise
        return _closing(body, env.pop(DELIVERY).close) if DELIVERY in env else body

    return __call__


def _closing(body: Any, close: Callable[[], None]) -> Any:
    return body if getattr(body, "close", None) == close else ClosingIterator(body, close)
