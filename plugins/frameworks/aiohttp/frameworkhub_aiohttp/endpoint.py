"""The aiohttp handler of every route of a site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from frameworkhub import ClientDisconnect, asgi, hosts

from .exchange import Body, cut
from .responses import streamed, whole
from .sockets import Bridge


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
        await self.site.app.lifecycle.astartup()
        yield
        await self.site.app.lifecycle.ashutdown()

    async def leave(self, native: web.Application) -> None:
        await hosts.close_websockets(self.site.app)

    # Requests.

    async def expect(self, request: web.Request) -> None:
        """`Expect: 100-continue` is answered when the body is read, if it ever is."""

    def scope(self, request: web.Request) -> asgi.Scope:
        peer, own = request.protocol.peername, request.protocol.sockname
        return hosts.http_scope(
            request.method,
            request.raw_path.encode("utf-8", "surrogateescape"),
            request.raw_headers,
            client=peer[:2] if isinstance(peer, tuple) else None,
            server=own[:2] if isinstance(own, tuple) else None,
            scheme=request.scheme,
            http_version=f"{request.version.major}.{request.version.minor}",
            root_path=self.root_path,
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        scope = self.scope(request)
        if "Upgrade" in request.headers and hosts.is_websocket(scope):
            return await self.websocket(request, scope)
        body = Body(request)
        hub_request = asgi.to_request(scope, body.receive, native=request)
        try:
            response = await self.site.ahandle(hub_request)
        except ClientDisconnect:
            hub_request.source.close()
            raise cut(request) from None
        if body.expected:  # What follows might be the body, or the next request.
            response.header_list.append(("connection", "close"))
        if response.body is None:
            return await self.stream(request, response)
        return await whole(response)

    async def stream(self, request: web.Request, response: Any) -> web.StreamResponse:
        native = streamed(response)
        try:
            await native.prepare(request)
            await asgi.stream(response, native.write)
            await native.write_eof()
        except (ClientDisconnect, ConnectionError):
            raise cut(request) from None
        except Exception:
            cut(request)
            raise
        finally:
            await response.aclose()
        return native

    async def websocket(self, request: web.Request, scope: asgi.Scope) -> web.StreamResponse:
        bridge = Bridge(request)
        try:
            await bridge.run(self.site, scope, native=request)
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
