"""What all WSGI hosts share (PEP 3333)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from .errors import ClientDisconnect, HTTPError
from .lazy import lazy
from .requests import Request
from .streams import CHUNK, SPOOL, Body, SyncStream, check_size

if TYPE_CHECKING:
    from .site import Site

Environ = dict[str, Any]
WSGIApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def to_request(environ: Environ, *, native: Any = None, mounted: bool = False) -> EnvironRequest:
    """A request of a WSGI host.

    Args:
        native: the framework's own request; the environ if there is none.
        mounted: the site's prefix is in SCRIPT_NAME already.
    """
    request = EnvironRequest(environ)
    if native is not None:
        request.native = native
    request._mounted = mounted
    return request


class EnvironRequest(Request):
    """A request of a WSGI host; its source is made when first asked for, as for most it is not."""

    # Makes, of the environ, a framework's own request.
    _view: Callable[[Environ], Any] | None = None

    def __init__(self, environ: Environ) -> None:
        self._environ = environ
        self.method = environ["REQUEST_METHOD"]

    @lazy
    def source(self) -> EnvironSource:  # type: ignore[override]
        return EnvironSource(self._environ)

    @lazy
    def native(self) -> Any:
        return self._environ if self._view is None else self._view(self._environ)

    @property
    def query_string(self) -> str:
        return self._environ.get("QUERY_STRING", "")  # type: ignore[no-any-return]

    def _type_field(self) -> str | None:
        return self._environ.get("CONTENT_TYPE")

    def _locate(self) -> tuple[str, str]:
        """Root path and path, decoded. Raises HTTPError 400 where they are no UTF-8."""
        environ = self._environ
        root, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
        if "REQUEST_URI" in environ or "RAW_URI" in environ:
            target = environ.get("REQUEST_URI") or environ["RAW_URI"]
            if target != path and target and target.partition("?")[0] != root + path:
                path = _exact(root, path, target)
        if path.isascii() and (not root or root.isascii()):
            return root, path
        try:
            return root.encode("latin-1").decode(), path.encode("latin-1").decode()
        except UnicodeError:
            raise HTTPError(400, "the path is not UTF-8") from None

    def _has_body(self) -> bool:
        """Whether there may be one; of an input that ends by itself only reading tells."""
        environ = self._environ
        return (
            "wsgi.input_terminated" in environ
            or "CONTENT_LENGTH" in environ
            or "HTTP_TRANSFER_ENCODING" in environ
        )

    def _read_body(self, limit: int | None) -> None:
        """Reads the whole body. Raises HTTPError 413, or 400 where it ended too early."""
        find = self._environ.get
        if find("wsgi.input_terminated") and not find("CONTENT_LENGTH"):
            return self._read_ended(limit)
        length = _length(self._environ)
        if length is None:
            return self._read_ended(limit)
        check_size(length, limit)
        # As much as there is to come, at once.
        read = self._environ["wsgi.input"].read
        try:
            first = read(min(length, SPOOL)) if length else b""
            if len(first) == length:
                self.body = first
            else:
                _feed(self, first, read, length, limit)
        except ClientDisconnect:
            raise HTTPError(400, _CUT) from None

    def _read_ended(self, limit: int | None) -> None:
        """Reads a body whose input ends by itself, most often at once. Raises as `_read_body`."""
        source = self._environ["wsgi.input"]
        try:
            read = source.read1
        except AttributeError:
            read = source.read
        try:
            # How much there is to come, nobody knows.
            if first := read(CHUNK):
                _feed(self, first, read, None, limit)
        except ClientDisconnect:
            raise HTTPError(400, _CUT) from None

    def _open_stream(self, limit: int | None) -> SyncStream:
        """The body in chunks. Raises HTTPError 413."""
        length = _length(self._environ)
        check_size(length or 0, limit)
        return SyncStream(_reader(self._environ), length, limit)


class EnvironSource:
    """A WSGI environ as the source of a request."""

    gone = False

    def __init__(self, environ: Environ) -> None:
        self.environ = environ

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

    def is_disconnected(self) -> bool:
        # Servers that can tell, tell by this key; see docs/adding-an-adapter.md.
        ask = self.environ.get("frameworkhub.is_disconnected")
        return self.gone or bool(ask is not None and ask())

    def close(self) -> None:
        """Nothing is held."""


def _length(environ: Environ) -> int | None:
    """The declared length; None where the input ends by itself (a chunked request)."""
    find = environ.get
    if declared := find("CONTENT_LENGTH"):
        if not (declared.isascii() and declared.isdigit()):
            raise HTTPError(400, "malformed Content-Length")
        return int(declared)
    if find("wsgi.input_terminated") or find("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        return None
    return 0


def _reader(environ: Environ) -> Callable[[int], bytes]:
    """Reads what has arrived, where the input can tell (io.BufferedIOBase.read1)."""
    source = environ["wsgi.input"]
    read: Callable[[int], bytes] = getattr(source, "read1", source.read)
    return read


_CUT = "the request's body ended too early"


def _feed(
    request: Request,
    first: bytes,
    read: Callable[[int], bytes],
    length: int | None,
    limit: int | None,
) -> None:
    body, chunk = Body(limit), first
    request._set_body(body)
    while chunk:
        body.feed(chunk)
        left = CHUNK if length is None else min(length - body.size, SPOOL)
        chunk = read(left) if left else b""
    if length is not None and body.size < length:
        raise ClientDisconnect("the client went before the end of its request")


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
            path = EnvironRequest(environ)._locate()[1]
        except HTTPError:
            path = environ.get("PATH_INFO", "")
        return (ours if site.owns(path) else native)(environ, start_response)

    return application
