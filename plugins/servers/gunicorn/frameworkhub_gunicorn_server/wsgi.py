"""What gunicorn's WSGI leaves to be repaired."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.wsgi import FileWrapper

from frameworkhub.errors import ClientDisconnect, HTTPError
from frameworkhub.hosts import is_gone, reset

_NEVER_FAIL = (list, tuple, FileWrapper)


def repaired(app: Callable[..., Any]) -> Callable[..., Any]:
    """`app` with the client's presence, its input piece by piece, and failures that show."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        connection = environ["gunicorn.socket"]
        if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
            del environ["wsgi.input_terminated"]  # There is no body, and nobody has to look for it.
        environ["wsgi.input"] = Input(environ["wsgi.input"])
        environ["frameworkhub.is_disconnected"] = partial(is_gone, connection)
        chunks = app(environ, start_response)
        return chunks if isinstance(chunks, _NEVER_FAIL) else _guarded(chunks, connection)

    return application


def join_cookies(request: Any) -> None:
    """One Cookie field of several, which gunicorn would join by "," (RFC 9113, section 8.2.3)."""
    cookies = [value for name, value in request.headers if name == "COOKIE"]
    if len(cookies) > 1:
        others = [field for field in request.headers if field[0] != "COOKIE"]
        request.headers = [*others, ("COOKIE", "; ".join(cookies))]


def _guarded(chunks: Iterable[bytes], connection: socket.socket) -> Iterator[bytes]:
    """The chunks; an error after the first resets the connection.

    Gunicorn would close it well, and where the body ends with the connection (HTTP/1.0) that is a
    good end.
    """
    begun = False
    try:
        for chunk in chunks:
            begun = True
            yield chunk
    except Exception:
        if begun:
            _reset(connection)
        raise
    finally:
        if close := getattr(chunks, "close", None):
            close()


def _reset(connection: socket.socket) -> None:
    reset(connection)
    connection.close()


class Input:
    """A request's body: gunicorn's own, and `read1` as files have it."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.read = body.read
        self.readline = body.readline
        self.readlines = body.readlines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def read1(self, size: int) -> bytes:
        """What has arrived, at least one byte and at most `size`; `b""` at the end.

        Raises:
            ClientDisconnect: the client went before the end.
            HTTPError: 400, the chunks are malformed.
        """
        held = self._body.buf
        if not held.tell():
            held.write(self._arrived(size))
        return self._body.read(min(size, held.tell()))  # type: ignore[no-any-return]

    def _arrived(self, size: int) -> bytes:
        try:
            return _next_piece(self._body.reader, size)
        except NoMoreData:
            self._body.failed = True
            raise ClientDisconnect("the client went before the end of its request") from None
        except ParseException as error:
            self._body.failed = True
            raise HTTPError(400, f"malformed chunks: {error}") from None
        except Exception:
            self._body.failed = True
            raise


def _next_piece(reader: Any, size: int) -> bytes:
    if isinstance(reader, ChunkedReader):
        if not (left := reader.buf.tell()):
            return next(filter(None, reader.parser or ()), b"")
        return reader.read(left)  # type: ignore[no-any-return]
    wanted = min(size, reader.length)
    if not wanted:
        return b""
    piece: bytes = reader.unreader.read(None, read_ahead=wanted)
    if len(piece) > wanted:
        reader.unreader.unread(piece[wanted:])
        piece = piece[:wanted]
    reader.length -= len(piece)
    return piece
