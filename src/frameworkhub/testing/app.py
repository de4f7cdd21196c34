"""The conformance app: what every adapter carries while the suite questions it.

Each handler stands twice: under `/sync/...` as it is written, and under `/async/...` as its async
twin.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import closing
from typing import Any, Literal

import frameworkhub as hub

from . import handlers

Handler = Callable[..., Any]
Colour = Literal["sync", "async"]
COLOURS: tuple[Colour, Colour] = ("sync", "async")


class Both:
    """Registers on `app` in both colours, so that a test only changes the first part of the path.

    Attributes:
        app: the hub app.
        websocket: the app may have WebSocket routes.
        prefix: what follows the colour in every path.
    """

    def __init__(
        self,
        app: hub.App,
        websocket: bool,
        *,
        colours: Iterable[Colour] = COLOURS,
        topic: str = "",
    ) -> None:
        self.app = app
        self.websocket = websocket
        self.colours = tuple(colours)
        self.topic = topic

    def each(self, colour: Colour) -> Both:
        """The same for one colour only, for handlers that have to be written twice."""
        return Both(self.app, self.websocket, colours=[colour], topic=self.topic)

    def route(
        self, path: str, methods: Iterable[str] = ("GET",), *, name: str = "", **options: Any
    ) -> Callable[[Handler], Handler]:
        """As `App.route`, on `/sync{path}` and `/async{path}`; names are `sync_{topic}_{name}`."""

        def register(handler: Handler) -> Handler:
            for colour in self.colours:
                full_name = f"{colour}_{self.topic}_{name or handler.__name__}"
                decorate = self.app.route(f"/{colour}{path}", methods, name=full_name, **options)
                decorate(painted(handler, colour))
            return handler

        return register

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route(path, ("GET",), **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route(path, ("POST",), **options)

    def group(self, path: str, build: Callable[[hub.App, Colour], None], **options: Any) -> None:
        """Includes, under `/{colour}{path}`, an App that `build(app, colour)` has filled."""
        for colour in self.colours:
            group = hub.App(name=f"{colour}_{self.topic}")
            build(group, colour)
            names = {"name": f"{colour}_{path.strip('/')}", **options}
            self.app.include(group, prefix=f"/{colour}{path}", **names)


def painted(handler: Handler, colour: Colour) -> Handler:
    """The handler in that colour; one that is async already stays what it is."""
    is_async = inspect.iscoroutinefunction(handler) or inspect.isasyncgenfunction(handler)
    if colour == "sync" or is_async:
        return handler
    return _async_generator(handler) if inspect.isgeneratorfunction(handler) else _async(handler)


def _async(handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def twin(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return handler(*args, **kwargs)

    return twin


def _async_generator(handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def twin(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        with closing(handler(*args, **kwargs)) as items:
            for item in items:
                await asyncio.sleep(0)
                yield item

    return twin


def make_app(websocket: bool) -> hub.App:
    """The app with the handlers of every module in `handlers`, filled in by its `add(both)`."""
    result = hub.App(name="conformance")
    for info in sorted(pkgutil.iter_modules(handlers.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{handlers.__name__}.{info.name}")
        module.add(Both(result, websocket, topic=info.name))
    return result


def __getattr__(name: str) -> hub.App:
    """`app`, and `websocket_app` with the WebSocket routes: made when they are asked for."""
    if name not in ("app", "websocket_app"):
        raise AttributeError(name)
    result = globals()[name] = make_app(name == "websocket_app")
    return result
