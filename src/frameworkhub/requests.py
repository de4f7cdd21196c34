"""The request, and what it shares with a WebSocket: what the client asked for."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from .errors import HTTPError
from .lazy import late, lazy
from .streams import Body, Stream

if TYPE_CHECKING:
    from .app import App
    from .forms import Form
    from .multidicts import Fields, Headers
    from .routing import Route
    from .site import Site


forms = late("frameworkhub.forms")
multidicts = late("frameworkhub.multidicts")
http = late("werkzeug.http")


# The one that is being answered, for `App.url_for`.
CURRENT: ContextVar[Connection | None] = ContextVar("frameworkhub_request")


class Source(Protocol):
    """What a host tells of a connection; one class for WSGI, one for ASGI."""

    gone: bool

    @property
    def scheme(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def http_version(self) -> str: ...
    @property
    def pairs(self) -> list[tuple[str, str]]: ...
    def header(self, name: str) -> str | None: ...
    def client(self) -> tuple[str, int] | None: ...
    def server(self) -> tuple[str, int | None]: ...
    def is_disconnected(self) -> bool: ...
    def close(self) -> None: ...


class Connection:
    """What a request and a WebSocket have in common.

    Attributes:
        path: decoded, relative to `root_path`: what routes match.
        root_path: the decoded prefix, "" if none.
        path_params: the values of the path's parameters.
        route: the route that answers.
        native: the host framework's own request.
        app: the app that answers.
    """

    site: Site
    path: str = ""
    root_path: str = ""
    _mounted: bool = False  # the site's prefix is in the source's root path already
    path_params: dict[str, Any]
    route: Route | None = None

    def __init__(self, source: Source, native: Any = None) -> None:
        self.source = source
        self.native = native

    def _locate(self) -> tuple[str, str]:
        """Root path and path, decoded. Raises HTTPError 400 where they are no UTF-8."""
        raise NotImplementedError

    @property
    def app(self) -> App:
        return self.site.app

    @property
    def query_string(self) -> str:
        return self.source.query_string

    @property
    def http_version(self) -> str:
        return self.source.http_version

    @lazy
    def query(self) -> Fields:
        return multidicts.parse_query(self.query_string)  # type: ignore[no-any-return]

    @lazy
    def headers(self) -> Headers:
        return multidicts.Received(self.source)  # type: ignore[no-any-return]

    @lazy
    def cookies(self) -> Any:
        """A multi-dict of the cookies sent (RFC 6265, section 5.4)."""
        # One field is what HTTP/1.1 clients send; HTTP/2 ones may send several (RFC 9113, 8.2.3).
        return http.parse_cookie("; ".join(self.headers.getlist("cookie")))

    @lazy
    def state(self) -> SimpleNamespace:
        return SimpleNamespace()

    @lazy
    def _forwarded(self) -> Any:
        """What trusted proxies say, or None."""
        trusted = self.app.trusted_proxies
        if not trusted:
            return None
        from .proxies import forwarded

        return forwarded(self.source, trusted)

    @property
    def client(self) -> tuple[str, int] | None:
        said = self._forwarded
        return said.client if said and said.names_client else self.source.client()

    @property
    def scheme(self) -> str:
        said = self._forwarded
        return said.scheme if said and said.scheme else self.source.scheme

    @property
    def host(self) -> str:
        """The `Host` field, else the server's own name, with the port unless it is the scheme's."""
        said = self._forwarded
        if said and said.host:
            return str(said.host)
        if host := self.source.header("host"):
            return host
        name, port = self.source.server()
        usual = {"http": 80, "ws": 80, "https": 443, "wss": 443}.get(self.source.scheme)
        return name if port in (None, usual) else f"{name}:{port}"

    @property
    def url(self) -> str:
        path = quote(self.root_path + self.path, safe="/!$&'()*+,;=:@~")
        query = f"?{self.query_string}" if self.query_string else ""
        return f"{self.scheme}://{self.host}{path}{query}"

    def url_for(self, name: str, /, **params: Any) -> str:
        """The path of a route, under this request's prefix. Raises as `App.url_for`."""
        return quote(self.root_path, safe="/") + self.site.url_for(name, **params)

    @property
    def is_disconnected(self) -> bool:
        """Whether the host has noticed that the client went."""
        return self.source.is_disconnected()


