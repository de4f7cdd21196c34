"""Django's views that answer for a site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial, update_wrapper
from typing import Any

from asgiref.sync import sync_to_async
from django.core.signals import got_request_exception
from django.db import connections
from django.http import HttpResponse
from django.utils.log import log_response

import frameworkhub as hub
from frameworkhub import asgi
from frameworkhub.delivery import END
from frameworkhub.errors import ClientDisconnect
from frameworkhub.site import Site

from .requests import to_async_request, to_request
from .responses import to_response

View = Callable[..., Any]


def view(site: Site, handler: Callable[..., Any] | None = None) -> View:
    """A view that lets the site answer; it shows as `handler`, for debug pages and monitoring."""
    answer: Any = async_view(site) if site.interface == "asgi" else sync_view(site)
    # The app's handlers know nothing of Django's tokens, so a form of theirs has none to send.
    answer.csrf_exempt = True
    answer.should_append_slash = False
    return answer if handler is None else update_wrapper(answer, handler, updated=())


def sync_view(site: Site) -> View:
    def answer(native: Any, *args: Any, **params: Any) -> Any:
        response = site.handle(to_request(native))
        if response.delivery is None:
            reply = to_response(response)
        else:
            reply = to_response(response, response.delivery)
            close = response.delivery.close
            reply._resource_closers.append(close)
            # A middleware may have another response sent in place of this one.
            if "sent" in vars(native):  # our handler's, which sees to it
                native.close_response = close
            else:
                native.close = partial(_both, close, native)
        if response.error is not None:
            report(native, reply, response.error)
        return reply

    return answer


def _both(close: Callable[[], Any], native: Any) -> None:
    vars(native).pop("close", None)  # else a cycle for the garbage collector
    try:
        close()
    finally:
        native.close()


def async_view(site: Site) -> View:
    async def answer(native: Any, *args: Any, **params: Any) -> Any:
        try:
            response = await asgi.ready(await site.ahandle(to_async_request(native)))
        except ClientDisconnect:
            return nobody()
        if response.delivery is None:
            reply = to_response(response)
        elif hasattr(native, "frameworkhub"):
            # Our handler closes it, when nothing can cancel that any more.
            native.frameworkhub_response = response
            reply = to_response(response, chunks(response))
        else:
            reply = to_response(response, closing_chunks(response))
            loop = asyncio.get_running_loop()
            reply._resource_closers.append(partial(_close, response, loop))
        if response.error is not None:
            await sync_to_async(report)(native, reply, response.error)
        return reply

    answer._non_atomic_requests = Everything()  # type: ignore[attr-defined]
    return answer


class Everything(frozenset[str]):
    """All databases: Django has no transactions around async views, and refuses to begin one."""

    def __contains__(self, alias: object) -> bool:
        return True


def _close(response: hub.Response, loop: asyncio.AbstractEventLoop) -> None:
    """For Django's own ASGI handler, which closes responses in a thread."""
    asyncio.run_coroutine_threadsafe(response.aclose(), loop).result()


async def chunks(response: hub.Response) -> AsyncIterator[bytes]:
    while (chunk := await response.delivery.pull()) is not END:
        yield chunk


async def closing_chunks(response: hub.Response) -> AsyncIterator[bytes]:
    """For Django's own ASGI handler, which does not close a response that fails."""
    try:
        async for chunk in chunks(response):
            yield chunk
    finally:
        await response.aclose()


def nobody() -> Any:
    """The response where the client has gone: it won't be sent, and is nothing to be logged."""
    response: Any = HttpResponse(status=400)
    response._has_been_logged = True
    return response


def report(native: Any, reply: Any, error: Exception) -> None:
    """Tells Django of an error that the app has answered: its signal, log and transaction."""
    try:
        raise error  # Receivers look at sys.exc_info().
    except Exception:
        for connection in connections.all(initialized_only=True):
            if connection.in_atomic_block:
                connection.set_rollback(True)
        got_request_exception.send(sender=None, request=native)
        told = (reply.reason_phrase, native.path)
        log_response("%s: %s", *told, response=reply, request=native, exception=error)
