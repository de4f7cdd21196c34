"""The aiohttp handler of every route of a site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import hdrs, web

from frameworkhub import ClientDisconnect, asgi, hosts

from .connection import cut
from .exchange import scope, to_request
from .responses import Dutiful, Whole
from .sockets import Bridge
from .streamed import Streamed


class Endpoint:
    """Brings what aiohttp receives to a site, and its answers back.

    Attributes:
        everything: every path of the application belongs to the site.
        root_path: where `add_subapp` has mounted the application, "" if it is the outermost.
    """

    def __init__(self, site: Any, everything: bool = False) -> None:
        self.site = site
        self.everything = everything
        self.root_path = ""
        self.loop: asyncio.AbstractEventLoop | None = None
        self.rest = Rest(site.prefix + "/", self)

    # Where it lives.

    def register_rest(self, router: web.UrlDispatcher) -> None:
        self.rest.add_route("*", self.handle, expect_handler=self.expect)
        router.register_resource(self.rest)

    def mounted(self, prefix: str) -> None:
        self.root_path = hosts.decode(prefix.encode()) + self.root_path

    def owns(self, request: web.Request) -> bool:
        path = hosts.decode(request.rel_url.raw_path.encode())
        return self.everything or bool(self.site.owns(path.removeprefix(self.root_path)))

    async def lifespan(self, native: web.Application) -> AsyncIterator[None]:
        self.loop = asyncio.get_running_loop()
        await self.site.app.lifecycle.astartup()
        yield
        await self.site.app.lifecycle.ashutdown()

    async def leave(self, native: web.Application) -> None:
        await hosts.close_websockets(self.site.app)

    # Requests.

    async def expect(self, request: web.Request) -> None:
        """`Expect: 100-continue` is answered when the body is read, if it ever is."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if hdrs.UPGRADE in request.headers:
            described = scope(request, self.root_path)
            if hosts.is_websocket(described):
                return await self.websocket(request, described)
        hub_request = to_request(request, self.root_path, self.loop)
        route = hub_request.take(self.site, getattr(request.match_info, "found", None))
        try:
            response = await self.site.ahandle(hub_request, route)
        except ClientDisconnect:
            raise cut(request) from None
        if hub_request._source is not None and hub_request._source.expected:
            # What follows might be the body, or the next request.
            response.header_list.append(("connection", "close"))
        if response.delivery is None:
            return Whole(response)
        if response.body is None:
            return await self.stream(request, response)
        return Dutiful(response)

    async def stream(self, request: web.Request, response: Any) -> web.StreamResponse:
        native = Streamed(response)
        try:
            if (instead := await native.send(request)) is not response:
                return Dutiful(instead)
        except (ClientDisconnect, ConnectionError):
            raise cut(request) from None
        except Exception:
            cut(request)
            raise
        finally:
            await response.aclose()
        return native

    async def websocket(self, request: web.Request, described: asgi.Scope) -> web.StreamResponse:
        bridge = Bridge(request)
        try:
            await bridge.run(self.site, described, native=request)
        finally:
            await bridge.stop_reading()
        return bridge.answer


class Rest(web.PlainResource):
    """What belongs to the site and no other resource takes: 404, 405, OPTIONS, bad UTF-8 ..."""

    def __init__(self, path: str, endpoint: Endpoint) -> None:
        super().__init__(path)
        self.endpoint = endpoint

    def add_prefix(self, prefix: str) -> None:
        super().add_prefix(prefix)
        self.endpoint.mounted(prefix)

    async def resolve(self, request: web.Request) -> Any:
        if not self.endpoint.owns(request):
            return None, set()
        return web.UrlMappingMatchInfo({}, next(iter(self))), set()
