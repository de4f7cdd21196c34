"""What all WSGI hosts share (PEP 3333)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from .errors import ClientDisconnect, HTTPError
from .requests import Request
from .streams import CHUNK, Body, SyncStream, check_size

if TYPE_CHECKING:
    from .site import Site

Environ = dict[str, Any]
WSGIApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def to_request(environ: Environ, *, native: Any = None, mounted: bool = False) -> Request:
    """A request of a WSGI host.

    Args:
        native: the framework's own request; the environ if there is none.
        mounted: the site's prefix is in SCRIPT_NAME already.
    """
    return Request(EnvironSource(environ, mounted), environ if native is None else native)


class EnvironSource:
    """A WSGI environ as the source of a request."""

    def __init__(self, environ: Environ, mounted: bool = False) -> None:
        self.environ = environ
        self.mounted = mounted
        self.gone = False
        self.method: str = environ["REQUEST_METHOD"]

    @property
    def scheme(self) -> str:
        return self.environ["wsgi.url_scheme"]  # type: ignore[no-any-return]

    @property
    def query_string(self) -> str:
        return self.environ.get("QUERY_STRING", "")  # type: ignore[no-any-return]

    @property
    def http_version(self) -> str:
        return self.environ.get("SERVER_PROTOCOL", "HTTP/1.1").partition("/")[2]  # type: ignore[no-any-return]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields, in lower case; a server has joined repeated ones already."""
        found = [
            (key[5:].replace("_", "-").lower(), value)
            for key, value in self.environ.items()
            if key.startswith("HTTP_") and key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH")
        ]
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if value := self.environ.get(name):
                found.append((name.replace("_", "-").lower(), value))
        return found

    def header(self, name: str) -> str | None:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            return self.environ.get(f"HTTP_{key}")
        return self.environ.get(key) or None

    def client(self) -> tuple[str, int] | None:
        address = self.environ.get("REMOTE_ADDR")
        return (address, int(self.environ.get("REMOTE_PORT") or 0)) if address else None

    def server(self) -> tuple[str, int | None]:
        port = self.environ.get("SERVER_PORT")
        return self.environ["SERVER_NAME"], int(port) if port else None

    def locate(self) -> tuple[str, str]:
        """Root path and path, decoded. Raises HTTPError 400 where they are no UTF-8."""
        root = self.environ.get("SCRIPT_NAME", "")
        path = self.environ.get("PATH_INFO", "")
        target = self.environ.get("REQUEST_URI") or self.environ.get("RAW_URI")
        if target and target.partition("?")[0] != root + path:
            path = _exact(root, path, target)
        if root.isascii() and path.isascii():
            return root, path
        try:
            return root.encode("latin-1").decode(), path.encode("latin-1").decode()
        except UnicodeError:
            raise HTTPError(400, "the path is not UTF-8") from None

    def is_disconnected(self) -> bool:
        # Servers that can tell, tell by this key; see docs/adding-an-adapter.md.
        ask = self.environ.get("frameworkhub.is_disconnected")
        return self.gone or bool(ask is not None and ask())

    def close(self) -> None:
        """Nothing is held."""

    def _length(self) -> int | None:
        """The declared length; None where the input ends by itself (a chunked request)."""
        if declared := self.environ.get("CONTENT_LENGTH"):
            if not (declared.isascii() and declared.isdigit()):
                raise HTTPError(400, "malformed Content-Length")
            return int(declared)
        chunked = self.environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        return None if chunked or self.environ.get("wsgi.input_terminated") else 0

    @property
    def _read(self) -> Callable[[int], bytes]:
        """Reads what has arrived, where the input can tell (io.BufferedIOBase.read1)."""
        source = self.environ["wsgi.input"]
        read: Callable[[int], bytes] = getattr(source, "read1", source.read)
        return read

    def stream(self, limit: int | None) -> SyncStream:
        length = self._length()
        check_size(length or 0, limit)
        return SyncStream(self._read, length, limit)

    def body(self, limit: int | None) -> Body | None:
        """The whole body, None if empty. Raises HTTPError 413, or 400 where it ended too early."""
        length = self._length()
        if length == 0:
            return None
        check_size(length or 0, limit)
        body = Body(limit)
        try:
            _copy(self._read, length, body)
        except ClientDisconnect:
            raise HTTPError(400, "the request's body ended too early") from None
        return body


def _copy(read: Callable[[int], bytes], length: int | None, body: Body) -> None:
    left = length
    while left is None or left > 0:
        chunk = read(CHUNK if left is None else min(CHUNK, left))
        if not chunk:
            if left:
                raise ClientDisconnect("the client went before the end of its request")
            return
        body.feed(chunk)
        left = None if left is None else left - len(chunk)


def _exact(root: str, path: str, target: str) -> str:
    """PATH_INFO from the request target, where a server gives both and has changed the former.

    Some servers and frameworks collapse slashes, keep `%2F`, or replace bytes that are no UTF-8. A
    PATH_INFO that differs in any other way was rewritten on purpose, and stands.
    """
    raw = target.partition("?")[0]
    if not raw.startswith("/"):
        raw = "/" + raw.partition("://")[2].partition("/")[2]
    decoded = unquote_to_bytes(raw)
    full = (root + path).encode("latin-1")
    if decoded != full and any(same(decoded) == same(full) for same in _SAME):
        text = decoded.decode("latin-1")
        return text[len(root) :] if text.startswith(root) else text
    return path


_SAME: tuple[Callable[[bytes], Any], ...] = (
    lambda path: re.sub(b"/+", b"/", path),
    lambda path: path.replace(b"%2F", b"/").replace(b"%2f", b"/"),
    lambda path: path.decode("utf-8", "replace"),
)


def beside(site: Site, native: WSGIApp, own: WSGIApp | None = None) -> WSGIApp:
    """A WSGI application that gives the site what it owns, and the rest to `native`.

    Args:
        own: answers for the site; `site.wsgi` if there is none.
    """
    ours = own or site.wsgi

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            path = EnvironSource(environ).locate()[1]
        except HTTPError:
            path = environ.get("PATH_INFO", "")
        return (ours if site.owns(path) else native)(environ, start_response)

    return application
