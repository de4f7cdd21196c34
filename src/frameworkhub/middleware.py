"""Layers around a handler, compiled to one callable: sync if all of it is sync, else async."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .errors import ClientDisconnect, HTTPError, from_exception
from .responses import Response, problem, respond

if TYPE_CHECKING:
    from .requests import Request

logger = logging.getLogger("frameworkhub")

Call = Callable[["Request"], Any]


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it makes a coroutine or an async generator.

    So it does where a decorator has marked it (`asgiref.sync.markcoroutinefunction`).
    """
    # Imported here, since it costs more than the rest of the core together.
    from asgiref.sync import iscoroutinefunction

    for candidate in (function, getattr(function, "__call__", None)):  # noqa: B004
        if iscoroutinefunction(candidate) or inspect.isasyncgenfunction(candidate):
            return True
    return False


class Middleware:
    """A generator function of the request, with one `yield`.

    Raises:
        TypeError: the function is no generator function.
    """

    def __init__(self, function: Callable[[Request], Any]) -> None:
        self.is_async = inspect.isasyncgenfunction(function)
        if not (self.is_async or inspect.isgeneratorfunction(function)):
            raise TypeError(f"middleware {name_of(function)} must be a function with one `yield`")
        self.function = function

    def wrap(self, inner: Call) -> Call:
        function = self.function

        def call(request: Request, /, **_: Any) -> Response:
            steps = function(request)
            try:
                next(steps)
            except StopIteration as stop:
                return respond(stop.value)
            try:
                response = respond(inner(request))
            except Exception as error:
                return _threw(steps, error, function)
            except BaseException:
                steps.close()
                raise
            try:
                steps.send(response)
            except StopIteration as stop:
                return response if stop.value is None else respond(stop.value)
            raise _twice(steps, function)

        return call

    def wrap_async(self, inner: Call) -> Call:
        return self._around_async(inner) if self.is_async else self._around(inner)

    def _around(self, inner: Call) -> Call:
        function = self.function

        async def call(request: Request, /, **_: Any) -> Response:
            steps = function(request)
            try:
                next(steps)
            except StopIteration as stop:
                return respond(stop.value)
            try:
                response = respond(await inner(request))
            except Exception as error:
                return _threw(steps, error, function)
            except BaseException:
                steps.close()
                raise
            try:
                steps.send(response)
            except StopIteration as stop:
                return response if stop.value is None else respond(stop.value)
            raise _twice(steps, function)

        return call

    def _around_async(self, inner: Call) -> Call:
        function = self.function

        async def call(request: Request, /, **_: Any) -> Response:
            steps = function(request)
            early = await _first(steps, function)
            if early is not None:
                return early
            try:
                response = respond(await inner(request))
            except Exception as error:
                return await _athrew(steps, error, function)
            except BaseException:
                await steps.aclose()
                raise
            return await _asent(steps, response, function)

        return call


def name_of(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)


def _twice(steps: Any, function: Any) -> RuntimeError:
    steps.close()
    return _more_than_once(function)


def _more_than_once(function: Any) -> RuntimeError:
    return RuntimeError(f"middleware {name_of(function)} yields more than once")


def _swallowed(function: Any) -> RuntimeError:
    return RuntimeError(f"middleware {name_of(function)} caught an error and returned no response")


_Steps = Generator[Any, Any, Any]


def _threw(steps: _Steps, error: Exception, function: Any) -> Response:
    try:
        steps.throw(error)
    except StopIteration as stop:
        if stop.value is None:
            raise _swallowed(function) from error
        return respond(stop.value)
    raise _twice(steps, function)


_AsyncSteps = AsyncGenerator[Any, Any]


async def _first(steps: _AsyncSteps, function: Any) -> Response | None:
    try:
        value = await anext(steps)
    except StopAsyncIteration:
        name = name_of(function)
        raise RuntimeError(f"async middleware {name} ended before its `yield`") from None
    if value is None:
        return None
    await steps.aclose()
    return respond(value)


async def _asent(steps: _AsyncSteps, response: Response, function: Any) -> Response:
    try:
        value = await steps.asend(response)
    except StopAsyncIteration:
        return response
    return await _replacement(steps, value, function)


async def _athrew(steps: _AsyncSteps, error: Exception, function: Any) -> Response:
    try:
        value = await steps.athrow(error)
    except StopAsyncIteration:
        raise _swallowed(function) from error
    return await _replacement(steps, value, function)


async def _replacement(steps: _AsyncSteps, value: Any, function: Any) -> Response:
    await steps.aclose()
    if value is None:
        raise _more_than_once(function)
    return respond(value)


class Handlers:
    """The exception handlers of one app; the nearest class in an error's MRO decides.

    A handler of Exception does not get HTTPErrors, which are answers already.
    """

    def __init__(self) -> None:
        self.by_class: dict[type[Exception], Callable[..., Any]] = {}

    def __bool__(self) -> bool:
        return bool(self.by_class)

    @property
    def is_async(self) -> bool:
        return any(is_async(handler) for handler in self.by_class.values())

    def find(self, error: Exception) -> Callable[..., Any] | None:
        for kind in type(error).__mro__:
            if kind in self.by_class or kind is HTTPError:
                return self.by_class.get(kind)
        return None

    def wrap(self, inner: Call) -> Call:
        def call(request: Request, /, **_: Any) -> Any:
            try:
                return inner(request)
            except Exception as error:
                if (handler := self.find(error)) is None:
                    raise
                return respond(handler(request, error))

        return call

    def wrap_async(self, inner: Call) -> Call:
        async def call(request: Request, /, **_: Any) -> Any:
            try:
                return await inner(request)
            except Exception as error:
                if (handler := self.find(error)) is None:
                    raise
                if is_async(handler):
                    return respond(await handler(request, error))
                return respond(await request.run_sync(handler, request, error))

        return call


def compile_route(
    layers: Sequence[Middleware | Handlers], handler: Callable[..., Any]
) -> tuple[Callable[..., Any], bool]:
    """`handler` with the `layers` around it, outermost first; called as the handler is.

    It gives what `respond` takes, or raises; the flag tells whether it has to be awaited.
    """
    layers = [layer for layer in layers if layer]
    is_awaited = is_async(handler) or any(layer.is_async for layer in layers)
    call = _awaited(handler) if is_awaited else handler
    for place, layer in enumerate(reversed(layers)):
        inner = call if place else _inner(call)
        call = layer.wrap_async(inner) if is_awaited else layer.wrap(inner)
    return call, is_awaited


def _inner(handler: Callable[..., Any]) -> Call:
    """A handler as a layer calls it."""
    return lambda request: handler(request, **request.path_params)


def _awaited(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler as a function whose result has to be awaited."""
    if inspect.iscoroutinefunction(handler):
        return handler
    if not is_async(handler):
        return lambda request, /, **params: request.run_sync(partial(handler, request, **params))

    async def call(request: Request, /, **params: Any) -> Any:
        result = handler(request, **params)
        return await result if inspect.isawaitable(result) else result

    return call


def error_response(request: Request, error: Exception, debug: bool) -> Response:
    """The answer to an error that nobody handled; unless it is an HTTPError it is logged."""
    if isinstance(error, HTTPError):
        return problem(error)
    if isinstance(error, ClientDisconnect):
        return problem(HTTPError(400, str(error)))  # nobody's error, and nobody to read it
    logger.error("error in %s %s", request.method, request.path, exc_info=error)
    response = problem(from_exception(error, debug))
    response.error = error
    return response