class Request(Connection):
    """An HTTP request, the same on every framework, in sync and in async code."""

    # What few requests need stands here, not in each of them.
    has_duties = False  # there is something to do when the response has been sent
    _body: Body | None = None
    _stream: Stream | None = None
    _form: Form | None = None
    later: list[Callable[[], Any]] | None = None
    failure: Exception | None = None
    method: str

    @lazy
    def run_sync(self) -> Callable[..., Any]:
        """Runs a sync function from async code where it can't block a loop."""
        return self.app.pool.run

    def _has_body(self) -> bool:
        raise NotImplementedError

    @lazy
    def _type(self) -> tuple[str, dict[str, str]]:
        return _parse_type(self._type_field())

    def _type_field(self) -> str | None:
        """The `Content-Type`; the source, which else is most often not needed, has it, too."""
        return self.source.header("content-type")

    @property
    def content_type(self) -> str:
        """Without its parameters, in lower case; "" if there is none."""
        return self._type[0]

    @lazy
    def body(self) -> bytes:
        """All of it. The site sets it where it has come in one piece."""
        if self._stream is not None:
            raise RuntimeError("this route has stream=True: its body is read from request.stream")
        return b"" if self._body is None else self._body.read()

    def _set_body(self, body: Body) -> None:
        self._body, self.has_duties = body, True

    @property
    def stream(self) -> Stream:
        """The body in chunks, on a route with `stream=True`; RuntimeError on others."""
        if self._stream is None:
            raise RuntimeError("request.stream needs a route with stream=True")
        return self._stream

    @property
    def text(self) -> str:
        """The body as text. Raises HTTPError 400 where it is not in its charset."""
        charset = self._type[1].get("charset", "utf-8")
        try:
            return self.body.decode(charset)
        except (LookupError, ValueError) as error:
            raise HTTPError(400, f"the body is not {charset} text") from error

    def json(self) -> Any:
        """The body as JSON (RFC 8259). Raises HTTPError 400 where it is not."""
        try:
            # Not from bytes: json would take UTF-16 as well, and surrogates in UTF-8.
            return _DECODER.decode(self.body.removeprefix(BOM_UTF8).decode())
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, f"malformed JSON: {error}") from error

    def _parsed(self) -> Form:
        if self._form is None:
            app, kept = self.app, self._body
            self._form = form = forms.parse(
                kept.open() if kept else self.body,
                kept.size if kept else len(self.body),
                *self._type,
                max_parts=app.max_form_parts,
                max_memory=app.max_form_memory,
            )
            self.has_duties = self.has_duties or bool(form.files)
        return self._form

    @property
    def form(self) -> Fields:
        """The fields of a form. Raises HTTPError 400 for a malformed one, 413 over a limit."""
        return self._parsed().fields

    @property
    def files(self) -> Any:
        """A multi-dict of `UploadFile`s. Raises as `form` does."""
        return self._parsed().files

    def after(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Runs `function`, sync or async, when the response has been sent, in order of calls.

        An error in it is logged; nobody waits for its result.
        """
        if self.later is None:
            self.later = []
            self.has_duties = True
        self.later.append(lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Closes what the body was spooled to."""
        if self._form is not None:
            self._form.close()
        if self._body is not None:
            self._body.close()

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"


@lru_cache(maxsize=256)
def _parse_type(field: str | None) -> tuple[str, dict[str, str]]:
    kind, options = http.parse_options_header(field)
    return kind.lower(), options


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
