"""An app as a WSGI and an ASGI application, the usual request answered in one function of each.

What `Site.handle` and `Site.ahandle` do in a dozen calls stands here without them, for requests
that ask for nothing special: a path that is compared as it came, a route that is found at once, a
handler of the protocol's own colour. Everything else goes to the site. Those calls are most of what
a small answer costs (docs/speed.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from . import asgi
from .asgi import FRAMING, TEXT_BYTES, Receive, Scope, ScopeRequest, Send, start_message
from .delivery import AsyncDelivery
from .errors import ClientDisconnect, HTTPError
from .lazy import late
from .requests import CURRENT, Request
from .responses import TEXT_FIELD, complete, content_length
from .routing import small_int
from .wsgi import Environ, EnvironRequest

if TYPE_CHECKING:
    import asyncio

    from .app import App
    from .responses import Response
    from .routing import Route
    from .site import Site
else:
    asyncio = late("asyncio")

Methods = dict[str, "Route"]
View = Callable[[Scope, Receive, Send], Any]
_new = object.__new__


class Table:
    """The paths that are found at once, with their routes that are usual for one protocol.

    Attributes:
        site: whose they are.
        static: routes by method, by path.
        tails: as `Index.tails`.
    """

    def __init__(self, site: Site | None = None, is_async: bool = False) -> None:
        self.is_async = is_async
        self.site: Any = site
        self.static: dict[str, Methods] = {}
        self.tails: dict[str, tuple[Methods, str, Callable[[str], Any]]] = {}
        if site is not None and not site.is_placed:
            router = site.router
            for path, resource in router.static.items():
                self.static[path] = self._usual(resource.by_method)
            for head, (by_method, name, convert) in router.tails.items():
                self.tails[head] = self._usual(by_method), name, convert

    def _usual(self, by_method: Methods) -> Methods:
        return {
            method: route
            for method, route in by_method.items()
            if route.is_async == self.is_async and (self.is_async or not route.stream)
        }


class Application:
    """An app on no framework, or inside of one: ASGI 3 when called, WSGI by its method `wsgi`.

    An object, as servers tell by an `async def __call__` of which version an ASGI application is; a
    bound method would be taken for ASGI 2.

    Args:
        app: the app.
        site: the app compiled; without one it is `app.site()`, made at the first request.
    """

    _site: Site | None

    def __init__(self, app: App, site: Site | None = None) -> None:
        self.app = app
        self._lifecycle = app.lifecycle
        self.forget()
        self._site = site

    def forget(self) -> None:
        """The app has changed: it is compiled anew at the next request."""
        self._site = None
        self._sync, self._async = Table(), Table()
        self._is_ready = False

    @property
    def site(self) -> Site:
        """The app compiled."""
        if self._site is None:
            self._site = self.app.site()
        return self._site

    def _prepare(self) -> Site:
        if not self._is_ready:
            self._sync, self._async = Table(self.site, False), Table(self.site, True)
            self._is_ready = True
        return self.site

    # One function each, as its calls are what it saves.

    def wsgi(  # noqa: C901
        self,
        environ: Environ,
        start_response: Callable[..., Any],
        view: Callable[[Environ], Any] | None = None,
    ) -> Iterable[bytes]:
        """The WSGI application (PEP 3333).

        Args:
            view: makes, of the environ, what a framework has as its own request; it is made when
                it is first asked for, as for most it is not.
        """
        find, table = environ.get, self._sync
        path = find("PATH_INFO", "")
        target = find("REQUEST_URI") or find("RAW_URI") or path
        if (
            not self._lifecycle.started
            or (target != path and target.partition("?")[0] != path)
            or not path.isascii()
            or find("SCRIPT_NAME")
        ):
            return self._special(environ, start_response, view)
        if path in table.static:
            methods, params = table.static[path], {}
        else:
            head, _, tail = path.rpartition("/")
            if head not in table.tails:
                return self._special(environ, start_response, view)
            methods, name, convert = table.tails[head]
            if convert is small_int and tail.isdecimal() and len(tail) < 20:
                params = {name: int(tail)}
            else:
                params = {name: convert(tail)}
                if params[name] is None:
                    return self._special(environ, start_response, view)
        method = environ["REQUEST_METHOD"]
        route = methods.get(method)
        if route is None:
            return self._special(environ, start_response, view)
        site = table.site
        request = _new(EnvironRequest)
        request._environ, request.method, request.site = environ, method, site
        request.path, request.path_params, request.route = path, params, route
        if view is not None:
            request._view = view
        try:
            if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
                request._read_body(route.max_body_size)
            elif find("wsgi.input_terminated"):
                request._read_ended(route.max_body_size)
        except HTTPError as error:
            return _sent(site.handle(request, site._missed(request, error)), start_response)
        context = copy_context()
        response: Any = context.run(_call, request, route, params)
        if response.__class__ is str:
            if method != "HEAD" and not request.has_duties:
                # What the lines below come to, for what handlers return most.
                body = response.encode()
                start_response("200 OK", [TEXT_FIELD, content_length(len(body))])
                return [body] if body else []
            response = complete(response, request)
        if response.source is not None or request.has_duties:
            return _sent(site._special(request, route, response, context), start_response)
        start_response(response.status_line, response.header_list)
        return [response.body] if response.body else []

    def _special(
        self,
        environ: Environ,
        start_response: Callable[..., Any],
        view: Callable[[Environ], Any] | None,
    ) -> Iterable[bytes]:
        request = EnvironRequest(environ)
        request._view = view
        return _sent(self._prepare().handle(request), start_response)

    async def __call__(  # noqa: C901
        self, scope: Scope, receive: Receive, send: Send, view: View | None = None
    ) -> None:
        """The ASGI application.

        Args:
            view: makes, of scope, receive and send, what a framework has as its own request; it is
                made when it is first asked for, as for most it is not.
        """
        if scope["type"] != "http" or not self._lifecycle.started:
            return await self._aspecial(scope, receive, send, view)
        path, table = scope["path"], self._async
        if "\ufffd" in path or scope.get("root_path") or scope.get("http_version", "1")[0] != "1":
            return await self._aspecial(scope, receive, send, view)
        if path in table.static:
            methods, params = table.static[path], {}
        else:
            head, _, tail = path.rpartition("/")
            if head not in table.tails:
                return await self._aspecial(scope, receive, send, view)
            methods, name, convert = table.tails[head]
            params = {name: convert(tail)}
            if params[name] is None:
                return await self._aspecial(scope, receive, send, view)
        method = scope["method"]
        route = methods.get(method)
        if route is None:
            return await self._aspecial(scope, receive, send, view)
        site = table.site
        request = _new(ScopeRequest)
        request._scope, request._receive = scope, receive
        request._loop = asyncio.get_running_loop()
        request.method, request.site = method, site
        request.path, request.path_params, request.route = path, params, route
        if view is not None:
            request._view, request._send = view, send
        try:
            # Most have none; without a call for it, as `_has_body` would be.
            for key, value in scope["headers"]:
                if key in FRAMING:
                    request._declared = value
                    if (loaded := await site._aload(request, route)) is not route:
                        response = await site.ahandle(request, loaded)
                        return await asgi.send_response(response, send)
                    break
            else:
                request._is_read = True
                if route.stream:
                    await site._aload(request, route)
            token = CURRENT.set(request)
            try:
                value = await route.call(request, **params)
                if value.__class__ is str and method != "HEAD" and not request.has_duties:
                    # What the lines below come to, for what handlers return most.
                    body = value.encode()
                    fields = [TEXT_BYTES, (b"content-length", b"%d" % len(body))]
                    response = None
                else:
                    response = complete(value, request)
            except Exception as error:
                response = site._failed(request, error)
            if response is None:
                CURRENT.reset(token)  # as in `Site.ahandle`
                await send({"type": "http.response.start", "status": 200, "headers": fields})
                await send({"type": "http.response.body", "body": body})
            elif response.source is None and not request.has_duties:
                CURRENT.reset(token)
                await send(start_message(response))
                await send({"type": "http.response.body", "body": response.body})
            else:
                response.delivery = AsyncDelivery(request, response, copy_context(), token)
                await asgi.send_response(response, send)
        except ClientDisconnect:
            pass
        finally:
            if request._source is not None:
                request._source.close()

    async def _aspecial(
        self, scope: Scope, receive: Receive, send: Send, view: View | None
    ) -> None:
        site = self._prepare()
        if scope["type"] == "http":
            request = ScopeRequest(scope, receive)
            request._view, request._send = view, send
            await asgi.answer_request(site, request, send)
        elif scope["type"] == "websocket":
            await site.websocket(scope, receive, send)
        else:
            await asgi.lifespan(site.app.lifecycle, receive, send)


def _call(request: Request, route: Route, params: dict[str, Any]) -> Response | str:
    """As `Site._call`, but for text, which is left as it is."""
    CURRENT.set(request)
    try:
        value = route.call(request, **params)
        return value if value.__class__ is str else complete(value, request)
    except Exception as error:
        return request.site._failed(request, error)


def _sent(response: Response, start_response: Callable[..., Any]) -> Iterable[bytes]:
    delivery = response.delivery
    try:
        start_response(response.status_line, response.header_list)
    except BaseException:
        if delivery is not None:
            delivery.close()  # A server can't: it has no body yet.
        raise
    return response.iterable if delivery is None else delivery
