"""The application as uvicorn runs it."""

from __future__ import annotations

import logging
from typing import Any

from frameworkhub.hosts import reset

logger = logging.getLogger("uvicorn.error")


class Served:
    """An application, with what uvicorn's HTTP leaves to be repaired.

    Attributes:
        in_worker: nobody sees `failure`, so it is logged.
        failure: what its start or stop raised.
    """

    def __init__(self, app: Any, in_worker: bool = False) -> None:
        self.app = app
        self.in_worker = in_worker
        self.failure: BaseException | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if scope["path"][:1] != "/":
            _to_origin_form(scope)
        if scope["type"] == "websocket":
            await self.app(scope, _telling_why(receive), send)
        elif scope["http_version"] == "1.0":
            await _serve_old(self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            self.failure = error
            if self.in_worker:
                logger.exception("the start or the stop of the app failed")
            raise


def _to_origin_form(scope: Any) -> None:
    """Takes the authority off a target like `http://host/path` (RFC 9112, section 3.2.2)."""
    if "://" in scope["path"]:
        scope["path"] = "/" + "/".join(scope["path"].split("/", 3)[3:])
        scope["raw_path"] = b"/" + b"/".join(scope["raw_path"].split(b"/", 3)[3:])


def _telling_why(receive: Any) -> Any:
    """A client that vanishes has code 1006, not 1005, which is for a close without a code.

    RFC 6455, section 7.1.5; uvicorn has a reason, if only an empty one, where there was a close.
    """

    async def received() -> Any:
        message = await receive()
        if message.get("code") == 1005 and "reason" not in message:
            message["code"] = 1006
        return message

    return received


async def _serve_old(app: Any, scope: Any, receive: Any, send: Any) -> None:
    """For an HTTP/1.0 client, the end of the connection ends a body of unknown length.

    So it gets no chunked framing, which uvicorn's httptools would use, and a stream that fails
    resets the connection, as its end would look like a good one (RFC 9112, section 6.3).
    """
    cycle = send.__self__
    open_ended = False

    async def framed(message: Any) -> None:
        nonlocal open_ended
        if message["type"] == "http.response.start":
            open_ended = all(name != b"content-length" for name, _ in message["headers"])
        if open_ended:
            cycle.chunked_encoding = False
            cycle.expected_content_length = len(message.get("body", b""))
        await send(message)

    try:
        await app(scope, receive, framed)
    except BaseException:
        if open_ended:
            _reset(cycle.transport)
        raise


def _reset(transport: Any) -> None:
    reset(transport.get_extra_info("socket"))
    transport.abort()
