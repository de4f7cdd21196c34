"""An app's routes as Django's URL patterns."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

from django.urls import path, re_path, register_converter
from django.urls.converters import get_converters

from frameworkhub.routing import CONVERTERS, Parameter, Route
from frameworkhub.site import Site

from .resolving import Mount
from .views import View, view


class Urlconf(ModuleType):
    """The URLconf of `app.on("django")`: the app's patterns, and one for everything else."""

    def __init__(self, site: Site) -> None:
        super().__init__(f"frameworkhub_django.{site.name}")
        self.urlpatterns = [mount(site), re_path("", view(site))]


def mount(site: Site) -> Any:
    """The app's patterns; under a prefix of its own it answers everything else there, too."""
    namespace = Namespace(site.name, f"{site.prefix[1:]}/" if site.prefix else "")
    if site.style == "native":
        for route in site.routes:
            if route.methods:
                namespace.add(route.name, route, view(site, route.handler))
    if site.prefix:
        namespace.patterns.append(re_path("", view(site)))
    return namespace.mount


class Namespace:
    """Patterns in order; a route named `group:route` is in a namespace of its own."""

    def __init__(self, name: str, prefix: str = "") -> None:
        self.patterns: list[Any] = []
        self.fixed: dict[str, Any] = {}
        self.inner: dict[str, Namespace] = {}
        self.mount = Mount(prefix, self.patterns, name, self.fixed)

    def add(self, name: str, route: Route, answer: View) -> None:
        head, colon, rest = name.partition(":")
        if not colon:
            self._add(pattern(route, name, answer), route)
            return
        if head not in self.inner:
            self.inner[head] = Namespace(head)
            self.patterns.append(self.inner[head].mount)
        self.inner[head].add(rest, route, answer)

    def _add(self, found: Any, route: Route) -> None:
        self.patterns.append(found)
        if not route.pattern.parameters:
            self.fixed.setdefault(route.pattern.render(str)[1:], found)


def pattern(route: Route, name: str, answer: View) -> Any:
    if "<" in route.pattern.render(lambda parameter: ""):  # `path` would take it for a parameter.
        regex = route.pattern.render(lambda p: f"(?P<{p.name}>{exact(p)})", re.escape)
        return re_path(rf"^{regex[1:]}\Z", answer, name=name)
    return path(route.pattern.render(lambda p: f"<{converter(p)}:{p.name}>")[1:], answer, name=name)


def exact(parameter: Parameter) -> str:
    return f"(?s:{parameter.converter.regex})"


def converter(parameter: Parameter) -> str:
    """The name of Django's converter that matches as the hub's does; made where there is none."""
    if parameter.converter is CONVERTERS["str"]:
        return "str"
    name = "hub_" + re.sub(r"\W", "_", parameter.kind)
    known = get_converters()
    while name in known and known[name].wrapped is not parameter.converter:
        name += "_"
    if name not in known:
        register_converter(adapted(parameter), name)
    return name


def adapted(parameter: Parameter) -> type:
    class Converter:
        wrapped = parameter.converter
        regex = exact(parameter)

        def to_python(self, text: str) -> Any:
            try:
                return self.wrapped.to_python(text)
            except ValueError:
                raise
            except Exception:
                return text  # The site will meet the same error, and answer it.

        def to_url(self, value: Any) -> str:
            return self.wrapped.to_url(value)

    return Converter
