"""The app on `falcon.App`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from falcon import COMBINED_METHODS, App
from werkzeug.wsgi import ClosingIterator

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.site import Site
from frameworkhub.wsgi import EnvironRequest

from .responses import fill, report

__all__ = ["Answers", "App"]

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
        return type(name, (), {f"on_{method.lower()}": answer for method in COMBINED_METHODS})()

    def beside(self) -> Any:
        return wsgi.beside(self.site, self.native)


def passing(site: Site, call: Any) -> Any:
    """Gives the site every request; Falcon's own `call` is not asked."""

    def __call__(self: Any, env: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return site.wsgi(env, start_response)

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

    def __call__(self: Any, env: dict[str, Any], start_response: Callable[..., Any]) -> Any:
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
