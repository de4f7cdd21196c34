"""The user's own data file, written by `frameworkhub refresh`."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ..errors import HubError
from .model import Release, Source

Releases = Mapping[str, Release]
"""Releases by name of the distribution, as the entries write it."""
Records = dict[str, dict[str, Any]]
"""The same as JSON."""


def folder() -> Path:
    """Where data of this user is kept: `FRAMEWORKHUB_DATA`, or the platform's usual place.

    That is `$XDG_DATA_HOME/frameworkhub` (XDG Base Directory Specification), on Windows
    `%LOCALAPPDATA%`, on macOS `~/Library/Application Support`.
    """
    if given := os.environ.get("FRAMEWORKHUB_DATA"):
        return Path(given)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "frameworkhub"


def file() -> Path:
    """The data file, which need not exist."""
    return folder() / "catalogue.json"


def releases() -> Releases:
    """What was refreshed; nothing, with a warning, if the file can't be read."""
    return {name: release(each) for name, each in records().items()}


def records() -> Records:
    """The same as it stands in the file, with what `refresh` keeps there for its next turn."""
    try:
        found: Records = dict(json.loads(file().read_text("utf-8"))["releases"])
        for each in found.values():
            release(each)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        warnings.warn(f"{file()}: {error}; the catalogue goes on without it", stacklevel=2)
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{file()} is damaged ({type(error).__name__}: {error}); the catalogue goes on"
        warnings.warn(f"{message} without it; frameworkhub refresh writes it anew", stacklevel=2)
        return {}
    return found


def release(data: Mapping[str, Any]) -> Release:
    """One release of the file. Raises ValueError, KeyError or TypeError for what isn't one."""
    what = f"{data['distribution']} {data['version']}"
    source = Source("index", date.fromisoformat(data["checked"]), what=what)
    day = date.fromisoformat(data["date"])
    return Release(data["version"], day, data["licence"], data["python"], source)


def update(changed: Records) -> None:
    """Puts these records over those of the file, which is whole at every moment.

    Raises:
        HubError: it can't be written.
    """
    text = json.dumps({"releases": records() | changed}, indent=1, ensure_ascii=False)
    new = file().with_suffix(f".{os.getpid()}.new")
    try:
        new.write_text(text, "utf-8")
        new.replace(file())
    except OSError as error:
        raise HubError(f"can't write {file()}: {error.strerror}") from error
    finally:
        new.unlink(missing_ok=True)


def check_writable() -> None:
    """Makes the folder. Raises HubError if nothing can be written there."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HubError(f"can't write to {folder()}: {error.strerror}") from error
    if not os.access(folder(), os.W_OK):
        raise HubError(f"can't write to {folder()}; FRAMEWORKHUB_DATA may name another folder")
