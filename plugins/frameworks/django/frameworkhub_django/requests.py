"""Django's requests as the hub's."""

from __future__ import annotations

import asyncio
import io
from string import printable
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

import frameworkhub as hub
from frameworkhub import asgi, wsgi
from frameworkhub.asgi import Scope
from frameworkhub.errors import CapabilityError, ClientDisconnect
from frameworkhub.streams import CHUNK


def to_request(native: Any) -> hub.Request:
    """The hub's request for a `WSGIRequest`. Its body is read from the server, not by Django.

    Django would find none in a chunked request, and has limits of its own.
    """
    known = vars(native)
    environ = known.get("environ")
    if environ is None:
        raise CapabilityError("Django runs by ASGI: say app.attach(..., interface='asgi')")
    root, path = known.get("sent") or sent(environ)
    if path != environ["PATH_INFO"] or root != environ["SCRIPT_NAME"]:
        environ = {**environ, "SCRIPT_NAME": root, "PATH_INFO": path}
    if known.get("_body"):  # A middleware has read it. (Of chunks it reads nothing.)
        body = {"wsgi.input": io.BytesIO(native._body), "CONTENT_LENGTH": str(len(native._body))}
        environ = {**environ, **body}
    request = wsgi.EnvironRequest(environ)
    request.native = native
    return request


def sent(environ: dict[str, Any]) -> tuple[str, str]:
    """SCRIPT_NAME and PATH_INFO as the server gave them: Django has decoded them in its place."""
    root, path = (environ[key].encode().decode("latin-1") for key in ("SCRIPT_NAME", "PATH_INFO"))
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if target and "%" in path:
        raw = unquote_to_bytes(target.partition("?")[0])
        try:
            raw.decode()
        except UnicodeDecodeError:  # which Django has hidden
            return root, raw.decode("latin-1").removeprefix(root)
    return root, path


def to_async_request(native: Any) -> hub.Request:
    """The hub's request for an `ASGIRequest`."""
    if not hasattr(native, "scope"):
        raise CapabilityError("Django runs by WSGI: say app.attach(..., interface='wsgi')")
    request: hub.Request | None = getattr(native, "frameworkhub", None)
    if request is None:
        request = asgi.to_request(native.scope, never)
        read_from(request, io.BytesIO(native._body) if hasattr(native, "_body") else native)
    elif hasattr(native, "_body"):  # A middleware has read it.
        read_from(request, io.BytesIO(native._body))
    request.native = native
    return request


def read_from(request: hub.Request, file: Any) -> None:
    """Lets the body come from a file, where the server has given it away already."""

    async def chunk() -> bytes:
        return file.read(CHUNK)  # type: ignore[no-any-return]

    request.source.chunk = chunk  # type: ignore[attr-defined]


async def never() -> Any:
    """Nothing more is received: Django itself listens for the disconnect, and cancels."""
    await asyncio.Future()


class LateBody(io.RawIOBase):
    """A request's body for Django's own code, read from the client when that asks for it.

    Only from threads, as sync middleware is: on the event loop it would have to be awaited.
    """

    def __init__(self, request: hub.Request) -> None:
        self._request: hub.Request | None = request
        self._loop = asyncio.get_running_loop()
        self._held = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._request = None
        super().close()

    def readinto(self, buffer: Any) -> int:
        self._held = self._held or self._next()
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size

    async def _chunk(self) -> bytes:
        return await self._request.source.chunk()  # type: ignore[union-attr,no-any-return]

    def _next(self) -> bytes:
        if _is_running():
            raise RuntimeError("async middleware can't read the body: make it sync, or the handler")
        future = asyncio.run_coroutine_threadsafe(self._chunk(), self._loop)
        try:
            return future.result()  # type: ignore[no-any-return]
        except ClientDisconnect as error:
            raise OSError(str(error)) from error


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def ascii_scope(scope: Scope) -> Scope:
    """The scope for Django, which fails where a query string is not UTF-8."""
    query = scope["query_string"]
    if query.isascii():
        return scope
    return {**scope, "query_string": quote_from_bytes(query, safe=printable).encode()}
