"""The routes of an app in the router of a Bottle application."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from frameworkhub.routing import Parameter, Pattern
from frameworkhub.site import Site


def register(site: Site, native: Any, answer: Callable[..., Any], everything: bool) -> None:
    """Adds the routes; with `everything` the app answers whatever else is under its prefix."""
    users = [*native.routes]
    verbs = sorted({"ANY", *native.router.dyna_routes})
    for route in site.routes:
        name = f"{site.name}.{route.name}"
        native.route(rule(site, native, route.pattern), [*route.methods], answer, name)
        native.router.builder[name] = builder(site, route.pattern)
    # For the methods that no route has: a router tries ANY last.
    for resource in site.resources:
        native.route(rule(site, native, resource.pattern), "ANY", answer)
    if everything:
        start = rule(site, native, Pattern("/")) if site.prefix else ""
        native.route(start + wildcard("", ".*"), verbs, answer)
    put_last(native, users)


def rule(site: Site, native: Any, pattern: Pattern) -> str:
    """A path in Bottle's syntax, with none but its own filters, so that it can be merged."""
    is_special = native.router.rule_syntax.search

    def literal(text: str) -> str:
        return wildcard("", re.escape(text)) if is_special(text) else text

    def parameter(found: Parameter) -> str:
        name = re.sub(r"\W", "_", found.name, flags=re.ASCII)  # all that the syntax allows
        return wildcard(name, found.converter.regex)

    return literal(site.prefix) + pattern.render(parameter, literal)


def wildcard(name: str, regex: str) -> str:
    inside = regex.replace(">", r"\>")
    return f"<{name}:re:(?s:{inside})>"


def builder(site: Site, pattern: Pattern) -> list[tuple[str | None, Any]]:
    """What `get_url` joins: texts, and parameters with their filter; percent-encoded."""

    def to_url(found: Parameter) -> Callable[[Any], str]:
        return lambda value: quote(found.converter.to_url(value))

    parts = [site.prefix, *pattern.parts]
    return [(None, quote(p)) if isinstance(p, str) else (p.name, to_url(p)) for p in parts]


def put_last(native: Any, users: list[Any]) -> None:
    """The app's routes come before those of the user, which may match any path."""
    native.routes.sort(key=users.__contains__)
    router = native.router
    for method, rules in router.dyna_routes.items():
        rules.sort(key=lambda rule: rule[2] in users)
        router._groups.update({(rule[1], method): place for place, rule in enumerate(rules)})
        router._compile(method)
