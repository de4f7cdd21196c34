"""The callback of every route, and the hub's request for Bottle's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from bottle import Request, request, response

import frameworkhub as hub
from frameworkhub.lazy import lazy
from frameworkhub.site import Site
from frameworkhub.wsgi import Environ, EnvironRequest

from .sending import CLOSERS, to_response


def view(site: Site) -> Callable[..., Any]:
    handle = site.handle

    def answer(**params: Any) -> Any:
        environ = request.environ
        answered = handle(to_request(environ))
        body = to_response(answered, response)
        if answered.delivery is None or CLOSERS not in environ or not hasattr(body, "close"):
            return body
        environ[CLOSERS].append(body.close)
        return chain(body)

    return answer


class Received(EnvironRequest):
    """A request whose `native` is not bound to this thread, as `bottle.request` is."""

    @lazy
    def native(self) -> Any:
        return Request(self._environ)


def to_request(environ: Environ) -> hub.Request:
    """The hub's request for a `bottle.Request` of this environ."""
    raw, path = environ["bottle.raw_path"], environ["PATH_INFO"]
    if "bottle.request.body" in environ:  # A hook has read it; Bottle keeps it, to be read again.
        environ["wsgi.input"].seek(0)
    if path == raw:
        return Received(environ)
    # Bottle decodes it, and leaves out what is no UTF-8. Anything else, a hook wrote.
    if path != raw.encode("latin-1").decode("utf-8", "ignore"):
        raw = path.encode().decode("latin-1")
    received = Received({**environ, "PATH_INFO": raw})
    received.native = Request(environ)
    return received
