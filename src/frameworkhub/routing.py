"""Paths, converters, and the router that finds the route of a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from .errors import HTTPError
from .lazy import late, lazy

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
        converts = [(p.name, p.converter.to_python) for p in self.parameters.values()]
        return _one(self.match, *converts[0]) if len(converts) == 1 else _all(self.match, converts)

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
        """Of a path that ends with its only parameter, after a slash: its name, and what gives the
        value of a text without a slash, or None. Only for the converters of this library."""
        if len(self.parts) != 2 or self.parts[0] != self.head:
            return None
        parameter = self.parts[1]
        assert isinstance(parameter, Parameter)
        if CONVERTERS.get(parameter.kind) is not parameter.converter:
            return None
        return parameter.name, _TAILS.get(parameter.kind) or _checked(parameter.converter)

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


def _one(match: _Match, name: str, convert: Callable[[str], Any]) -> _Params:
    """`_all` for the usual case of one parameter, which it does in half the time."""

    def params(path: str) -> dict[str, Any] | None:
        found = match(path)
        if found is None:
            return None
        try:
            return {name: convert(found[name])}
        except ValueError:
            return None

    return params


def _all(match: _Match, converts: Sequence[tuple[str, Callable[[str], Any]]]) -> _Params:
    def params(path: str) -> dict[str, Any] | None:
        found = match(path)
        if found is None:
            return None
        try:
            return {name: convert(found[name]) for name, convert in converts}
        except ValueError:
            return None

    return params


def _checked(converter: Converter) -> Callable[[str], Any]:
    """A converter as one function: the value, or None where the text does not fit."""
    match, to_python = re.compile(converter.regex, re.DOTALL).fullmatch, converter.to_python

    def convert(text: str) -> Any:
        if match(text) is None:
            return None
        try:
            return to_python(text)
        except ValueError:
            return None

    return convert


_checked_int = _checked(CONVERTERS["int"])


def _int(text: str) -> int | None:
    if text.isdecimal() and text.isascii() and len(text) < 20:
        return int(text)
    return _checked_int(text)  # type: ignore[no-any-return]


def _str(text: str) -> str | None:
    return text or None


_TAILS: dict[str, Callable[[str], Any]] = {"int": _int, "str": _str}
"""The same without a regular expression, for the most usual ones."""


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
        self._static = {r.pattern.path: r for r in self.resources if r.pattern.is_static}
        self._dynamic = Index(r for r in self.resources if not r.pattern.is_static)
        self._tails = self._dynamic.tails

    def resolve(self, method: str, path: str) -> tuple[Route, dict[str, Any]] | None:
        """The route and its parameters, or None: nothing there, or not for this method."""
        if path in self._static and method in self._static[path].by_method:
            return self._static[path].by_method[method], {}
        head, _, tail = path.rpartition("/")
        if head in self._tails:
            by_method, name, convert = self._tails[head]
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

    def allowed(self, path: str) -> list[str]:
        """What `Allow` tells of a path (RFC 9110, section 10.2.1); empty: there is no such path."""
        return sorted({m for resource, _ in self._matches(path) for m in resource.methods})

    def _matches(self, path: str) -> Iterator[tuple[Resource, dict[str, Any]]]:
        if path in self._static:
            yield self._static[path], {}
        for resource in self._dynamic.candidates(path):
            if (params := resource.pattern.params(path)) is not None:
                yield resource, params


FEW = 4
"""So many patterns are tried one after the other; of more, those that can match are looked up."""

_Finder = Callable[[str], list["Resource"]]


class Index:
    """Finds, of many paths with parameters, those that may match, in their order."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        by_head: dict[str, list[Resource]] = {}
        for resource in resources:
            by_head.setdefault(resource.pattern.head, []).append(resource)
        many = {head: Shapes(found) for head, found in by_head.items() if len(found) > FEW}
        # By head: the patterns with that head, and with one that it begins with; or a finder.
        self._found: dict[str, list[Resource] | _Finder] = {}
        for head in by_head:
            heads = [head[: end + 1] for end, character in enumerate(head) if character == "/"]
            finders = [many[each] for each in heads if each in many]
            few = [r for each in heads if each not in many for r in by_head.get(each, ())]
            self._found[head] = _gathering(finders, few) if finders else _in_order(few)
        # Where nothing can match but one path that ends in its only parameter.
        self.tails: dict[str, tuple[dict[str, Route], str, Callable[[str], Any]]] = {
            head[:-1]: (found[0].by_method, *found[0].pattern.tail)
            for head, found in self._found.items()
            if isinstance(found, list)
            and len(found) == 1
            and found[0].pattern.tail is not None
            and found[0].pattern.head == head
        }

    def candidates(self, path: str) -> list[Resource]:
        end = path.rfind("/") + 1
        while end:
            if (found := self._found.get(path[:end])) is not None:
                return found if isinstance(found, list) else found(path)
            end = path.rfind("/", 0, end - 1) + 1
        return []


def _in_order(resources: list[Resource]) -> list[Resource]:
    return sorted(resources, key=lambda r: r.order) if len(resources) > 1 else resources


def _gathering(finders: list[Shapes], few: list[Resource]) -> _Finder:
    if len(finders) == 1 and not few:
        return finders[0].find
    return lambda path: _in_order([*few, *(r for finder in finders for r in finder.find(path))])


class Shapes:
    """Paths by their shape (which segments are literal) and then by those literal segments.

    A path has as many candidates as there are shapes, however many routes. What has no such shape
    (a parameter that takes slashes, or a part of a segment) is a candidate for every path.
    """

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._by_shape: dict[int, dict[tuple[int, ...], dict[tuple[str, ...], list[Resource]]]] = {}
        self._shapeless: list[Resource] = []
        for resource in resources:
            self._add(resource)

    def _add(self, resource: Resource) -> None:
        segments = _segments(resource.pattern)
        if segments is None:
            self._shapeless.append(resource)
            return
        places = tuple(i for i, text in enumerate(segments) if text is not None)
        literals = tuple(text for text in segments if text is not None)
        shapes = self._by_shape.setdefault(len(segments), {})
        shapes.setdefault(places, {}).setdefault(literals, []).append(resource)

    def find(self, path: str) -> list[Resource]:
        segments = path.split("/")
        found = list(self._shapeless)
        for places, by_literals in self._by_shape.get(len(segments), {}).items():
            found += by_literals.get(tuple([segments[i] for i in places]), ())
        return _in_order(found)


def _segments(pattern: Pattern) -> list[str | None] | None:
    """The literal segments, with None for each that is a parameter; None if there are others."""
    mark = "{}"  # No literal has a brace.
    segments = pattern.render(lambda parameter: mark if _is_one(parameter) else "{").split("/")
    if any("{" in segment and segment != mark for segment in segments):
        return None
    return [None if segment == mark else segment for segment in segments]


def _is_one(parameter: Parameter) -> bool:
    """Whether it takes one segment; of converters of the user's own nobody knows."""
    return parameter.kind != "path" and CONVERTERS.get(parameter.kind) is parameter.converter


def fallback(allowed: Sequence[str], method: str) -> HTTPError | None:
    """What a request without a route is answered: 404, 405, or None for an automatic OPTIONS."""
    if not allowed:
        return HTTPError(404)
    if method == "OPTIONS":
        return None
    return HTTPError(405, headers={"Allow": ", ".join(allowed)})
