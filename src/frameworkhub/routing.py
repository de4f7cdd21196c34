"""Paths, converters, and the router that finds the route of a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeGuard
from urllib.parse import quote

from .errors import HTTPError
from .lazy import late, lazy
from .matching import Index

uuid = late("uuid")


class Converter(Protocol):
    """What a `{name:converter}` parameter matches, and how it turns into a value and back."""

    regex: str

    def to_python(self, text: str) -> Any:
        """The value; ValueError means: no match."""

    def to_url(self, value: Any) -> str:
        """The text, not yet percent-encoded; ValueError if it doesn't fit."""


class _Standard:
    def __init__(
        self, regex: str, to_python: Callable[[str], Any], to_url: Callable[[Any], str]
    ) -> None:
        self.regex = regex
        self.to_python = to_python
        self.to_url = to_url


CONVERTERS: dict[str, Converter] = {
    "str": _Standard("[^/]+", str, str),
    "int": _Standard("-?[0-9]+", int, lambda value: str(int(value))),
    "float": _Standard(r"-?[0-9]+(?:\.[0-9]+)?", float, lambda value: repr(float(value))),
    "uuid": _Standard(
        "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        lambda text: uuid.UUID(text),
        lambda value: str(uuid.UUID(str(value))),
    ),
    "path": _Standard(".+", str, str),
}

_PARAMETER = re.compile(r"\{([^{}:]+)(?::([^{}:]+))?\}")


_Match = Callable[[str], re.Match[str] | None]
_Params = Callable[[str], dict[str, Any] | None]


class Parameter(NamedTuple):
    """A `{name:kind}` in a path, with the converter of that kind."""

    name: str
    kind: str
    converter: Converter


class Pattern:
    """A parsed path: literal texts and parameters in turn.

    Raises:
        ValueError: no leading slash, an unknown converter, a repeated or unfit name, a stray brace.
    """

    def __init__(self, path: str, converters: Mapping[str, Converter] = CONVERTERS) -> None:
        if not path.startswith("/"):
            raise ValueError(f"path {path!r} must start with '/'")
        self.path = path
        self.parts: list[str | Parameter] = list(_parts(path, converters))
        self.parameters = {p.name: p for p in self.parts if isinstance(p, Parameter)}
        if len(self.parameters) < sum(isinstance(part, Parameter) for part in self.parts):
            raise ValueError(f"path {path!r} has a parameter twice")

    @lazy
    def match(self) -> _Match:
        """`re.Pattern.fullmatch` for decoded paths. Compiled when first needed: an app may have
        thousands of routes."""
        source = self.render(lambda p: f"(?P<{p.name}>{p.converter.regex})", re.escape)
        return re.compile(source, re.DOTALL).fullmatch

    @lazy
    def params(self) -> _Params:
        """A function: the parameters of a decoded path, or None where it does not match."""
        if self.segments is not None:
            return _by_segments(self.segments)
        if len(self.parts) == 2 and _is_standard(last := self.parts[1], ("path",)):
            return _rest(str(self.parts[0]), last.name)
        return _by_match(self.match, list(self.parameters.values()))

    @lazy
    def texts(self) -> Callable[[str], dict[str, str] | None]:
        """A function: the parameters of a decoded path as they stand there, None where it does not
        match. One that ends the path is told by what stands before it; whether it fits is not
        looked at."""
        if not self.parameters:
            return lambda path: {} if path == self.path else None
        if len(self.parts) == 2 and isinstance(start := self.parts[0], str):
            return _rest(start, *self.parameters)
        match = self.match
        return lambda path: found.groupdict() if (found := match(path)) else None

    @lazy
    def segments(self) -> list[str | Parameter] | None:
        """What stands between the slashes: literal texts, and parameters that take one segment.

        None for other paths: a parameter is a part of a segment, or may take several, as those of
        the user's own converters.
        """
        found: list[str | Parameter] = []
        for text in self.render(lambda parameter: f"{{{parameter.name}}}").split("/"):
            parameter = self.parameters.get(text[1:-1]) if text[:1] == "{" else None
            if "{" in text and not _is_standard(parameter, _CONVERT):
                return None
            found.append(text if parameter is None else parameter)
        return found

    @property
    def is_static(self) -> bool:
        return not self.parameters

    @property
    def head(self) -> str:
        """The literal text before the first parameter, up to its last slash."""
        first = self.parts[0]
        assert isinstance(first, str)
        return first[: first.rfind("/") + 1]

    @property
    def tail(self) -> tuple[str, Callable[[str], Any]] | None:
        """Of a path whose only parameter is its last segment: the parameter's name, and what gives
        the value of a segment, or None."""
        *head, last = self.segments or [""]
        if isinstance(last, str) or not all(isinstance(segment, str) for segment in head):
            return None
        return last.name, _CONVERT[last.kind]

    def render(
        self, parameter: Callable[[Parameter], str], literal: Callable[[str], str] = str
    ) -> str:
        """The path in another syntax: `parameter` and `literal` write their part."""
        parts = self.parts
        return "".join(literal(p) if isinstance(p, str) else parameter(p) for p in parts)

    def url(self, params: Mapping[str, Any]) -> str:
        """The percent-encoded path (RFC 3986); ValueError for parameters that don't fit."""
        if params.keys() != self.parameters.keys():
            wanted, given = sorted(self.parameters), sorted(params)
            raise ValueError(f"path {self.path!r} takes the parameters {wanted}, not {given}")
        return self.render(lambda p: _to_url(p, params[p.name], self.path), _quote)


