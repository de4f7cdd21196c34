"""The app on `falcon.asgi.App`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from falcon import COMBINED_METHODS
from falcon.asgi import App

from frameworkhub import asgi
from frameworkhub.asgi import Message, Receive, Scope, ScopeRequest, Send
from frameworkhub.errors import ClientDisconnect
from frameworkhub.site import Site

from . import passing
from .exchange import EXCHANGE, Channel, Exchange, Gone, carrier, shown
from .responses import fill, report

__all__ = ["Answers", "App", "carrier"]


class Answers:
    """The app's answers, as Falcon's routes and sinks call for them."""

    def __init__(self, site: Site, native: Any) -> None:
        self.site = site
        self.native = native
        handle = site.ahandle

        # Functions: as such they stand in the resources' classes.
        async def answer(req: Any, resp: Any, /, **params: Any) -> None:
            exchange: Exchange = req.scope[EXCHANGE]
            request = ScopeRequest(exchange.scope or req.scope, exchange.receive)
            request.native = req
            exchange.request = request
            try:
                response = await asgi.ready(await handle(request))
            except ClientDisconnect:
                raise Gone from None
            if response.delivery is not None:
                exchange.response = response
            if response.error is not None:
                report(native, req, response.error)
            fill(resp, response, "_asgi_headers", exchange.chunks)

        async def on_websocket(req: Any, ws: Any, /, **params: Any) -> None:
            channel: Channel = req.scope[EXCHANGE]
            await site.websocket(channel.scope, channel.receive, channel.send, native=req)
            channel.is_over = True

        async def sink(req: Any, resp: Any, ws: Any = None) -> None:
            await (answer(req, resp) if ws is None else on_websocket(req, ws))

        self.answer, self.on_websocket, self.sink = answer, on_websocket, sink
        native.add_middleware(Lifespan(site))

    def resource(self, name: str) -> Any:
        responders = {f"on_{method.lower()}": self.answer for method in COMBINED_METHODS}
        responders["on_websocket"] = self.on_websocket
        return type(name, (), {key: staticmethod(value) for key, value in responders.items()})()

    def beside(self) -> Any:
        own = partial(self.site.asgi, view=viewer(self.native))
        return asgi.beside(self.site, self.native, own)


def viewer(native: Any) -> Callable[[Scope, Receive, Send], Any]:
    """What makes Falcon's own request."""

    def view(scope: Scope, receive: Receive, send: Send) -> Any:
        if not scope["query_string"].isascii():
            scope = shown(scope)
        req = native._request_type(scope, receive, options=native.req_options)
        req.uri_template = native._get_responder(req)[3]
        return req

    return view


def find(native: Any, scope: Scope) -> Site | None:
    is_http = scope["type"] == "http"
    return passing.find(native, scope["path"], scope["method"]) if is_http else None


def passing_by(native: Any, find: passing.Find, call: Any) -> Any:
    """Gives a site the requests that `find` finds to be its, and `call` the others.

    Start and stop go by `call` in every case.
    """
    view = viewer(native)

    async def __call__(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        site = find(self, scope) if scope["type"] != "lifespan" else None
        if site is None:
            await call(self, scope, receive, send)
        else:
            await site.asgi(scope, receive, send, view)

    return __call__


def unknown(answers: Answers, is_ours: Callable[[str], bool], refuse: Any) -> Any:
    """Falcon's responder for the methods that it does not know."""

    async def responder(req: Any, resp: Any, /, **params: Any) -> None:
        takes = not req.is_websocket and is_ours(req.path)
        await (answers.answer if takes else refuse)(req, resp, **params)

    return responder


class Lifespan:
    """Start and stop, by Falcon's lifespan hooks."""

    def __init__(self, site: Site) -> None:
        self.lifecycle = site.app.lifecycle

    async def process_startup(self, scope: Scope, event: Message) -> None:
        await self.lifecycle.astartup()

    async def process_shutdown(self, scope: Scope, event: Message) -> None:
        await self.lifecycle.ashutdown()
