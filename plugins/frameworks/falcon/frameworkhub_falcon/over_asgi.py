"""The app on `falcon.asgi.App`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from falcon import COMBINED_METHODS
from falcon.asgi import App

import frameworkhub as hub
from frameworkhub import asgi
from frameworkhub.asgi import Message, Scope
from frameworkhub.delivery import END
from frameworkhub.errors import ClientDisconnect
from frameworkhub.site import Site

from .exchange import EXCHANGE, Carrier, Exchange
from .responses import fill, report

__all__ = ["Answers", "App", "Carrier"]


class Answers:
    """The app's answers, as Falcon's routes, sinks and middleware call for them."""

    def __init__(self, site: Site, native: Any) -> None:
        self.site = site
        self.native = native

        # Functions: as such they stand in the resources' classes.
        async def answer(req: Any, resp: Any, /, **params: Any) -> None:
            await self.to_http(req, resp)

        async def on_websocket(req: Any, ws: Any, /, **params: Any) -> None:
            await self.to_websocket(req)

        async def sink(req: Any, resp: Any, ws: Any = None) -> None:
            await (self.to_http(req, resp) if ws is None else self.to_websocket(req))

        self.answer, self.on_websocket, self.sink = answer, on_websocket, sink

    async def to_http(self, req: Any, resp: Any) -> None:
        exchange: Exchange = req.scope[EXCHANGE]
        exchange.request = asgi.to_request(exchange.scope, exchange.receive, native=req)
        try:
            response = exchange.response = await self.site.ahandle(exchange.request)
        except ClientDisconnect:
            exchange.is_over = True
            return
        if response.error is not None:
            report(self.native, req, response)
        to_response(response, resp)

    async def to_websocket(self, req: Any) -> None:
        exchange: Exchange = req.scope[EXCHANGE]
        await self.site.websocket(exchange.scope, exchange.receive, exchange.send, native=req)
        exchange.is_over = True

    def resource(self, name: str) -> Any:
        responders = {f"on_{method.lower()}": self.answer for method in COMBINED_METHODS}
        responders["on_websocket"] = self.on_websocket
        return type(name, (), {key: staticmethod(value) for key, value in responders.items()})()

    def middleware(self, is_ours: Callable[[str], bool]) -> Any:
        return Middleware(self, is_ours)

    def beside(self) -> Any:
        self.native.add_middleware(Lifespan(self.site))
        return asgi.beside(self.site, self.native)


def to_response(response: hub.Response, resp: Any) -> None:
    """Makes `resp`, a `falcon.asgi.Response`, the hub's response."""
    fill(resp, response, "_asgi_headers")
    if response.body is None or "content-length" not in resp._headers:
        resp.stream = Chunks(response)  # Of no length, so that Falcon adds none to a HEAD.
    else:
        resp.data = response.body


class Chunks:
    """A stream, as Falcon iterates over one; it ends where it stands when the client goes."""

    def __init__(self, response: hub.Response) -> None:
        self.delivery = response.delivery

    def __aiter__(self) -> Chunks:
        return self

    async def __anext__(self) -> bytes:
        async with asgi.Guard(self.delivery.request.source):
            chunk = await self.delivery.pull()
        if chunk is END:
            raise StopAsyncIteration
        return chunk  # type: ignore[no-any-return]


class Lifespan:
    """Start and stop, by Falcon's lifespan hooks."""

    def __init__(self, site: Site) -> None:
        self.lifecycle = site.app.lifecycle

    async def process_startup(self, scope: Scope, event: Message) -> None:
        await self.lifecycle.astartup()

    async def process_shutdown(self, scope: Scope, event: Message) -> None:
        await self.lifecycle.ashutdown()


class Middleware(Lifespan):
    """Answers methods that Falcon does not know, too: its router would answer 400."""

    def __init__(self, answers: Answers, is_ours: Callable[[str], bool]) -> None:
        super().__init__(answers.site)
        self.answers = answers
        self.is_ours = is_ours
        self.known = frozenset(COMBINED_METHODS)

    async def process_request(self, req: Any, resp: Any) -> None:
        if req.method not in self.known and self.is_ours(req.path):
            await self.answers.to_http(req, resp)
            resp.complete = True
