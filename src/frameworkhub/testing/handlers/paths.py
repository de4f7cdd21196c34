"""Paths and routing: each handler tells its own label, and what it was given."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import frameworkhub as hub

from ..app import Both

ROUTES = {
    "static": "/static",
    "mixed_case": "/MixedCase",
    "slash": "/slash/",
    "dynamic": "/order/{name}",
    "fixed": "/order/fixed",
    "int_first": "/first/{number:int}",
    "then_str": "/first/{word}",
    "str_first": "/reverse/{word}",
    "never": "/reverse/{number:int}",
    "hex": "/hex/{value:hex}",
    "not_hex": "/hex/{word}",
    "str": "/str/{value}",
    "int": "/int/{value:int}",
    "float": "/float/{value:float}",
    "uuid": "/uuid/{value:uuid}",
    "path": "/path/{value:path}",
    "two": "/two/{a}/{b:int}",
    "pair": "/pair/{a:int}-{b:int}",
    "suffix": "/suffix/{name}.json",
    "middle": "/middle/{rest:path}/end",
    "deep_x": "/deep/{a}/x",
    "deep_y": "/deep/{b}/y",
    "metacharacters": "/literal/a.b+(c)*[d]$^|",
    "unicode": "/literal/café/雪",
    "percent": "/literal/100%",
    "space": "/literal/a b",
}


def add(both: Both) -> None:
    for label, path in ROUTES.items():
        both.get(f"/paths{path}", name=label)(_teller(label))
    both.get("", name="root")(_teller("colour's root"))
    both.app.get("/", name="root")(_teller("root"))
    _add_mixed(both)


def _teller(label: str) -> Callable[..., Any]:
    def tell(request: hub.Request, **params: Any) -> dict[str, Any]:
        return {
            "label": label,
            "params": {name: _shown(value) for name, value in params.items()},
            "path_params": sorted(request.path_params),
            "path": request.path,
            "root_path": request.root_path,
            "url": request.url,
        }

    return tell


def _shown(value: Any) -> Any:
    return f"uuid {value}" if isinstance(value, uuid.UUID) else value


def _add_mixed(both: Both) -> None:
    @both.post("/paths/mixed/fixed", name="mixed_fixed")
    def fixed(request: hub.Request) -> str:
        return "fixed"

    @both.get("/paths/mixed/{name}", name="mixed_dynamic")
    def dynamic(request: hub.Request, name: str) -> str:
        return f"dynamic {name}"

    @both.route("/paths/route/{name}", ("GET", "POST"), name="route")
    def route(request: hub.Request, name: str) -> dict[str, Any]:
        assert request.route is not None
        found = request.route
        return {"name": found.name, "path": found.path, "methods": sorted(found.methods)}
