"""A request of Tornado, and its method."""

from __future__ import annotations

from typing import Any

from frameworkhub import asgi, hosts


def scope_of(request: Any) -> asgi.Scope:
    """The ASGI scope of a tornado request."""
    connection = request.connection
    own = connection.stream and connection.stream.socket and connection.stream.socket.getsockname()
    peer = connection.context.address
    return hosts.http_scope(
        str(request.method),
        request.uri.encode("latin-1"),
        [(k.encode("latin-1"), v.encode("latin-1")) for k, v in request.headers.get_all()],
        client=peer[:2] if isinstance(peer, tuple) else None,
        server=own[:2] if isinstance(own, tuple) else None,
        scheme=request.protocol,
        http_version=request.version.removeprefix("HTTP/"),
    )


class EveryMethod(tuple[str, ...]):
    """405 is the site's answer, not tornado's."""

    def __contains__(self, method: object) -> bool:
        return True


class Verb(str):
    """A method that tornado does not know: it calls the handler's attribute of that name.

    That might be any, `finish` or `request`; so it is led to `get`, as the others are.
    """

    __slots__ = ()

    def lower(self) -> str:
        return "get"
