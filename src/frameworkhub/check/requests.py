"""The requests that `check` plays: made from an app's routes, or read from a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

import attrs

from ..errors import HubError
from ..headers import check as check_header

if TYPE_CHECKING:
    from ..app import App
    from ..routing import Parameter, Pattern, Route

Pairs = tuple[tuple[str, str], ...]


@attrs.frozen
class Request:
    """One request; `target` is what stands in the request line, percent-encoded."""

    method: str
    target: str
    headers: Pairs = ()
    body: bytes = b""
    websocket: bool = False

    def __str__(self) -> str:
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        what = " WebSocket" if self.websocket else f" {kind.partition(';')[0]}" * bool(self.body)
        return f"{self.method} {self.target}{what}"


class Sample(NamedTuple):
    """Percent-encoded texts for a path parameter: a usual, an odd, and one that doesn't match."""

    typical: str
    edge: str
    miss: str


SAMPLES = {
    "str": Sample("hub", "a%20b%2B%C3%A9;c", ""),
    "int": Sample("1", "-0042", "1x"),
    "float": Sample("1.5", "-2", "1.5e3"),
    "uuid": Sample(
        "12345678-1234-5678-1234-567812345678", "ABCDEF00-0000-4000-8000-00000000000F", "12345678"
    ),
    "path": Sample("a/b.txt", "a//b%20c/", ""),
}
GUESSES = (
    "1",
    "42",
    "a",
    "abc",
    "hub",
    "a1",
    "ABC",
    "2026-01-31",
    "en",
    "1.5",
    "a-b",
    "a/b",
    "true",
)
QUERY = "q=1&q=2&blank=&plus=a+b&escaped=%2F%C3%A9&broken=%zz"
BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", '{"title": "hub", "text": "h\u00e9llo", "n": 1, "list": [1, 2]}'.encode()),
    ("application/json", b'{"title": '),
    ("application/x-www-form-urlencoded", b"title=hub&text=a+b&text=%C3%A9&blank=&broken=%zz"),
    (
        "multipart/form-data; boundary=frontier",
        b'--frontier\r\nContent-Disposition: form-data; name="title"\r\n\r\nhub\r\n'
        b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n\n\r\n--frontier--\r\n",
    ),
    ("", b""),
)
ORDER = {"POST": 0, "DELETE": 2}
"""What makes things comes first, what removes them last, the rest in between."""
HANDSHAKE: Pairs = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
)


def generate(app: App) -> list[Request]:
    """Requests for every route: right and wrong paths, methods, queries and bodies, each once."""
    routes = [route for route in app.routes() if not route.websocket]
    methods: dict[str, set[str]] = {}
    for route in routes:
        methods.setdefault(route.path, set()).update(route.methods)
    made = [request for route in routes for request in _for_route(route, methods[route.path])]
    made += [Request("GET", target) for target in ("/no-such-path", "//", "/%ff", "/?a=1")]
    sockets = [_handshake(route) for route in app.routes() if route.websocket]
    ordered = sorted(made, key=lambda request: ORDER.get(request.method, 1))
    return list(dict.fromkeys([*ordered, *sockets]))


def _for_route(route: Route, of_path: set[str]) -> Iterator[Request]:
    typical, edge, *misses = _targets(route.pattern)
    for method in route.methods:
        yield from _with_bodies(method, typical)
        for target in (edge, *misses):
            yield next(_with_bodies(method, target))
    if "GET" in of_path:
        yield Request("GET", f"{typical}?{QUERY}")
    yield Request("HEAD", typical)
    yield Request("OPTIONS", typical)
    yield Request(_wrong(of_path), typical)
    if not typical.endswith("/"):
        yield Request("GET", f"{typical}/")


def _wrong(of_path: set[str]) -> str:
    return next(
        method for method in ("PUT", "PATCH", "DELETE", "POST", "BREW") if method not in of_path
    )


def _with_bodies(method: str, target: str) -> Iterator[Request]:
    if method not in ("POST", "PUT", "PATCH"):
        yield Request(method, target)
        return
    for kind, body in BODIES:
        yield Request(method, target, (("Content-Type", kind),) if kind else (), body)


