"""Between Twisted's reactor and the app's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import Any

from twisted.python.threadable import isInIOThread

from frameworkhub.concurrency import LOOP
from frameworkhub.hosts import http_scope
from frameworkhub.lazy import late

# To import a reactor is to install one: whoever runs it is to choose it first.
_internet = late("twisted.internet")


@cache
def own_loop() -> asyncio.AbstractEventLoop | None:
    """The reactor's own event loop, if it has one."""
    return getattr(_internet.reactor, "_asyncioEventloop", None)


def event_loop() -> asyncio.AbstractEventLoop:
    """The reactor's own event loop, or that of the process where the reactor has none."""
    return own_loop() or LOOP.loop()


async def in_reactor(function: Callable[..., Any], *args: Any) -> Any:
    """Calls `function` in the reactor's thread, and waits until it has been called."""
    if isInIOThread():
        return function(*args)
    future: Future[Any] = Future()

    def call() -> None:
        try:
            future.set_result(function(*args))
        except BaseException as error:
            future.set_exception(error)

    _internet.reactor.callFromThread(call)
    return await asyncio.wrap_future(future)


def send_now(request: Any) -> None:
    """Sends what was written to a request, in the reactor, which would do it in its next turn.

    What the socket doesn't take is left to that, as is an error.
    """
    transport = request.transport
    if not request._disconnected and not transport.disconnecting:
        transport.doWrite()


async def send_encrypted(request: Any) -> None:
    """As `send_now` over TLS, which collects what is written in a turn before it encrypts it."""
    turned = asyncio.Event()
    _internet.reactor.callLater(0, turned.set)
    await turned.wait()
    send_now(request)


def scope(request: Any) -> Any:
    """A Twisted request in the terms of ASGI."""
    client, server = request.getClientAddress(), request.getHost()
    named = request.requestHeaders.getAllRawHeaders()
    return http_scope(
        request.method.decode("latin-1"),
        request.uri,
        [(name, value) for name, values in named for value in values],
        client=(client.host, client.port) if hasattr(client, "port") else None,
        server=(server.host, server.port) if hasattr(server, "port") else None,
        scheme="https" if request.isSecure() else "http",
        http_version=request.clientproto.decode("ascii").partition("/")[2],
    )
