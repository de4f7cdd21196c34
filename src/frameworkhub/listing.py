"""Tables of routes and of installed plugins, for the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

from . import registry
from .errors import HubError

if TYPE_CHECKING:
    from .app import App
    from .registry import Adapter
    from .routing import Route

ROUTES = ("methods", "path", "name", "handler", "flags")
ADAPTERS = ("kind", "name", "version", "runs", "carries")

Row = dict[str, Any]


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """The rows under a line of column names; a row with an `error` ends by telling it."""
    lines = [list(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ends = ["", *(f"  {row['error']}" if row.get("error") else "" for row in rows)]
    return "\n".join(
        "  ".join(map(str.ljust, line, widths)).rstrip() + end
        for line, end in zip(lines, ends, strict=True)
    )


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def routes(app: App) -> list[Row]:
    """One row for each route, in order of registration."""
    return [_route(route) for route in app.routes()]


def _route(route: Route) -> Row:
    handler = route.handler
    flags = {"stream": route.stream, "websocket": route.websocket}
    return {
        "methods": list(route.methods),
        "path": route.path,
        "name": route.name,
        "handler": f"{handler.__module__}:{getattr(handler, '__qualname__', repr(handler))}",
        "flags": [name for name, is_set in flags.items() if is_set],
    }


def adapters(kind: str | None = None) -> list[Row]:
    """One row for each installed plugin; a broken one has its cause under `error`.

    Raises:
        HubError: there is no such kind.
    """
    kinds = [kind] if kind else list(registry.KINDS)
    return [_adapter(adapter) for each in kinds for adapter in registry.adapters(each)]


def _adapter(adapter: Adapter) -> Row:
    row: Row = {"kind": adapter.kind, "name": adapter.name, "version": adapter.version}
    row["carries"] = carried(adapter.distribution)
    try:
        features = adapter.features
    except HubError as error:
        return row | {"error": str(error)}
    return row | {"runs": list(getattr(features, "interfaces", None) or features.protocols)}


def carried(distribution: str) -> list[str]:
    """What a plugin's distribution needs beside this library, each with its installed version."""
    found = []
    for requirement in metadata.requires(distribution) or ():
        name = re.match(r"[\w.-]+", requirement)
        if name and name[0] != "frameworkhub" and not re.search(r";.*\bextra\b", requirement):
            found.append(f"{name[0]} {_version(name[0])}")
    return found


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "(not installed)"
