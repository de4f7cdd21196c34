"""What uv and pip are configured for, read as they read it."""

from __future__ import annotations

import configparser
import os
import sys
import tomllib
import zipimport
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import HubError

MACHINE = Path("/etc")


def uv_indexes() -> Iterator[tuple[str, str | None]]:
    """The default index of each file of uv's settings, the weightiest first.

    Raises:
        HubError: one of the files is malformed.
    """
    for path, table in _uv_tables():
        try:
            yield str(path), _default(table)
        except (AttributeError, TypeError) as error:
            raise HubError(f"{path}: its index is no table with a url") from error


def _uv_tables() -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The settings of uv: of the project, the user, and the machine."""
    if named := os.environ.get("UV_CONFIG_FILE"):
        yield Path(named), _toml(Path(named))
    elif os.environ.get("UV_NO_CONFIG") in (None, "", "0", "false"):
        yield from _project()
        for folder in _uv_folders():
            yield folder / "uv.toml", _toml(folder / "uv.toml")


def _project() -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The nearest folder from here up that has settings; uv.toml counts before pyproject.toml."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (path := folder / "uv.toml").is_file():
            yield path, _toml(path)
            return
        path = folder / "pyproject.toml"
        if "uv" in (tools := _toml(path).get("tool", {})):
            yield path, tools["uv"]
            return


def _uv_folders() -> Iterator[Path]:
    environ = os.environ
    if sys.platform == "win32":
        yield Path(environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "uv"
        yield Path(environ.get("PROGRAMDATA") or "C:/ProgramData") / "uv"
        return
    yield Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "uv"
    for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        yield Path(folder) / "uv"
    yield MACHINE / "uv"


def _default(table: Mapping[str, Any]) -> str | None:
    """The default index of one table of settings."""
    marked = [each.get("url") for each in table.get("index", ()) if each.get("default")]
    return next(iter(marked), None) or table.get("index-url")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise HubError(f"{path} can't be read: {error}") from error


def pip_option(name: str) -> str | None:
    """An option of `pip install`: of its variable, else as its configuration files say.

    [install] counts before [global], and the later file before the earlier one.

    Raises:
        HubError: one of the files is malformed.
    """
    if value := os.environ.get(f"PIP_{name.upper().replace('-', '_')}"):
        return value
    told: dict[str, str] = {}
    for path in _pip_files():
        parser = configparser.RawConfigParser()
        parser.optionxform = _option  # type: ignore[assignment,method-assign]
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise HubError(f"{path} can't be read: {error}") from error
        for section in ("global", "install"):
            if value := parser.get(section, name, fallback=None):
                told[section] = value
    return told.get("install") or told.get("global")


def _option(name: str) -> str:
    return name.lower().replace("_", "-")


def _pip_files() -> list[Path]:
    """The files that `pip config debug` names, in the order in which pip reads them."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    machine, user = _pip_folders()
    of_user = [] if named and Path(named).exists() else [folder / name for folder in user]
    site = [Path(sys.prefix) / name]
    return [
        *(folder / name for folder in machine),
        *of_user,
        *site,
        *map(Path, filter(None, [named])),
    ]


def _pip_folders() -> tuple[list[Path], list[Path]]:
    """The folders of the machine's and of the user's configuration of pip."""
    environ, home = os.environ, Path.home()
    if sys.platform == "win32":
        roaming = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
        machine = Path(environ.get("PROGRAMDATA") or "C:/ProgramData")
        return [machine / "pip"], [home / "pip", roaming / "pip"]
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip"
    if sys.platform == "darwin":
        library = home / "Library" / "Application Support" / "pip"
        config = library if library.is_dir() else config
        return [Path("/Library/Application Support/pip")], [home / ".pip", config]
    shared = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    return [*(Path(folder) / "pip" for folder in shared), MACHINE], [home / ".pip", config]


def pips_own() -> str | None:
    """What pip asks when nothing is configured: of the pip that is here, or that Python brings."""
    try:
        return str(import_module("pip._internal.models.index").PyPI.simple_url)
    except ImportError:
        return _bundled()


def _bundled() -> str | None:
    try:
        folder = Path(str(import_module("ensurepip").__file__)).parent / "_bundled"
    except ImportError:
        return None
    for wheel in folder.glob("pip-*.whl"):
        module: dict[str, Any] = {"__name__": "index"}
        exec(zipimport.zipimporter(f"{wheel}/pip/_internal/models").get_code("index"), module)
        return str(module["PyPI"].simple_url)
    return None
