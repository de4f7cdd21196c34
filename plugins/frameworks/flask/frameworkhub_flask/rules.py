"""The rules of an app's routes in the URL map of a Flask application."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask

from frameworkhub.routing import Parameter, Pattern
from frameworkhub.site import Site

Answer = Callable[..., Any]


class AnyMethod(frozenset[str]):
    """The methods of a rule that takes every one; who lists them finds none."""

    def __contains__(self, method: object) -> bool:
        return True


def register(site: Site, native: Flask, answer: Answer, everything: bool) -> None:
    """Adds the rules; with `everything` the app answers whatever else there is under its prefix."""
    native.register_blueprint(Blueprint(site.name, __name__))
    rules: list[Any] = [(route.pattern, route.name, route.methods) for route in site.routes]
    # For the methods that no route has. They come last, so that a request shows as its own route.
    if everything:
        rules += [(Pattern(path), "_other", ()) for path in ("/", "/{path:path}")]
    else:
        rules += [(found.pattern, found.routes[0].name, ()) for found in site.resources]
    for pattern, name, methods in rules:
        path = site.prefix + pattern.render(lambda parameter: variable(site, native, parameter))
        add_rule(native, path, f"{site.name}.{name}", methods, answer)


def add_rule(native: Flask, path: str, endpoint: str, methods: Any, answer: Answer) -> None:
    options: dict[str, Any] = {"strict_slashes": False, "merge_slashes": False}
    if path != "/" and path.endswith("/"):
        # Werkzeug would send a client there who leaves the slash out; not if it is a parameter.
        converters = native.url_map.converters
        converters["hub_slash"] = converter("/", str, converters["path"])
        path, options["defaults"] = path[:-1] + "<hub_slash:_>", {"_": "/"}
    rule = native.url_rule_class(path, endpoint=endpoint, methods=methods, **options)
    rule.methods = rule.methods or AnyMethod()
    native.url_map.add(rule)
    native.view_functions[endpoint] = answer


def variable(site: Site, native: Flask, parameter: Parameter) -> str:
    """A parameter in the syntax of a rule, with a converter of the app's own."""
    converters = native.url_map.converters
    name = plain(f"{site.name}_{parameter.kind}")
    if name not in converters:
        base = converters.get(parameter.kind, converters["path"])
        converters[name] = converter(parameter.converter.regex, parameter.converter.to_url, base)
    return f"<{name}:{plain(parameter.name)}>"


def plain(name: str) -> str:
    """A name of the characters that the syntax of rules has for them."""
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def converter(regex: str, to_url: Callable[[Any], str], base: Any) -> type:
    """One that matches as the hub does, whatever `base` does; the site converts."""

    class Converter(base):
        def __init__(self, map: Any) -> None:
            super().__init__(map)
            self.regex = f"(?s:{regex})"

        def to_python(self, value: str) -> str:
            return value

        def to_url(self, value: Any) -> str:
            return str(super().to_url(to_url(value)))

    return Converter
