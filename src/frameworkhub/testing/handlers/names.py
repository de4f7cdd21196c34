"""Names of routes, and the paths made from them."""

from __future__ import annotations

import uuid
from typing import Any

import frameworkhub as hub

from ..app import Both, Colour, painted

VALUES: dict[str, dict[str, Any]] = {
    "names_static": {},
    "names_str": {"value": "café x/?#%+;"},
    "names_int": {"value": -5},
    "names_float": {"value": 1.5},
    "names_uuid": {"value": uuid.UUID(int=5)},
    "names_path": {"value": "a b/c%2F/é"},
    "names_hex": {"value": 255},
    "names_two": {"a": "x", "b": 3},
    "names_literal": {"a": "1"},
}
PATHS = {
    "names_static": "/names/static",
    "names_str": "/names/str/{value}",
    "names_int": "/names/int/{value:int}",
    "names_float": "/names/float/{value:float}",
    "names_uuid": "/names/uuid/{value:uuid}",
    "names_path": "/names/path/{value:path}",
    "names_hex": "/names/hex/{value:hex}",
    "names_two": "/names/two/{a}/to/{b:int}.json",
    "names_literal": "/names/a b%é/{a}",
}


def add(both: Both) -> None:
    for name, path in PATHS.items():
        both.get(path, name=name.removeprefix("names_"))(_shown)

    @both.get("/names-of/url/{name}")
    def url(request: hub.Request, name: str) -> dict[str, Any]:
        params = dict(VALUES.get(name, {}))
        if name == "names_str":
            params["value"] = params["value"].replace("/", "")
        colour = request.path.split("/")[1]
        full_name = f"{colour}_{name}"
        return {
            "request": request.url_for(full_name, **params),
            "app": request.app.url_for(full_name, **params),
            "params": {key: str(value) for key, value in params.items()},
        }

    @both.get("/names-of/outcome/{case}")
    def outcome(request: hub.Request, case: str) -> str:
        colour = request.path.split("/")[1]
        name, params = WRONG[case]
        try:
            return request.url_for(f"{colour}_{name}", **params)
        except LookupError:
            return "LookupError"
        except ValueError:
            return "ValueError"

    both.group("/names-group", _group, name="")
    for colour in both.colours:
        named = hub.App(name=f"named_{colour}")
        named.get("/here/{x}", name="here")(painted(_shown, colour))
        both.app.include(named, prefix=f"/{colour}/names-named", name=f"named_{colour}")

    @both.get("/names-of/grouped")
    def grouped(request: hub.Request) -> list[str]:
        colour = request.path.split("/")[1]
        in_group = request.url_for(f"{colour}_in_group")
        return [in_group, request.url_for(f"named_{colour}:here", x="1")]


def _group(group: hub.App, colour: Colour) -> None:
    group.get("/in", name=f"{colour}_in_group")(painted(_shown, colour))


def _shown(request: hub.Request, **params: Any) -> dict[str, Any]:
    return {key: str(value) for key, value in params.items()}


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown": ("names_nothing", {}),
    "missing": ("names_str", {}),
    "extra": ("names_static", {"value": 1}),
    "other": ("names_str", {"other": 1}),
    "slash": ("names_str", {"value": "a/b"}),
    "empty": ("names_str", {"value": ""}),
    "empty-path": ("names_path", {"value": ""}),
    "no-int": ("names_int", {"value": "x"}),
    "no-float": ("names_float", {"value": float("nan")}),
    "no-uuid": ("names_uuid", {"value": "x"}),
    "none": ("names_int", {"value": None}),
}
