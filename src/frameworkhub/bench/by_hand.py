"""Callables as one writes them by hand, without a framework: the yardstick of `bench --overhead`.

Each is right about method, path and parameter, and sends what a response needs; nothing more.
"""

from __future__ import annotations

from typing import Any

from ..check.requests import Request

REQUEST = Request("GET", "/items/42")


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    """A WSGI application with one route."""
    status, allow = "200 OK", None
    path = environ["PATH_INFO"]
    body = b"Not Found"
    if not path.startswith("/items/"):
        status = "404 Not Found"
    elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        status, body, allow = "405 Method Not Allowed", b"Method Not Allowed", "GET, HEAD"
    else:
        try:
            body = f"item {int(path[7:])}".encode()
        except ValueError:
            status = "404 Not Found"
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
    ]
    if allow:
        headers.append(("Allow", allow))
    start_response(status, headers)
    return [body]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application with one route."""
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    status, allow = 200, None
    path = scope["path"]
    body = b"Not Found"
    if not path.startswith("/items/"):
        status = 404
    elif scope["method"] not in ("GET", "HEAD"):
        status, body, allow = 405, b"Method Not Allowed", b"GET, HEAD"
    else:
        try:
            body = f"item {int(path[7:])}".encode()
        except ValueError:
            status = 404
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    if allow:
        headers.append((b"allow", allow))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
