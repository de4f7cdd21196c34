"""What counts as async, and what is refused when it is registered."""

import functools

import pytest
from asgiref.sync import markcoroutinefunction

import frameworkhub as hub
from frameworkhub.middleware import compile_route, is_async


async def coroutine(request): ...


async def generator(request):
    yield


class Callable:
    async def __call__(self, request): ...


@markcoroutinefunction
def marked(request):
    return coroutine(request)


@pytest.mark.parametrize(
    "function", [coroutine, generator, Callable(), functools.partial(coroutine, None), marked]
)
def test_async_functions_are_told(function):
    assert is_async(function)


def test_one_async_layer_makes_the_whole_async():
    layer = hub.App()
    layer.middleware(generator)
    assert compile_route(layer._layers(), lambda request: None)[1] is True
    assert compile_route((), lambda request: None)[1] is False


@pytest.mark.parametrize("function", [lambda request: None, coroutine])
def test_a_middleware_without_a_yield_is_refused(function):
    with pytest.raises(TypeError, match="one `yield`"):
        hub.App().middleware(function)


def test_a_lifespan_without_a_yield_is_refused():
    with pytest.raises(TypeError, match="one `yield`"):
        hub.App().lifespan(lambda app: None)


def test_a_sync_websocket_handler_is_refused():
    with pytest.raises(TypeError, match="async def"):
        hub.App().websocket("/live")(lambda ws: None)
