"""Tornado's routing rules for a site."""

from __future__ import annotations

import re
from typing import Any

from tornado.routing import Matcher, PathMatches, Rule
from tornado.web import RequestHandler

from frameworkhub import hosts
from frameworkhub.routing import Parameter, Pattern
from frameworkhub.site import Site

from .exchange import http_handler
from .requests import scope_of
from .sockets import websocket_handler

Matched = dict[str, Any] | None


def rules(
    site: Site, everything: bool = False, handler: type[RequestHandler] = RequestHandler
) -> list[Rule]:
    """A rule for each name of each of the site's paths, then one for all else that is its own.

    Args:
        everything: every path of the application belongs to the site.
        handler: what the handlers derive from.
    """
    plain, socket, settings = http_handler(handler), websocket_handler(handler), {"site": site}
    found = []
    for resource in site.resources if site.style == "native" else ():
        for route in {route.name: route for route in resource.routes}.values():
            matcher = SitePath(route.pattern, site.prefix, route.websocket)
            target = socket if route.websocket else plain
            found.append(Rule(matcher, target, settings, f"{site.name}:{route.name}"))
    found.append(Rule(Owned(site, everything, upgrade=True), socket, settings))
    found.append(Rule(Owned(site, everything, upgrade=False), plain, settings))
    return found


def _path(request: Any) -> str:
    return hosts.decode(request.path.encode("latin-1"))


def _upgrades(request: Any) -> bool:
    return "Upgrade" in request.headers and hosts.is_websocket(scope_of(request))


class SitePath(PathMatches):
    """One path of a site. Tornado matches the undecoded path; this, as everywhere, the decoded one.

    Args:
        upgrade: matches WebSocket handshakes, and nothing else.
    """

    def __init__(self, pattern: Pattern, prefix: str, upgrade: bool) -> None:
        super().__init__(re.escape(prefix) + pattern.render(_group, re.escape))
        self.pattern = pattern
        self.prefix = prefix
        self.upgrade = upgrade

    def match(self, request: Any) -> Matched:
        path = _path(request)
        if not path.startswith(self.prefix) or _upgrades(request) != self.upgrade:
            return None
        found = self.pattern.match(path[len(self.prefix) :])
        if found is None:
            return None
        values = {name: found[name].encode() for name in self.pattern.parameters}
        return {"path_args": [], "path_kwargs": values}

    def reverse(self, *args: Any) -> str:
        names = self.pattern.parameters
        return self.prefix + self.pattern.url(dict(zip(names, args, strict=True)))


def _group(parameter: Parameter) -> str:
    return f"(?P<{parameter.name}>{'.+' if parameter.kind == 'path' else '[^/]+'})"


class Owned(Matcher):
    """What belongs to a site, whether or not it has a route: 404, 405, OPTIONS, bad UTF-8 ..."""

    def __init__(self, site: Site, everything: bool, upgrade: bool) -> None:
        self.site = site
        self.everything = everything
        self.upgrade = upgrade

    def match(self, request: Any) -> Matched:
        mine = self.everything or self.site.owns(_path(request))
        return {} if mine and _upgrades(request) == self.upgrade else None
