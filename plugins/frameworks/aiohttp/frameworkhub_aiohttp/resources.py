"""aiohttp's resources for the paths of a site."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from frameworkhub import hosts
from frameworkhub.routing import Parameter, Pattern, Route


class Match(web.UrlMappingMatchInfo):
    """What aiohttp hands on of a path that matches, with what the site has found for it."""

    __slots__ = ("found",)
    found: hosts.Found


class SitePath:
    """Makes a resource find a route as the site does, so that the site need not look again.

    What the site does not find for this very path is left to aiohttp's own matching.

    Attributes:
        own: by method, the site's route and aiohttp's.
    """

    endpoint: Any
    pattern: Pattern
    own: dict[str, tuple[Route, web.ResourceRoute]]

    def add(self, method: str, route: Route | None = None) -> None:
        """Adds a route, for requests that the site answers with that of its own, if any."""
        endpoint: Any = self.endpoint
        native = self.add_route(method, endpoint.handle, expect_handler=endpoint.expect)
        if route is not None and not (route.websocket or endpoint.site.is_placed):
            self.own[method] = route, native

    def add_prefix(self, prefix: str) -> None:
        super().add_prefix(prefix)  # type: ignore[misc]
        self.own.clear()  # The path is not the site's any more.

    async def resolve(self, request: web.Request) -> Any:
        method = request.method
        if (own := self.own.get(method)) is not None:
            path, target = request.rel_url.path_safe, request.raw_path
            if (
                (target == path or target.startswith(path + "?"))
                and path.isascii()
                and "%" not in path
                and (texts := self.pattern.texts(path)) is not None
            ):
                route, native = own
                found = hosts.find(self.endpoint.site, method, target, path)
                if found is not None and found.route is route:  # Else another path goes before.
                    match = Match(texts, native)
                    match.found = found
                    return match, set()
        return await super().resolve(request)  # type: ignore[misc]


class PlainPath(SitePath, web.PlainResource):
    """A path without parameters."""


class DynamicPath(SitePath, web.DynamicResource):
    """One with parameters."""


def make_resource(endpoint: Any, pattern: Pattern, name: str) -> Any:
    """The resource of a site's path, still without routes."""
    path = endpoint.site.prefix + pattern.render(_parameter, _literal)
    made = (PlainPath if pattern.is_static else DynamicPath)(path, name=name)
    made.endpoint, made.pattern, made.own = endpoint, pattern, {}
    return made


def _parameter(parameter: Parameter) -> str:
    regex = parameter.converter.regex
    if not re.fullmatch(r"[^{}]*(?:\{[^{}]*\}[^{}]*)*", regex):
        regex = "[^/]+"  # aiohttp can't parse its braces; the site decides anyway.
    return f"{{{_ascii(parameter.name)}:(?s:{regex})}}"


def _ascii(name: str) -> str:
    return name if name.isascii() else f"_{name.encode().hex()}"


def _literal(text: str) -> str:
    # aiohttp matches decoded paths, but for `%2F` and `%25`.
    return text.replace("%", "%25")