def _handshake(route: Route) -> Request:
    typical, *_ = _targets(route.pattern)
    return Request("GET", typical, HANDSHAKE, websocket=True)


def _targets(pattern: Pattern) -> list[str]:
    """The path with typical values, with odd ones, and with one wrong value for each parameter."""
    samples = {name: sample(parameter) for name, parameter in pattern.parameters.items()}
    typical = {name: values.typical for name, values in samples.items()}
    edge = {name: values.edge for name, values in samples.items()}
    misses = [{**typical, name: values.miss} for name, values in samples.items()]
    return [_fill(pattern, values) for values in (typical, edge, *misses)]


def _fill(pattern: Pattern, values: dict[str, str]) -> str:
    return pattern.render(
        lambda p: values[p.name], lambda text: quote(text, safe="/!$&'()*+,;=:@~")
    )


def sample(parameter: Parameter) -> Sample:
    """Values for a parameter; for a converter of the user's own, guesses that it takes."""
    if parameter.kind in SAMPLES:
        return SAMPLES[parameter.kind]
    fit = [quote(text) for text in GUESSES if _fits(parameter, text)] or ["hub"]
    miss = next((text for text in GUESSES if not _fits(parameter, text)), "")
    return Sample(fit[0], fit[-1], quote(miss))


def _fits(parameter: Parameter, text: str) -> bool:
    try:
        parameter.converter.to_python(text)
    except ValueError:
        return False
    return re.fullmatch(parameter.converter.regex, text, re.DOTALL) is not None


def read(path: str) -> list[Request]:
    """The requests of a file: a JSON list of objects, or one JSON object a line.

    An object has `method` (default: GET), `target`, and may have `headers` (an object, or a list of
    pairs), and one of `body` (text, sent as UTF-8), `json` (anything) and `form` (an object; a list
    as value repeats the field).

    Raises:
        HubError: no such file, or an entry is malformed; the message tells its line.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HubError(f"can't read the requests: {error}") from None
    entries = _list(path, text) if text.lstrip().startswith("[") else _lines(path, text)
    return [_request(where, entry) for where, entry in entries]


def _list(path: str, text: str) -> Iterator[tuple[str, Any]]:
    for number, entry in enumerate(_parse(text, lambda error: f"{path}:{error.lineno}"), 1):
        yield f"{path}: entry {number}", entry


def _lines(path: str, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            where = f"{path}:{number}"
            yield where, _parse(line, lambda error, where=where: where)


def _parse(text: str, where: Any) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise HubError(f"{where(error)}: no JSON: {error.msg} (column {error.colno})") from None


def _request(where: str, entry: Any) -> Request:
    try:
        return _build(**entry) if isinstance(entry, dict) else _refuse("an object is wanted")
    except (TypeError, ValueError) as error:
        raise HubError(f"{where}: {error}".replace("_build() ", "")) from None


def _build(*, target: str, method: str = "GET", headers: Any = (), **content: Any) -> Request:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", str(method)):
        _refuse(f"method {method!r} is no token")
    if not re.fullmatch(r"/[!-~]*", str(target)):
        _refuse(f"target {target!r} must start with / and be percent-encoded ASCII")
    kind, body = _content(**content)
    fields = tuple(_fields(headers))
    if kind and not any(name.lower() == "content-type" for name, _ in fields):
        fields += (("Content-Type", kind),)
    return Request(method, target, fields, body)


def _fields(headers: Any) -> Iterator[tuple[str, str]]:
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        yield name, check_header(name, value)


def _content(**content: Any) -> tuple[str, bytes]:
    if unknown := content.keys() - {"body", "json", "form"}:
        _refuse(f"unknown: {', '.join(sorted(unknown))}")
    match content:
        case {"body": str(text), **rest} if not rest:
            return "", text.encode()
        case {"json": value, **rest} if not rest:
            return "application/json", json.dumps(value).encode()
        case {"form": dict(fields), **rest} if not rest:
            return "application/x-www-form-urlencoded", urlencode(fields, doseq=True).encode()
        case {} if not content:
            return "", b""
    raise ValueError("one of body (text), json (anything) and form (an object) is wanted")


def _refuse(reason: str) -> Any:
    raise ValueError(reason)