def _by_match(match: _Match, parameters: Sequence[Parameter]) -> _Params:
    converts = [(p.name, p.converter.to_python) for p in parameters]

    def params(path: str) -> dict[str, Any] | None:
        found = match(path)
        if found is None:
            return None
        try:
            return {name: convert(found[name]) for name, convert in converts}
        except ValueError:
            return None

    return params


def _by_segments(segments: Sequence[str | Parameter]) -> _Params:
    """The same without a regular expression, which takes long to compile, and much memory."""
    literals = [(i, text) for i, text in enumerate(segments) if isinstance(text, str)]
    converts = [
        (i, p.name, _CONVERT[p.kind]) for i, p in enumerate(segments) if not isinstance(p, str)
    ]

    def params(path: str) -> dict[str, Any] | None:
        given = path.split("/")
        if len(given) != len(segments):
            return None
        for place, text in literals:
            if given[place] != text:
                return None
        found = {}
        for place, name, convert in converts:
            value = found[name] = convert(given[place])
            if value is None:
                return None
        return found

    return params


def _rest(start: str, name: str) -> _Params:
    """For a path that ends with a parameter which takes all that is left."""

    size = len(start)

    def params(path: str) -> dict[str, Any] | None:
        return {name: path[size:]} if path.startswith(start) and len(path) > size else None

    return params


def _checked(converter: Converter) -> Callable[[str], Any]:
    """A converter as one function: the value of a segment, or None where it does not fit."""
    match, to_python = re.compile(converter.regex, re.DOTALL).fullmatch, converter.to_python

    def convert(text: str) -> Any:
        if match(text) is None:
            return None
        try:
            return to_python(text)
        except ValueError:
            return None

    return convert


_CONVERT = {kind: _checked(CONVERTERS[kind]) for kind in ("int", "float", "uuid")}
_checked_int = _CONVERT["int"]


def small_int(text: str) -> Any:
    """The value of an `int` segment, or None where it is no integer; quick for small ones."""
    # Most have no sign, and few digits: no regular expression has to tell.
    if text.isdecimal() and text.isascii() and len(text) < 20:
        return int(text)
    return _checked_int(text)


_CONVERT |= {"int": small_int, "str": lambda text: text or None}


def _is_standard(part: Any, kinds: Container[str]) -> TypeGuard[Parameter]:
    """Whether it is a parameter of one of these kinds, with this library's own converter."""
    if not isinstance(part, Parameter):
        return False
    return part.kind in kinds and CONVERTERS[part.kind] is part.converter


def _parts(path: str, converters: Mapping[str, Converter]) -> Iterator[str | Parameter]:
    end = 0
    for found in _PARAMETER.finditer(path):
        yield _literal(path, path[end : found.start()])
        yield _parameter(path, found[1], found[2] or "str", converters)
        end = found.end()
    if path[end:]:
        yield _literal(path, path[end:])


