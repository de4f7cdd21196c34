"""Django's ASGI application, with URL patterns of its own."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from io import BufferedReader
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.urls import set_script_prefix
from django.utils.log import log_response

import frameworkhub as hub
from frameworkhub import asgi
from frameworkhub.asgi import ASGIApp, Guard, Message, Receive, Scope, Send
from frameworkhub.errors import ClientDisconnect, HTTPError
from frameworkhub.site import Site

from .handlers import OwnUrls
from .requests import LateBody, ascii_scope

START, BODY = "http.response.start", "http.response.body"


class AsyncHandler(OwnUrls, ASGIHandler):  # type: ignore[misc]
    """`app.on("django", interface="asgi")`; carries lifespan and WebSockets too.

    Args:
        sites: whose lifespans it runs, and whose requests it answers.
        native: gets the requests that are for none of them.
    """

    def __init__(self, urlconf: Any, sites: Iterable[Site], native: ASGIApp | None = None) -> None:
        self.urlconf = urlconf
        self.sites = list(sites)
        self.native = native
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await asgi.lifespan(self, receive, send)
        site = self._owner(scope, receive)
        if scope["type"] == "websocket":
            await (site or self.sites[0]).websocket(scope, receive, send)
        elif site is None:
            assert self.native is not None
            await self.native(scope, receive, send)
        elif site.style == "beside":
            await site.asgi(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def _owner(self, scope: Scope, receive: Receive) -> Site | None:
        if self.native is None and len(self.sites) == 1:
            return self.sites[0]
        try:
            path = asgi.locate(scope)[1]
        except HTTPError:
            path = scope["path"]
        other = self.sites[0] if self.native is None else None
        return next((site for site in self.sites if site.owns(path)), other)

    async def astartup(self) -> None:
        try:
            for site in self.sites:
                await site.app.lifecycle.astartup()
        except BaseException:
            await self.ashutdown()
            raise

    async def ashutdown(self) -> None:
        for site in reversed(self.sites):
            await site.app.lifecycle.ashutdown()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Django's own reads the whole body first; this one leaves it to who wants it."""
        request = asgi.to_request(scope, receive)
        set_script_prefix(get_script_prefix(scope))
        await signals.request_started.asend(sender=type(self), scope=scope)
        body = BufferedReader(LateBody(request))
        native = self.request_class(ascii_scope(scope), body)
        native.frameworkhub = request
        try:
            await self._answer(native, request, send)
        except ClientDisconnect:
            pass
        finally:
            request.source.close()
            del native.frameworkhub  # The request has Django's: a cycle for the collector.
            body.close()

    async def get_response_async(self, native: Any) -> Any:
        """As Django does, but for the log, which is written when all is sent."""
        reply = await self._middleware_chain(native)
        reply._resource_closers.append(native.close)
        return reply

    async def _answer(self, native: Any, request: hub.Request, send: Send) -> None:
        reply = None
        try:
            reply = await self.run_get_response(native)
            if reply.streaming:
                async with Guard(request.source):
                    await self.send_response(reply, send)
            else:
                await self.send_response(reply, send)
        finally:
            await self._finish(native, reply)

    async def _finish(self, native: Any, reply: Any) -> None:
        if response := vars(native).pop("frameworkhub_response", None):
            await response.aclose()
        if reply is not None:
            await sync_to_async(_close)(native, reply)
        else:
            await signals.request_finished.asend(sender=type(self))

    async def send_response(self, reply: Any, send: Send) -> None:
        """As Django does, but with names in lower case, as ASGI wants them."""
        await _send(send, {"type": START, "status": reply.status_code, "headers": fields_of(reply)})
        if not reply.streaming:
            return await _send(send, {"type": BODY, "body": reply.content})
        async with aclosing(aiter(reply)) as chunks:
            async for chunk in chunks:
                await _send(send, {"type": BODY, "body": chunk, "more_body": True})
        await _send(send, {"type": BODY})


async def _send(send: Send, message: Message) -> None:
    try:
        await send(message)
    except OSError as error:
        raise ClientDisconnect("the client went before the end of its response") from error


def fields_of(reply: Any) -> list[tuple[bytes, bytes]]:
    fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.items()]
    cookies = [cookie.output(header="").strip().encode() for cookie in reply.cookies.values()]
    return [*fields, *[(b"set-cookie", cookie) for cookie in cookies]]


def _close(native: Any, reply: Any) -> None:
    if reply.status_code >= 400:
        told = (reply.reason_phrase, native.path)
        log_response("%s: %s", *told, response=reply, request=native)
    reply.close()
