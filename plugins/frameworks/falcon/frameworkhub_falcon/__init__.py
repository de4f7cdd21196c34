"""Carries an app onto Falcon: `falcon.App` (WSGI) and `falcon.asgi.App` (ASGI).

Every path is a route of Falcon's router, with a resource whose class bears the name of the path's
first route (Falcon has no names of its own). Falcon's router refuses two templates that differ in a
parameter's name or converter only; of such paths the later one goes through a sink. So does what
no template takes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import frameworkhub as hub
from frameworkhub.frameworks import Features
from frameworkhub.routing import Parameter
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    return Features(("wsgi", "asgi"), websocket=("asgi",), no_websocket="WSGI has none")


@hub.hookimpl
def recognises(native: Any) -> str | None:
    falcon, asgi = sys.modules.get("falcon"), sys.modules.get("falcon.asgi")
    if asgi is not None and isinstance(native, asgi.App):
        return "asgi"
    return "wsgi" if falcon is not None and isinstance(native, falcon.App) else None


@hub.hookimpl
def build(site: Site) -> Any:
    side = _side(site.interface == "asgi")
    native = side.App()
    answers = side.Answers(site, native)
    if site.style == "beside":
        call = side.passing_by(native, lambda native, exchange: site, native.__class__.__call__)
        native.__class__ = _like(native.__class__, {"__call__": call})
        return native
    carry(side, answers, lambda path: True)
    add_routes(site, native, answers)
    native.add_sink(answers.sink, "")
    return native


@hub.hookimpl
def attach(site: Site, native: Any) -> Any:
    """The application's class becomes a subclass of what it was: see `carry`."""
    from falcon import asgi

    side = _side(isinstance(native, asgi.App))
    answers = side.Answers(site, native)
    if site.style == "beside":
        return answers.beside()
    carry(side, answers, site.owns)
    add_routes(site, native, answers)
    for pattern in _rest(site):
        native.add_sink(answers.sink, pattern)
    return native


def _side(is_async: bool) -> Any:
    return import_module(f"{__name__}.{'over_asgi' if is_async else 'over_wsgi'}")


def carry(side: Any, answers: Any, is_ours: Callable[[str], bool]) -> None:
    """Makes an application one of a subclass of its class, of the same layout.

    It gives the app what need not go by Falcon, closes the app's responses to all else, and gives
    it the methods that Falcon does not know: to those its router would answer 400.
    """
    from .passing import is_plain

    native, site = answers.native, answers.site
    base = native.__class__
    unknown = side.unknown(answers, is_ours, base._default_responder_bad_request)
    members: dict[str, Any] = {
        "_default_responder_bad_request": unknown,
        "hub_sites": {answers.answer: site, **getattr(base, "hub_sites", {})},
        "hub_prefixes": (site.prefix + "/", *getattr(base, "hub_prefixes", ())),
    }
    if not hasattr(base, "hub_sites"):
        call = side.carrier(base.__call__)
        if is_plain(native):
            call = side.passing_by(native, side.find, call)
        members["__call__"] = call
    native.__class__ = _like(base, members)


def _like(base: Any, members: dict[str, Any]) -> Any:
    return type(base.__name__, (base,), {"__slots__": (), **members})


def add_routes(site: Site, native: Any, answers: Any) -> None:
    for resource in site.resources:
        template = site.prefix + resource.pattern.render(field)
        try:
            native.add_route(template, answers.resource(resource.routes[0].name))
        except ValueError:  # Falcon's router can't have it: the sink has it.
            continue


CONVERTERS = {"int": ":int", "float": ":float", "uuid": ":uuid", "path": ":path"}


def field(parameter: Parameter) -> str:
    return f"{{{parameter.name}{CONVERTERS.get(parameter.kind, '')}}}"


def _rest(site: Site) -> list[re.Pattern[str]]:
    """What belongs to the site but may not be found by the templates."""
    if site.prefix:
        return [re.compile(re.escape(site.prefix) + "/")]
    patterns = (resource.pattern for resource in site.resources)
    return [re.compile(p.render(_group, re.escape) + r"\Z", re.DOTALL) for p in patterns]


def _group(parameter: Parameter) -> str:
    return f"(?:{parameter.converter.regex})"