def _literal(path: str, text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError(f"path {path!r} has a brace that is no parameter")
    return text


def _parameter(path: str, name: str, kind: str, converters: Mapping[str, Converter]) -> Parameter:
    if not name.isidentifier() or name == "request":
        raise ValueError(f"path {path!r}: {name!r} can't be a parameter's name")
    if kind not in converters:
        known = ", ".join(sorted(converters))
        raise ValueError(f"path {path!r}: no converter {kind!r}; there are {known}")
    return Parameter(name, kind, converters[kind])


def _quote(text: str) -> str:
    # The characters that RFC 3986 allows in a path, beside the unreserved ones.
    return quote(text, safe="/!$&'()*+,;=:@~")


def _to_url(parameter: Parameter, value: Any, path: str) -> str:
    try:
        text = parameter.converter.to_url(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"path {path!r}: {parameter.name}={value!r}: {error}") from error
    if re.fullmatch(parameter.converter.regex, text, re.DOTALL) is None:
        raise ValueError(f"path {path!r}: {parameter.name}={value!r} is no {parameter.kind}")
    return _quote(text)


class Route:
    """One handler on one path.

    Attributes:
        pattern: the parsed path; `path` is its text.
        methods: as registered; empty for a WebSocket.
        name: for `url_for`, and for the framework's own URL reversing.
        handler: what the user wrote.
        layers: the middlewares and exception handlers around it, outermost first.
        stream: the handler reads the request's body itself.
        max_body_size: bytes; None is no limit.
        websocket: it is a WebSocket; `optional`: hosts that carry none leave it out.
        call: `layers` and `handler` compiled to one callable over the request; set by the site.
        is_async: what `call` gives has to be awaited.
    """

    __slots__ = (
        "call",
        "handler",
        "is_async",
        "layers",
        "max_body_size",
        "methods",
        "name",
        "optional",
        "pattern",
        "stream",
        "websocket",
    )

    def __init__(
        self,
        pattern: Pattern,
        methods: Iterable[str],
        handler: Callable[..., Any],
        *,
        name: str,
        layers: Sequence[Any] = (),
        stream: bool = False,
        max_body_size: int | None = None,
        websocket: bool = False,
        optional: bool = False,
    ) -> None:
        self.pattern = pattern
        self.methods = tuple(method.upper() for method in methods)
        self.handler = handler
        self.name = name
        self.layers = tuple(layers)
        self.stream = stream
        self.max_body_size = max_body_size
        self.websocket = websocket
        self.optional = optional
        self.call: Callable[[Any], Any]
        self.is_async = False

    @property
    def path(self) -> str:
        return self.pattern.path

    def __repr__(self) -> str:
        methods = "WEBSOCKET" if self.websocket else ",".join(self.methods)
        return f"<Route {self.name} {methods} {self.path}>"


class Resource:
    """All the routes of one path.

    Attributes:
        by_method: GET's route stands for HEAD as well, unless HEAD has its own.
        websocket: the WebSocket route, if the path has one.
    """

    def __init__(self, pattern: Pattern, order: int) -> None:
        self.pattern = pattern
        self.order = order
        self.routes: list[Route] = []
        self.by_method: dict[str, Route] = {}
        self.websocket: Route | None = None

    def add(self, route: Route) -> None:
        self.routes.append(route)
        if route.websocket:
            self._claim(self.websocket, route, "WebSocket")
            self.websocket = route
        for method in route.methods:
            self._claim(self.by_method.get(method), route, method)
            self.by_method[method] = route

    def _claim(self, holder: Route | None, route: Route, what: str) -> None:
        if holder is not None:
            raise ValueError(f"{what} {route.path} is registered twice: {holder!r}, {route!r}")

    def seal(self) -> None:
        if "GET" in self.by_method:
            self.by_method.setdefault("HEAD", self.by_method["GET"])

    @property
    def methods(self) -> tuple[str, ...]:
        """Every method this path answers, OPTIONS included, in alphabetical order."""
        return tuple(sorted({*self.by_method, "OPTIONS"})) if self.by_method else ()


class Router:
    """Finds the route of a method and a decoded path.

    A path without parameters beats those with; then the order of registration decides.

    Attributes:
        static: the paths without parameters.
        tails: as `Index.tails`.

    Raises:
        ValueError: a method is registered twice on one path.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        by_path: dict[str, Resource] = {}
        for route in routes:
            if route.path not in by_path:
                by_path[route.path] = Resource(route.pattern, len(by_path))
            by_path[route.path].add(route)
        for resource in by_path.values():
            resource.seal()
        self.resources = sorted(by_path.values(), key=lambda r: (not r.pattern.is_static, r.order))
        self.static = {r.pattern.path: r for r in self.resources if r.pattern.is_static}
        self._dynamic = Index(r for r in self.resources if not r.pattern.is_static)
        self.tails = self._dynamic.tails

    def resolve(self, method: str, path: str) -> tuple[Route, dict[str, Any]] | None:
        """The route and its parameters, or None: nothing there, or not for this method."""
        if path in self.static and method in self.static[path].by_method:
            return self.static[path].by_method[method], {}
        head, _, tail = path.rpartition("/")
        if head in self.tails:
            by_method, name, convert = self.tails[head]
            if method in by_method and (value := convert(tail)) is not None:
                return by_method[method], {name: value}
            return None
        for resource in self._dynamic.candidates(path):
            route = resource.by_method.get(method)
            if route is not None and (params := resource.pattern.params(path)) is not None:
                return route, params
        return None

    def resolve_websocket(self, path: str) -> tuple[Route, dict[str, Any]] | None:
        for resource, params in self._matches(path):
            if resource.websocket is not None:
                return resource.websocket, params
        return None

    def has(self, path: str) -> bool:
        """Whether there is a route for the path, of whatever method, or a WebSocket's."""
        return path in self.static or any(True for _ in self._matches(path))

    def allowed(self, path: str) -> list[str]:
        """What `Allow` tells of a path (RFC 9110, section 10.2.1); empty: there is no such path."""
        return sorted({m for resource, _ in self._matches(path) for m in resource.methods})

    def _matches(self, path: str) -> Iterator[tuple[Resource, dict[str, Any]]]:
        if path in self.static:
            yield self.static[path], {}
        for resource in self._dynamic.candidates(path):
            if (params := resource.pattern.params(path)) is not None:
                yield resource, params


def fallback(allowed: Sequence[str], method: str) -> HTTPError | None:
    """What a request without a route is answered: 404, 405, or None for an automatic OPTIONS."""
    if not allowed:
        return HTTPError(404)
    if method == "OPTIONS":
        return None
    return HTTPError(405, headers={"Allow": ", ".join(allowed)})
