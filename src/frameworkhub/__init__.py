"""Write web handlers once, and run them on the Python framework you have.

Everything public is a name of this module; docs/reference.md tells what each does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .app import App
from .errors import (
    BrokenAdapter,
    CapabilityError,
    ClientDisconnect,
    HTTPError,
    HubError,
    UnknownAdapter,
    WebSocketClosed,
)
from .requests import Request
from .responses import Response

if TYPE_CHECKING:
    from .catalogue import System, compare, find, recommend, system, systems
    from .events import Event
    from .forms import UploadFile
    from .hookspecs import implementation as hookimpl
    from .registry import Adapter, adapters
    from .websockets import WebSocket

# Imported where they are first used, so that `import frameworkhub` costs little.
_LATER = {
    "Adapter": ("registry", "Adapter"),
    "Event": ("events", "Event"),
    "System": ("catalogue", "System"),
    "UploadFile": ("forms", "UploadFile"),
    "WebSocket": ("websockets", "WebSocket"),
    "adapters": ("registry", "adapters"),
    "compare": ("catalogue", "compare"),
    "find": ("catalogue", "find"),
    "hookimpl": ("hookspecs", "implementation"),
    "recommend": ("catalogue", "recommend"),
    "system": ("catalogue", "system"),
    "systems": ("catalogue", "systems"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LATER[name]
    return getattr(import_module(f".{module}", __name__), attribute)


__all__ = [
    "Adapter",
    "App",
    "BrokenAdapter",
    "CapabilityError",
    "ClientDisconnect",
    "Event",
    "HTTPError",
    "HubError",
    "Request",
    "Response",
    "System",
    "UnknownAdapter",
    "UploadFile",
    "WebSocket",
    "WebSocketClosed",
    "adapters",
    "compare",
    "find",
    "hookimpl",
    "recommend",
    "system",
    "systems",
]
