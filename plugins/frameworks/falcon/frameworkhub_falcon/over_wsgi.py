"""The app on `falcon.App`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from falcon import COMBINED_METHODS, App
from werkzeug.wsgi import ClosingIterator

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.site import Site

from .responses import fill, report

__all__ = ["Answers", "App", "Carrier"]

CLOSE = "frameworkhub.close"


class Carrier:
    """Closes the app's responses when they have been sent: Falcon drops the body of some."""

    __slots__ = ()

    def __call__(self, env: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        try:
            body = super().__call__(env, start_response)  # type: ignore[misc]
        except BaseException:
            env.pop(CLOSE, _nothing)()
            raise
        close = env.pop(CLOSE, None)
        return body if close is None else ClosingIterator(body, close)


def _nothing() -> None:
    """There is no response to be closed."""


class Answers:
    """The app's answers, as Falcon's routes, sinks and middleware call for them."""

    def __init__(self, site: Site, native: Any) -> None:
        self.site = site
        self.native = native

        # A function: as such it stands in the resources' classes.
        def answer(req: Any, resp: Any, /, **params: Any) -> None:
            response = site.handle(wsgi.to_request(req.env, native=req))
            if response.delivery.has_duties:
                req.env[CLOSE] = response.delivery.close
            if response.error is not None:
                report(native, req, response)
            to_response(response, resp)

        self.answer = self.sink = answer

    def resource(self, name: str) -> Any:
        answer = staticmethod(self.answer)
        return type(name, (), {f"on_{method.lower()}": answer for method in COMBINED_METHODS})()

    def middleware(self, is_ours: Callable[[str], bool]) -> Any:
        return Middleware(self.answer, is_ours)

    def beside(self) -> Any:
        return wsgi.beside(self.site, self.native)


def to_response(response: hub.Response, resp: Any) -> None:
    """Makes `resp`, a `falcon.Response`, the hub's response."""
    fill(resp, response, "_wsgi_headers")
    if response.body is None or "content-length" not in resp._headers:
        resp.stream = response.iterable  # Of no length, so that Falcon adds none to a HEAD.
    else:
        resp.data = response.body


class Middleware:
    """Answers methods that Falcon does not know: its router would answer 400."""

    def __init__(self, answer: Callable[..., None], is_ours: Callable[[str], bool]) -> None:
        self.answer = answer
        self.is_ours = is_ours
        self.known = frozenset(COMBINED_METHODS)

    def process_request(self, req: Any, resp: Any) -> None:
        if req.method not in self.known and self.is_ours(req.path):
            self.answer(req, resp)
            resp.complete = True
