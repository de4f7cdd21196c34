"""A site: an app compiled for one host. It answers requests; adapters bring them."""

from __future__ import annotations

import contextvars
import difflib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from .concurrency import Visit, adopt, run_on
from .delivery import END, AsyncDelivery, SyncDelivery
from .errors import HTTPError
from .lazy import late
from .middleware import Handlers, compile_route, error_response
from .requests import CURRENT, Request
from .responses import Response, complete
from .routing import Pattern, Route, Router, fallback
from .streams import check_size
from .usual import Application
from .wsgi import EnvironRequest

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from .app import App
    from .asgi import ScopeRequest
    from .middleware import Middleware
    from .requests import Connection
else:
    asyncio = late("asyncio")


class Site:
    """An app on a host.

    Attributes:
        app: the app.
        name: for the framework's own names of routes.
        prefix: where the app lives: "" or "/x". The host's paths carry it, unless `to_request`
            says `mounted`.
        style: "native" or "beside".
        interface: the protocol by which the host is called.
        routes: every route; those without parameters first, then in order of registration.
        resources: the same, grouped by path.
    """

    def __init__(
        self,
        app: App,
        routes: Sequence[Route],
        layers: Sequence[Middleware | Handlers],
        *,
        prefix: str = "",
        style: str = "native",
        interface: str = "",
    ) -> None:
        self.app = app
        self._lifecycle = app.lifecycle
        self.is_placed = bool(prefix or app.trusted_proxies)
        self.name = app.name
        self.prefix = prefix
        self.style = style
        self.interface = interface
        self.asgi = Application(app, self)
        self.wsgi = self.asgi.wsgi
        self.router = Router(routes)
        self._resolve = self.router.resolve
        self.resources = self.router.resources
        self.routes = [route for resource in self.resources for route in resource.routes]
        for route in self.routes:
            if not route.websocket:
                self._compile(route, route.layers)
        self._names = _by_name(self.routes)
        self._fallback = Route(Pattern("/"), (), self._miss, name="")
        self._compile(self._fallback, layers)

    def _compile(self, route: Route, layers: Sequence[Middleware | Handlers]) -> None:
        route.call, route.is_async = compile_route(layers, route.handler)

    # Names.

    def url_for(self, name: str, params: Mapping[str, Any] | None = None, /, **more: Any) -> str:
        """The percent-encoded path of a route, without any prefix. Raises as `App.url_for`."""
        if name not in self._names:
            near = " or ".join(difflib.get_close_matches(name, self._names)) or "none is like it"
            raise LookupError(f"url_for: there is no route {name!r}; did you mean: {near}")
        route, *others = self._names[name]
        if others:
            paths = ", ".join(r.path for r in self._names[name])
            raise LookupError(f"url_for: {name!r} could be {paths}; give them names of their own")
        return route.pattern.url({**(params or {}), **more})

    def owns(self, path: str) -> bool:
        """Whether a decoded path belongs to this app, not to its neighbour in the same host."""
        if self.prefix:
            return path.startswith(self.prefix + "/")
        return self.router.has(path)

    # Answering.

    def bind(self, connection: Connection) -> None:
        connection.site = self
        root, connection.path = connection._locate()
        self._place(connection, root)

    def _place(self, connection: Connection, root: str) -> str:
        """Takes the site's prefix off the path; gives what is left."""
        prefix, path = self.prefix, connection.path
        if prefix and not connection._mounted and path.startswith(prefix):
            root, path = root + prefix, path[len(prefix) :]
        connection.root_path, connection.path = root, path
        if self.app.trusted_proxies:
            from .proxies import add_prefix

            add_prefix(connection)
        return path

    def _route(self, request: Request) -> Route:
        """The request's route; what can't be answered by one is left to the fallback."""
        request.site = self
        try:
            root, path = request._locate()
            request.path = path
            if root or self.is_placed:
                path = self._place(request, root)
            found = self._resolve(request.method, path)
        except Exception as error:  # a path that is no UTF-8, or a bug in a user's converter
            return self._missed(request, error)
        if found is None:
            return self._missed(request)
        request.route, request.path_params = found
        return found[0]

    def _miss(self, request: Request) -> Response:
        """The fallback's handler: inside the app's own middlewares, so that they see it."""
        if request.failure is not None:
            raise request.failure
        allowed = self.router.allowed(request.path)
        if error := fallback(allowed, request.method):
            raise error
        return Response(status=204, headers={"Allow": ", ".join(allowed)})

    def _missed(self, request: Request, error: Exception | None = None) -> Route:
        request.failure = error
        request.path_params = {}
        return self._fallback

    def handle(self, request: EnvironRequest, route: Route | None = None) -> Response:
        """Answers a request of a sync host; the response is ready to be sent.

        Args:
            route: what answers, for who has found it and read the body.
        """
        if not self._lifecycle.started:
            self._lifecycle.ensure()
        if route is None:
            route = self._route(request)
            if request._has_body() or route.stream:
                route = self._load(request, route)
        if route.is_async:
            return self._visit(request, route)
        context = copy_context()
        response = context.run(self._call, request, route)
        if response.source is None and not request.has_duties:
            return response
        return self._special(request, route, response, context)

    def _special(
        self,
        request: Request,
        route: Route,
        response: Response,
        context: contextvars.Context,
        visit: Visit | None = None,
    ) -> Response:
        """A response that is a stream, or after which there is something to do.

        The first chunk is fetched, so that an error before it is still a 500.
        """
        if visit is None and hasattr(response.source, "__anext__"):
            return self._visit(request, route, response, context)
        response.delivery = delivery = SyncDelivery(request, response, context, visit)
        if response.body is None:
            try:
                delivery.begin()
            except Exception as error:
                delivery.close_source()
                response = self._failed(request, error)
                response.delivery = SyncDelivery(request, response, context, None)
        return response

    def _call(self, request: Request, route: Route) -> Response:
        CURRENT.set(request)
        try:
            return complete(route.call(request, **request.path_params), request)
        except Exception as error:
            return self._failed(request, error)

    def _load(self, request: EnvironRequest, route: Route) -> Route:
        """Reads the body, or opens its stream; the route, or what answers instead."""
        try:
            if route.stream:
                request._stream = request._open_stream(route.max_body_size)
            elif route is not self._fallback:
                request._read_body(route.max_body_size)
        except HTTPError as error:
            return self._missed(request, error)
        return route

    def _visit(
        self,
        request: Request,
        route: Route,
        response: Response | None = None,
        context: contextvars.Context | None = None,
    ) -> Response:
        """Async code on a sync host: one task on the process's loop, while this thread waits."""
        visit = Visit(context)
        request.run_sync = visit.call
        if request._stream is not None:
            request._stream.call_async = visit.call
        ready: Response = visit.run(partial(self._visited, visit, request, route, response))
        # A copy: the task may still be in its last step, and a context can't be entered twice.
        return self._special(request, route, ready, visit.context.copy(), visit)

    async def _visited(
        self, visit: Visit, request: Request, route: Route, response: Response | None
    ) -> None:
        response = response or await self._acall(request, route)
        visit.give(response)
        if hasattr(response.source, "__anext__"):
            async with _closing(response.source):
                while response.body is None:
                    chunk = await anext(response.source, END)
                    if chunk is END:
                        break
                    await visit.hand(chunk)

    def _failed(self, request: Request, error: Exception) -> Response:
        response = error_response(request, error, self.app.debug)
        response.finish(request)
        return response

    async def _acall(self, request: Request, route: Route) -> Response:
        CURRENT.set(request)
        try:
            return complete(await route.call(request, **request.path_params), request)
        except Exception as error:
            return self._failed(request, error)

    async def ahandle(self, request: ScopeRequest, route: Route | None = None) -> Response:
        """Answers a request of an async host; the response is to be sent, then `aclose`d.

        A stream has not begun: `asgi.stream` sends it, or `asgi.ready` fetches its first chunk.

        Args:
            route: what answers, for who has found it.

        Raises:
            ClientDisconnect: there is nobody left to answer.
        """
        if not self._lifecycle.started:
            await self._lifecycle.aensure()
        if route is None:
            route = self._route(request)
        if (not request._is_read and request._has_body()) or route.stream:
            route = await self._aload(request, route)
        if not route.is_async:
            return await self._handle_in_thread(request, route)
        token = CURRENT.set(request)
        try:
            response = complete(await route.call(request, **request.path_params), request)
        except Exception as error:
            response = self._failed(request, error)
        if response.source is None and not request.has_duties:
            # Else the timer that a server sets when it has sent the answer would keep the request,
            # in the context that it copies, until long after.
            CURRENT.reset(token)
            return response
        response.delivery = AsyncDelivery(request, response, copy_context(), token)
        return response

    async def _aload(self, request: ScopeRequest, route: Route) -> Route:
        """Reads the body, or opens its stream; the route, or what answers instead."""
        limit = route.max_body_size
        try:
            if (declared := request._declared).isdigit():
                check_size(int(declared), limit)
            if route.stream:
                request._stream = request.source.stream(limit)
                request._stream.call_sync = partial(run_on, request._loop)
            elif route is not self._fallback:
                await request._read_body(limit)
        except HTTPError as error:
            return self._missed(request, error)
        return route

    async def _handle_in_thread(self, request: ScopeRequest, route: Route) -> Response:
        """Sync code on an async host."""
        context = copy_context()
        response = await self.app.pool.run_in(context, self._call, request, route)
        if response.source is None and not request.has_duties:
            return response
        token = CURRENT.set(request)
        if hasattr(response.source, "__anext__"):
            adopt(context)  # The stream runs here, and is to see what was set around it.
        response.delivery = AsyncDelivery(request, response, context, token)
        return response

    async def websocket(self, scope: Any, receive: Any, send: Any, *, native: Any = None) -> None:
        """Carries a WebSocket by the ASGI messages."""
        from .websockets import serve

        await self.app.lifecycle.aensure()
        await serve(self, scope, receive, send, native)


def _by_name(routes: Sequence[Route]) -> dict[str, list[Route]]:
    """The routes of each name, on different paths; then makes the names unique for the host."""
    names: dict[str, dict[str, Route]] = {}
    for route in routes:
        names.setdefault(route.name, {}).setdefault(route.path, route)
    numbers = {(n, path): i for n, same in names.items() for i, path in enumerate(same, 1)}
    for route in routes:
        number = numbers[route.name, route.path]
        route.name = route.name if number == 1 else f"{route.name}_{number}"
    return {name: list(same.values()) for name, same in names.items()}


@asynccontextmanager
async def _closing(source: Any) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if hasattr(source, "aclose"):
            await source.aclose()
