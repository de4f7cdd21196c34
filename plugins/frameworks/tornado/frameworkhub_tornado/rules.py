"""Tornado's routing rules for a site."""

from __future__ import annotations

import re
from typing import Any

from tornado.routing import Matcher, PathMatches, Rule
from tornado.web import Application, RequestHandler

from frameworkhub import hosts
from frameworkhub.routing import Parameter, Pattern
from frameworkhub.site import Site

from .bodies import Entrance
from .requests import scope_of
from .sockets import websocket_handler

Matched = dict[str, Any] | None


def rules(
    site: Site,
    application: Application,
    everything: bool = False,
    handler: type[RequestHandler] = RequestHandler,
) -> list[Rule]:
    """A rule for each name of each of the site's paths, then one for all else that is its own.

    Before them stands one that finds what most requests want without trying them all.

    Args:
        application: where they will be.
        everything: every path of the application belongs to the site.
        handler: what the handlers derive from.
    """
    plain = Entrance(site, application, handler)
    socket, settings = websocket_handler(handler), {"site": site}
    found = []
    if site.style == "native":
        found.append(Rule(Routed(site), plain))
    for resource in site.resources if site.style == "native" else ():
        for route in {route.name: route for route in resource.routes}.values():
            matcher = SitePath(route.pattern, site.prefix, route.websocket)
            target = (socket, settings) if route.websocket else (plain,)
            found.append(Rule(matcher, *target, name=f"{site.name}:{route.name}"))
    found.append(Rule(Owned(site, everything, upgrade=True), socket, settings))
    found.append(Rule(Owned(site, everything, upgrade=False), plain))
    return found


def _path(request: Any) -> str:
    path: str = request.path
    if path.isascii() and "%" not in path:
        return path
    return hosts.decode(path.encode("latin-1"))


def _upgrades(request: Any) -> bool:
    return "Upgrade" in request.headers and hosts.is_websocket(scope_of(request))


def _arguments(texts: dict[str, str] | None) -> Matched:
    """What tornado passes on of a decoded path that matches."""
    if not texts:
        return {} if texts is not None else None
    values = {name: text.encode() for name, text in texts.items()}
    return {"path_args": [], "path_kwargs": values}


class Routed(Matcher):
    """Any path of a site for which there is a route, found as the site finds it."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def match(self, request: Any) -> Matched:
        path, prefix = request.path, self.site.prefix
        if "%" in path or not path.isascii():
            path = _path(request)
        if not path.startswith(prefix) or "Upgrade" in request.headers:
            return None
        path = path[len(prefix) :]
        found = hosts.find(self.site, request.method, request.uri, path)
        if found is None:
            return None
        arguments = _arguments(found.route.pattern.texts(path)) if found.params else {}
        if arguments is None:
            return None
        if "\ufffd" not in path:  # The site looks whether that came so, or is no UTF-8.
            arguments["found"] = found
        return arguments


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
        if not path.startswith(self.prefix):
            return None
        path = path[len(self.prefix) :]
        if self.pattern.is_static:
            found = _arguments(self.pattern.texts(path))
        else:
            match = self.pattern.match(path)
            found = _arguments(match and match.groupdict())
        return found if found is not None and _upgrades(request) == self.upgrade else None

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
