"""A plugin's manifest: its `pyproject.toml`, found again where the plugin is installed."""

from __future__ import annotations

import json
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname


def read(distribution: str) -> dict[str, Any]:
    """The manifest of an installed plugin, `{}` if it ships none.

    An editable install (PEP 610) has it in its folder. A wheel carries it next to its module, as
    `<module>.toml` (force-include of the build backend).

    Raises:
        importlib.metadata.PackageNotFoundError: nothing of that name is installed.
        tomllib.TOMLDecodeError: the manifest is malformed.
    """
    path = find(metadata.distribution(distribution))
    return {} if path is None else tomllib.loads(path.read_text("utf-8"))


def section(distribution: str, *keys: str) -> dict[str, Any]:
    """The table `[tool.frameworkhub.<keys>]` of the manifest, `{}` if it has none."""
    table = read(distribution)
    for key in ("tool", "frameworkhub", *keys):
        table = table.get(key, {})
    return table


def find(distribution: metadata.Distribution) -> Path | None:
    """The manifest's file."""
    candidates = [*_editable(distribution), *_shipped(distribution)]
    return next((path for path in candidates if path.is_file()), None)


def _editable(distribution: metadata.Distribution) -> list[Path]:
    direct = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not direct.get("dir_info", {}).get("editable"):
        return []
    return [Path(url2pathname(urlsplit(direct["url"]).path)) / "pyproject.toml"]


def _shipped(distribution: metadata.Distribution) -> list[Path]:
    modules = {
        point.module.partition(".")[0]
        for point in distribution.entry_points
        if point.group.startswith("frameworkhub.")
    }
    return [Path(str(distribution.locate_file(f"{module}.toml"))) for module in sorted(modules)]
