"""Layers around a handler, compiled to one callable: sync if all of it is sync, else async."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
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

    def wrap_async(self, inner: Call) -> Call:
        """For an async one; sync ones are in a `Stack`."""
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


_Steps = Generator[Any, Any, Any]


class Stack:
    """Sync middlewares, one around the other, as one layer; in code of either colour."""

    is_async = False

    def __init__(self) -> None:
        self.functions: list[Callable[[Request], Any]] = []

    def wrap(self, inner: Call) -> Call:
        enter = self.enter

        def call(request: Request, /, **_: Any) -> Response:
            stack: list[_Steps] = []
            error = None
            try:
                response = enter(request, stack) or respond(inner(request))
            except Exception as caught:
                response, error = None, caught
            except BaseException:
                _close(stack)
                raise
            return leave(stack, response, error)

        return call

    def wrap_async(self, inner: Call) -> Call:
        enter = self.enter

        async def call(request: Request, /, **_: Any) -> Response:
            stack: list[_Steps] = []
            error = None
            try:
                response = enter(request, stack) or respond(await inner(request))
            except Exception as caught:
                response, error = None, caught
            except BaseException:
                _close(stack)
                raise
            return leave(stack, response, error)

        return call

    def enter(self, request: Request, stack: list[_Steps]) -> Response | None:
        """Runs each up to its `yield`, onto the stack; the response of one that has none."""
        for function in self.functions:
            steps = function(request)
            try:
                next(steps)
            except StopIteration as stop:
                return respond(stop.value)
            stack.append(steps)
        return None


def leave(stack: list[_Steps], response: Response | None, error: Exception | None) -> Response:
    """Hands response or error outwards through the stack; what comes out of the last of it."""
    while stack:
        steps = stack.pop()
        try:
            response, error = _resume(steps, response, error), None
        except Exception as raised:
            error = raised
        except BaseException:
            _close(stack)
            raise
    if error is not None:
        raise error
    assert response is not None
    return response


def _resume(steps: _Steps, response: Response | None, error: Exception | None) -> Response | None:
    try:
        if error is None:
            steps.send(response)
        else:
            steps.throw(error)
    except StopIteration as stop:
        if stop.value is not None:
            return respond(stop.value)
        if error is None:
            return response
        raise _swallowed(steps) from error
    steps.close()
    raise _more_than_once(steps)


def _close(stack: list[_Steps]) -> None:
    while stack:
        stack.pop().close()


def name_of(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)


def _more_than_once(function: Any) -> RuntimeError:
    return RuntimeError(f"middleware {name_of(function)} yields more than once")


def _swallowed(function: Any) -> RuntimeError:
    return RuntimeError(f"middleware {name_of(function)} caught an error and returned no response")


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
    merged = _merged(layers)
    is_awaited = is_async(handler) or any(layer.is_async for layer in merged)
    call = _awaited(handler) if is_awaited else handler
    for place, layer in enumerate(reversed(merged)):
        inner = call if place else _inner(call)
        call = layer.wrap_async(inner) if is_awaited else layer.wrap(inner)
    return call, is_awaited


def _merged(layers: Iterable[Middleware | Handlers]) -> list[Any]:
    """The layers that have something to do; sync middlewares that follow each other are one."""
    found: list[Any] = []
    for layer in layers:
        if isinstance(layer, Middleware) and not layer.is_async:
            if not (found and isinstance(found[-1], Stack)):
                found.append(Stack())
            found[-1].functions.append(layer.function)
        elif layer:
            found.append(layer)
    return found


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

    async def stream(request: Request, /, **params: Any) -> Any:
        return handler(request, **params)

    return stream if inspect.isasyncgenfunction(handler) else call


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
