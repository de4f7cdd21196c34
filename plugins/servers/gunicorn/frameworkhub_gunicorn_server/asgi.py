"""What gunicorn's ASGI leaves to be repaired."""

from __future__ import annotations

import logging
import sys
from typing import Any

from gunicorn.asgi import protocol
from gunicorn.workers import gasgi

from frameworkhub.asgi import ASGIApp, Message, Receive, Scope, Send
from frameworkhub.errors import REASONS
from frameworkhub.hosts import reset

from .websockets import Handshake

logger = logging.getLogger("gunicorn.error")

SERVICE_RESTART = 1012
# `writelines`, used for large chunks, knows no backpressure in these Pythons (CVE-2024-12254).
NO_BACKPRESSURE = ((3, 12), (3, 12, 9)), ((3, 13), (3, 13, 2))


class Protocol(protocol.ASGIProtocol):  # type: ignore[misc]
    """A connection. When the client goes, what waits for it ends, and what works goes on."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.worker.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.worker.connections.discard(self)
        if self._request_ready is not None:
            self._request_ready.set()
        if self._flow_control is not None:
            self._flow_control.resume_writing()

    def _cancel_task_if_pending(self) -> None:
        """Gunicorn's grace period is over; the app notices for itself that the client went."""

    def retire(self) -> None:
        """The server stops: nothing is to be waited for but a request in flight."""
        if self._websocket is not None:
            self.worker.loop.create_task(self._websocket._send_close(SERVICE_RESTART))
        elif self._awaiting_request and not self._finishing_calls:
            self._keepalive_timeout()


def repaired(app: ASGIApp) -> ASGIApp:
    """`app` with standard reason phrases, reasons of WebSocket closes, and failures that show."""
    # Gunicorn knows the phrases of some statuses only, and some by names that are out of date.
    protocol._REASON_PHRASES.update(REASONS)
    gasgi.ASGIProtocol = Protocol
    if any(first <= sys.version_info < repaired for first, repaired in NO_BACKPRESSURE):
        protocol._NO_COPY_BODY_SIZE = sys.maxsize

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            handshake = Handshake(receive)
            scope["extensions"] = {"websocket.http.response": {}}
            await app(scope, handshake.receive, handshake.send)
        elif scope["type"] == "http" and scope["http_version"] == "1.0":
            await _serve_old(app, scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return application


async def _live(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await app(scope, receive, send)
    except Exception:
        logger.exception("error in the application's start or stop")  # Gunicorn would swallow it.
        raise


async def _serve_old(app: ASGIApp, scope: Scope, receive: Any, send: Send) -> None:
    """For an HTTP/1.0 client the end of the connection ends a body of unknown length.

    So the connection is not kept, whatever the client asks for, and a failure resets it, as its
    end would look like a good one (RFC 9112, section 6.3).
    """
    body = receive.__self__
    open_ended = False

    async def framed(message: Message) -> None:
        nonlocal open_ended
        if message["type"] == "http.response.start":
            open_ended = all(name != b"content-length" for name, _ in message["headers"])
            body.request.must_close |= open_ended
        await send(message)

    try:
        await app(scope, receive, framed)
    except BaseException:
        if open_ended:
            _reset(body.protocol.transport)
        raise


def _reset(transport: Any) -> None:
    reset(transport.get_extra_info("socket"))
    transport.abort()
