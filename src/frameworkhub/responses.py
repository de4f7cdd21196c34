"""The response: what a handler may return, and what goes out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from functools import lru_cache
from os import PathLike
from types import AsyncGeneratorType, GeneratorType
from typing import TYPE_CHECKING, Any

from .errors import REASONS, HTTPError
from .headers import check, pairs
from .lazy import late

if TYPE_CHECKING:
    from datetime import datetime

    from .multidicts import Headers
    from .requests import Request

multidicts = late("frameworkhub.multidicts")
http = late("werkzeug.http")

TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
JSON = "application/json"
HTML = "text/html; charset=utf-8"

IMPLIED = TEXT_FIELD, BINARY_FIELD, JSON_FIELD = [
    ("content-type", kind) for kind in (TEXT, BINARY, JSON)
]
_BYTES = (bytes, bytearray, memoryview)
_JSON_TYPES = (dict, list, tuple, int, float)

type_of = type
_Fields = Mapping[str, Any] | Iterable[tuple[str, Any]] | None
_STATUS_LINES = {status: f"{status} {reason}" for status, reason in REASONS.items()}


class Response:
    """A status, header fields, and a body of bytes or a stream.

    Args:
        body: str, bytes, anything JSON-able, a sync or async iterator of chunks, or None for an
            empty one.
        status: 200 to 599.
        headers: a mapping or pairs.
        content_type: instead of the one that belongs to the kind of body.

    Attributes:
        body: the bytes; None for a stream.
        source: the iterator of a stream, or None.
        header_list: the fields, as pairs of str.

    Raises:
        ValueError: the status or a header field can't be sent.
        TypeError: the body is of a type that has no meaning here.
    """

    body: bytes | None
    header_list: list[tuple[str, str]]
    # What few responses have stands here, not in each of them.
    source: Any = None
    # What there is to do when it leaves, and afterwards; None if that is nothing.
    delivery: Any = None
    # The unhandled error that this response stands for; adapters tell it to the host.
    error: Exception | None = None
    _status = 200
    _headers: Headers | None = None

    def __init__(
        self,
        body: Any = None,
        status: int = 200,
        headers: _Fields = None,
        content_type: str | None = None,
    ) -> None:
        if status != 200:
            self.status = status
        implied: tuple[str, str] | None
        if body.__class__ is str:
            self.body, implied = body.encode(), TEXT_FIELD
        else:
            self.body, self.source, implied = encode(body)
        self.header_list = pairs(headers)
        if content_type is not None:
            implied = ("content-type", check("content-type", content_type))
        if implied is not None and not (self.header_list and self.has("content-type")):
            self.header_list.append(implied)

    def set_default(self, name: str, value: str) -> None:
        """Adds a field unless there is one of that (lower-case) name."""
        if not self.has(name):
            self.header_list.append((name, value))

    def has(self, name: str) -> bool:
        return any([key.lower() == name for key, _ in self.header_list])

    @property
    def status(self) -> int:
        return self._status

    @status.setter
    def status(self, status: int) -> None:
        if not 200 <= status <= 599:
            raise ValueError(f"a response's status is 200 to 599, not {status!r}")
        self._status = int(status)

    @property
    def status_line(self) -> str:
        """Status and standard reason phrase (RFC 9110, section 15)."""
        if self._status == 200:
            return "200 OK"
        return _STATUS_LINES.get(self._status) or f"{self._status} Unknown"

    @property
    def headers(self) -> Headers:
        """The fields as a case-insensitive multi-dict, which writes to `header_list`."""
        if self._headers is None:
            self._headers = multidicts.Headers.over(self.header_list)
        return self._headers

    @property
    def iterable(self) -> Iterable[bytes]:
        """The body for a sync host; it has a `close` where one is needed (PEP 3333)."""
        if self.delivery is None:
            return [self.body] if self.body else []
        return self.delivery  # type: ignore[no-any-return]

    async def aclose(self) -> None:
        """Async hosts await this when the response has been sent, or can't be."""
        if self.delivery is not None:
            await self.delivery.aclose(self)

    @classmethod
    def text(cls, text: str, status: int = 200, headers: _Fields = None) -> Response:
        return cls(text, status, headers)

    @classmethod
    def html(cls, text: str, status: int = 200, headers: _Fields = None) -> Response:
        return cls(text, status, headers, HTML)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: _Fields = None) -> Response:
        return cls(dump_json(value), status, headers, JSON)

    @classmethod
    def redirect(cls, location: str, status: int = 302, headers: _Fields = None) -> Response:
        """`location` goes out as written, but for characters outside ASCII, which are
        percent-encoded.

        Raises:
            ValueError: the status is no redirect (RFC 9110, section 15.4).
        """
        if status not in (301, 302, 303, 307, 308):
            raise ValueError(f"redirect: {status} is not 301, 302, 303, 307 or 308")
        response = cls(None, status, headers)
        response.header_list.append(("location", check("location", _ascii(location))))
        return response

    @classmethod
    def events(
        cls,
        events: Iterable[Any] | AsyncIterable[Any],
        status: int = 200,
        headers: _Fields = None,
    ) -> Response:
        """Server-sent events (WHATWG HTML, section 9.2) of str, dict (as JSON) or `Event`."""
        from .events import encoded

        response = cls(encoded(events), status, headers, "text/event-stream")
        response.set_default("cache-control", "no-cache")
        return response

    @classmethod
    def file(
        cls,
        path: str | PathLike[str],
        *,
        filename: str | None = None,
        attachment: bool = False,
        content_type: str | None = None,
        max_age: int | None = None,
    ) -> Response:
        """A file, with ETag, Last-Modified, one Range, and conditional answers (RFC 9110, 13 and
        14).

        Raises:
            HTTPError: 404, there is no such file.
        """
        from .files import FileResponse

        return FileResponse(path, filename, attachment, content_type, max_age)

    def set_cookie(
        self,
        name: str,
        value: str = "",
        *,
        max_age: int | None = None,
        expires: datetime | str | float | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Adds a `Set-Cookie` field (RFC 6265)."""
        cookie = http.dump_cookie(
            name,
            value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )
        self.header_list.append(("set-cookie", check("set-cookie", cookie)))

    def delete_cookie(self, name: str, *, path: str = "/", domain: str | None = None) -> None:
        self.set_cookie(name, "", max_age=0, expires=0, path=path, domain=domain)

    def finish(self, request: Request) -> None:
        """Makes status, fields and body agree (RFC 9110, 6.4.1, 8.6); the site calls it once."""
        body, fields = self.body, self.header_list
        if self._status in (204, 304):
            self._remove((*_FRAMING, "content-type"))
            self.body = b""  # It won't be sent; a stream is closed with the response.
        elif request.method == "HEAD":
            if body or (body is not None and not self.has("content-length")):
                self._remove(_FRAMING)
                fields.append(("content-length", str(len(body))))
            self.body = b""
        elif body is not None:
            if len(fields) != 1 or fields[0] not in IMPLIED:
                self._remove(_FRAMING)
            fields.append(content_length(len(body)))

    def _remove(self, names: tuple[str, ...]) -> None:
        for name, _ in self.header_list:
            if len(name) in _LENGTHS and name.lower() in names:
                break
        else:
            return
        self.header_list[:] = [f for f in self.header_list if f[0].lower() not in names]

    def __repr__(self) -> str:
        return f"<Response {self.status_line}>"


_FRAMING = ("content-length", "transfer-encoding")
_LENGTHS = {len(name) for name in (*_FRAMING, "content-type")}  # tells most other names apart


def _ascii(location: str) -> str:
    if location.isascii():
        return location
    from werkzeug.urls import iri_to_uri

    return iri_to_uri(location)


def encode(body: Any) -> tuple[bytes | None, Any, tuple[str, str] | None]:
    """Body, stream and implied content type of what a handler may return."""
    if body.__class__ is dict or body.__class__ is list:
        return dump_json(body), None, JSON_FIELD
    if isinstance(body, str):
        return body.encode(), None, TEXT_FIELD
    if isinstance(body, _BYTES):
        return bytes(body), None, BINARY_FIELD
    if body is None:
        return b"", None, None
    if isinstance(body, _JSON_TYPES):
        return dump_json(body), None, JSON_FIELD
    if hasattr(body, "__next__") or hasattr(body, "__anext__"):
        return None, body, BINARY_FIELD
    if hasattr(body, "__attrs_attrs__") or hasattr(body, "__dataclass_fields__"):
        return dump_json(body), None, JSON_FIELD
    raise TypeError(f"{type_of(body).__name__} can't be a response's body")


def respond(value: Any) -> Response:
    """What a handler returned, as a response; None is 204."""
    if value.__class__ is Response or isinstance(value, Response):
        return value
    return Response(status=204) if value is None else Response(value)


_new = object.__new__
_GENERATORS = {GeneratorType, AsyncGeneratorType}


@lru_cache(maxsize=1024)
def content_length(size: int) -> tuple[str, str]:
    """The field; most responses are small, and of few sizes."""
    return "content-length", str(size)


def complete(value: Any, request: Request) -> Response:
    """What a handler returned, as a response that is ready to be sent."""
    kind = value.__class__
    if (kind is str or kind is dict or kind is list) and request.method != "HEAD":
        # What the lines below come to, for what handlers return most.
        response = _new(Response)
        response.body = body = value.encode() if kind is str else dump_json(value)
        implied = TEXT_FIELD if kind is str else JSON_FIELD
        response.header_list = [implied, content_length(len(body))]
        return response
    if value.__class__ in _GENERATORS and request.method != "HEAD":
        response = _new(Response)
        response.body, response.source, response.header_list = None, value, [BINARY_FIELD]
        return response
    response = respond(value)
    response.finish(request)
    return response


def problem(error: HTTPError) -> Response:
    """The RFC 9457 answer to an error."""
    return Response(error.problem(), error.status, error.headers, "application/problem+json")


def dump_json(value: Any) -> bytes:
    """Compact JSON in UTF-8 (RFC 8259); NaN and infinities have no JSON and are a ValueError."""
    text = _encode_json(value)
    # Only a lone surrogate is no UTF-8; its backslash escape is JSON's own.
    return text.encode("utf-8", "backslashreplace")


def _jsonable(value: Any) -> Any:
    if hasattr(value, "__attrs_attrs__"):
        import attrs

        return attrs.asdict(value, recurse=False)
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    import decimal
    import uuid

    if isinstance(value, uuid.UUID | decimal.Decimal):
        return str(value)
    raise TypeError(f"{type_of(value).__name__} has no JSON")


_ENCODER = json.JSONEncoder(
    default=_jsonable, ensure_ascii=False, allow_nan=False, separators=(",", ":")
)


def _json_encoder() -> Callable[[Any], str]:
    """`_ENCODER.encode`, which would make one of these for each value, at twice the time."""
    make, string = getattr(json.encoder, "c_make_encoder", None), json.encoder.encode_basestring
    if make is None:  # as on PyPy
        return _ENCODER.encode
    encode = make(None, _jsonable, string, None, ":", ",", False, False, False)
    return lambda value: "".join(encode(value, 0))


_encode_json = _json_encoder()
