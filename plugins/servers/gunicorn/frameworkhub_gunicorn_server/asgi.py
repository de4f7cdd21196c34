"""What gunicorn's ASGI leaves to be repaired."""

from __future__ import annotations

import socket
import struct
from typing import Any

from frameworkhub.asgi import ASGIApp, Message, Receive, Scope, Send
from frameworkhub.errors import REASONS
from gunicorn.asgi import protocol


def repaired(app: ASGIApp) -> ASGIApp:
    """`app` with standard reason phrases, the reasons of WebSocket closes, and failures that show."""
    # Gunicorn knows the phrases of some statuses only, and some by names that are out of date.
    protocol._REASON_PHRASES.update(REASONS)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await app(scope, _with_reason(receive), send)
        elif scope["type"] == "http" and scope["http_version"] == "1.0":
            await _serve_old(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return application


def _with_reason(receive: Any) -> Receive:
    websocket = receive.__self__

    async def received() -> Message:
        message: Message = await receive()
        if message["type"] == "websocket.disconnect":
            message["reason"] = websocket.close_reason
        return message

    return received


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
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
