"""The app: routes, groups, middlewares, error handlers and lifespans, written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from . import lifecycle
from .concurrency import Pool
from .lifecycle import Lifecycle
from .middleware import Handlers, Middleware, name_of
from .requests import CURRENT
from .routing import CONVERTERS, Converter, Pattern, Route
from .site import Site
from .usual import Application

if TYPE_CHECKING:
    from .client import Client

F = TypeVar("F", bound=Callable[..., Any])
Layers = tuple[Middleware | Handlers, ...]

DEFAULT: Any = object()


class _Definition(NamedTuple):
    """A route as it was registered."""

    path: str
    methods: tuple[str, ...]
    handler: Callable[..., Any]
    name: str
    middleware: Layers
    stream: bool
    max_body_size: Any
    websocket: bool = False
    optional: bool = False


class _Group(NamedTuple):
    """Another app's routes under a prefix."""

    app: App
    prefix: str
    middleware: Layers
    name: str


class App:
    """A web app that runs on any framework. See docs/reference.md for the arguments.

    Raises:
        ValueError: an argument is out of range, or a trusted proxy is neither address nor network.
    """

    def __init__(
        self,
        *,
        name: str = "app",
        debug: bool = False,
        threads: int = 40,
        max_body_size: int | None = 16 * 2**20,
        max_form_parts: int | None = 1000,
        max_form_memory: int | None = 512 * 2**10,
        trusted_proxies: Iterable[str] = (),
    ) -> None:
        self.name = name
        self.debug = debug
        self.pool = Pool(threads)
        self.max_body_size = max_body_size
        self.max_form_parts = max_form_parts
        self.max_form_memory = max_form_memory
        self.trusted_proxies = _networks(trusted_proxies)
        self.state = SimpleNamespace()
        self.lifecycle = Lifecycle(self)
        self._parts: list[_Definition | _Group] = []
        self._middlewares: list[Middleware] = []
        self._handlers = Handlers()
        self._lifespans: list[Callable[[App], Any]] = []
        self._converters: dict[str, Converter] = dict(CONVERTERS)
        self._parents: list[App] = []
        self.asgi = Application(self)
        self.wsgi = self.asgi.wsgi

    # What the user registers.

    def route(
        self,
        path: str,
        methods: Iterable[str] = ("GET",),
        *,
        name: str | None = None,
        middleware: Iterable[Callable[..., Any]] = (),
        stream: bool = False,
        max_body_size: int | None = DEFAULT,
    ) -> Callable[[F], F]:
        """Registers the decorated handler for `path`.

        Raises:
            ValueError: the path is malformed, or there is no method.
        """
        Pattern(path, self._converters)
        if isinstance(methods, str) or not (methods := tuple(methods)):
            raise ValueError(f"route {path}: methods must be a list of names, not {methods!r}")
        layers = tuple(Middleware(function) for function in middleware)

        def register(handler: F) -> F:
            self._add(
                _Definition(
                    path,
                    methods,
                    handler,
                    name or _name(handler),
                    layers,
                    stream,
                    max_body_size,
                )
            )
            return handler

        return register

    def get(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, ("GET",), **options)

    def post(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, ("POST",), **options)

    def put(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, ("PUT",), **options)

    def patch(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, ("PATCH",), **options)

    def delete(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, ("DELETE",), **options)

    def head(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, ("HEAD",), **options)

    def options(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, ("OPTIONS",), **options)

    def websocket(
        self, path: str, *, name: str | None = None, optional: bool = False
    ) -> Callable[[F], F]:
        """Registers the decorated `async def` handler for WebSockets on `path`.

        Args:
            optional: a host that carries no WebSockets leaves it out, instead of refusing the app.

        Raises:
            TypeError: the handler is no coroutine function.
            ValueError: the path is malformed.
        """
        Pattern(path, self._converters)

        def register(handler: F) -> F:
            if not inspect.iscoroutinefunction(handler):
                raise TypeError(f"WebSocket handler {name_of(handler)} must be `async def`")
            definition = _Definition(
                path, (), handler, name or _name(handler), (), False, None, True, optional
            )
            self._add(definition)
            return handler

        return register

    def middleware(self, function: F) -> F:
        """Registers a generator function of the request around everything in this app."""
        self._middlewares.append(Middleware(function))
        self._changed()
        return function

    def exception_handler(self, kind: type[Exception]) -> Callable[[F], F]:
        """Registers `handler(request, error)` for errors of a class, sync or async."""

        def register(handler: F) -> F:
            self._handlers.by_class[kind] = handler
            self._changed()
            return handler

        return register

    def lifespan(self, function: F) -> F:
        """Registers a generator function of the app: start, `yield`, stop."""
        lifecycle.check(function)
        self._lifespans.append(function)
        return function

    def converter(self, kind: str, converter: Converter) -> None:
        """Adds a converter for `{name:kind}` in the paths registered from now on."""
        self._converters[kind] = converter

    def include(
        self,
        other: App,
        prefix: str = "",
        *,
        middleware: Iterable[Callable[..., Any]] = (),
        name: str = "",
    ) -> None:
        """Adds another app's routes under a prefix, inside its own middlewares and error handlers.

        Raises:
            ValueError: a malformed prefix, or an app within itself.
        """
        check_prefix(prefix)
        if other is self or self in other._descendants():
            raise ValueError("an app can't include itself")
        layers = tuple(Middleware(function) for function in middleware)
        other._parents.append(self)
        self._add(_Group(other, prefix, layers, name))

    def _add(self, part: _Definition | _Group) -> None:
        self._parts.append(part)
        self._changed()

    def _changed(self) -> None:
        self.asgi.forget()
        for parent in self._parents:
            parent._changed()

    # What is made of it.

    def _groups(self) -> Iterator[_Group]:
        return (part for part in self._parts if isinstance(part, _Group))

    def _descendants(self) -> list[App]:
        return [d for group in self._groups() for d in (group.app, *group.app._descendants())]

    def lifespans(self) -> list[Callable[[App], Any]]:
        """Its own lifespans and those of the apps it includes, in the order they start."""
        inner = [function for group in self._groups() for function in group.app.lifespans()]
        return [*self._lifespans, *inner]

    def _layers(self) -> Layers:
        return (self._handlers, *self._middlewares)

    def routes(self) -> list[Route]:
        """Every route, those of included apps among them, in order of registration."""
        return list(self._collect("", (), "", self))

    def _collect(self, prefix: str, outer: Layers, names: str, root: App) -> Iterator[Route]:
        layers = (*outer, *self._layers())
        for part in self._parts:
            if isinstance(part, _Group):
                inner = f"{names}{part.name}:" if part.name else names
                wrapped = (*layers, *part.middleware)
                yield from part.app._collect(prefix + part.prefix, wrapped, inner, root)
            else:
                pattern = Pattern(prefix + part.path, self._converters)
                yield _made(part, pattern, layers, names, root)

    def site(
        self,
        *,
        prefix: str = "",
        style: str = "native",
        interface: str = "",
        websocket: bool = True,
    ) -> Site:
        """The app compiled for a host, which may carry no WebSockets.

        Raises:
            ValueError: a malformed prefix, or two routes that contradict each other.
        """
        check_prefix(prefix)
        routes = [route for route in self.routes() if websocket or not route.websocket]
        return Site(self, routes, self._layers(), prefix=prefix, style=style, interface=interface)

    def bare(self) -> Site:
        """The app compiled for no framework."""
        return self.asgi.site

    def url_for(self, name: str, /, **params: Any) -> str:
        """The path of a route, with the prefix of the request that is being answered, if any.

        Raises:
            LookupError: there is no route of that name.
            ValueError: a parameter is missing, unknown, or does not fit.
        """
        current = CURRENT.get(None)
        if current is not None and current.app is self:
            return current.url_for(name, **params)
        return self.bare().url_for(name, **params)

    def on(self, name: str, *, style: str = "native", **options: Any) -> Any:
        """A new native application of the framework `name` that carries this app.

        Raises:
            UnknownAdapter, BrokenAdapter: the adapter isn't there, or fails.
            CapabilityError: the framework can't carry one of the routes.
        """
        from .frameworks import build

        return build(self, name, style, options)

    def attach(
        self,
        native: Any,
        prefix: str = "",
        *,
        name: str | None = None,
        style: str = "native",
        **options: Any,
    ) -> Any:
        """Puts this app into the user's own application, under a prefix; returns what to serve.

        Args:
            native: an application of an installed framework, which is recognised.
            name: the adapter, where it is not to be recognised.

        Raises:
            UnknownAdapter: no adapter recognises `native`.
            CapabilityError: the framework can't carry one of the routes.
        """
        from .frameworks import attach

        return attach(self, native, prefix, name, style, options)

    def client(self, name: str | None = None, **options: Any) -> Client:
        """A test client: an `httpx.Client` for this app on a framework, or on none.

        Use it as a context manager: the app starts and stops with it.
        """
        from .client import client

        return client(self, name, options)


def _made(part: _Definition, pattern: Pattern, layers: Layers, names: str, root: App) -> Route:
    """The route of a definition, in the app that `root` is."""
    limit = part.max_body_size
    if limit is DEFAULT:
        limit = None if part.stream else root.max_body_size
    return Route(
        pattern,
        part.methods,
        part.handler,
        name=names + part.name,
        layers=(*layers, *part.middleware),
        stream=part.stream,
        max_body_size=limit,
        websocket=part.websocket,
        optional=part.optional,
    )


def _name(handler: Any) -> str:
    return getattr(handler, "__name__", None) or type(handler).__name__


def check_prefix(prefix: str) -> None:
    """Raises ValueError unless it is "" or "/x", without a slash at the end or a parameter."""
    fits = not prefix or (prefix.startswith("/") and not prefix.endswith("/"))
    if not fits or any(c in prefix for c in "{}?#%"):
        raise ValueError(f"prefix {prefix!r} must be '' or like '/x'")


def _networks(trusted: Iterable[str]) -> tuple[Any, ...]:
    if not trusted:
        return ()
    from .proxies import networks

    return networks(trusted)
