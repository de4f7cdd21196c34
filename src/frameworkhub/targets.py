"""From names to something that can be served: `MODULE:APP`, on a framework, by a server."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from . import registry
from .app import App
from .errors import BrokenAdapter, CapabilityError, HubError
from .registry import Adapter
from .servers import Target

BARE = "bare"
BARE_INTERFACES = ("wsgi", "asgi")


def import_app(reference: str) -> App:
    """The App that `MODULE:ATTRIBUTE` names, with the current directory on the import path.

    Raises:
        HubError: malformed, no such module or attribute, or not an App. An error inside the module
            is the cause of the HubError.
    """
    module_name, _, attribute = reference.partition(":")
    if not module_name or not attribute:
        raise HubError(f"{reference!r} is not of the form MODULE:APP")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    found = _import(module_name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise HubError(f"the module {module_name!r} has no {attribute!r}")
        found = getattr(found, part)
    if not isinstance(found, App):
        raise HubError(f"{reference!r} is a {type(found).__name__}, not a frameworkhub.App")
    return found


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise HubError(f"no module {name!r}") from None
        raise HubError(f"the module {name!r} does not import: {error}") from error
    except Exception as error:
        raise HubError(f"the module {name!r} does not import: {error}") from error


def split(on: str) -> tuple[str, str | None]:
    """`NAME` or `NAME:INTERFACE`."""
    name, _, interface = on.partition(":")
    return name, interface or None


def make(app: App, on: str, style: str = "native", options: dict[str, Any] | None = None) -> Target:
    """The target for an app: on a framework, or on none (`bare:wsgi`, `bare:asgi`)."""
    name, interface = split(on)
    if name == BARE:
        return _bare(app, interface or "asgi")
    interface = interface or registry.adapter("frameworks", name).features.interfaces[0]
    native = app.on(name, style=style, interface=interface, **(options or {}))
    return Target(app, native, interface)


def _bare(app: App, interface: str) -> Target:
    if interface not in BARE_INTERFACES:
        raise CapabilityError(f"the bare app has no interface {interface!r}; there are: wsgi, asgi")
    paths = [r.path for r in app.routes() if r.websocket and not r.optional]
    if interface == "wsgi" and paths:
        raise CapabilityError(
            f"bare:wsgi can't carry the WebSocket {', '.join(paths)}: WSGI has none; bare:asgi can"
        )
    app.site()  # Contradictory routes are told now, and not to the first request.
    return Target(app, getattr(app, interface), interface)


def load(app: str, on: str, style: str = "native", options: dict[str, Any] | None = None) -> Target:
    """`make`, for the app that `MODULE:ATTRIBUTE` names; worker processes can make it again."""
    spec = {"app": app, "on": on, "style": style, "options": options or {}}
    target = make(import_app(app), on, style, options)
    return Target(target.app, target.native, target.protocol, spec)


def pick_server(protocol: str, name: str | None = None) -> Adapter:
    """The server `name`, or an installed one, for a protocol; one of the protocol's own name first.

    Raises:
        CapabilityError: it does not serve that, or none does.
    """
    if name is not None:
        chosen = registry.adapter("servers", name)
        if protocol not in chosen.features.protocols:
            can = ", ".join(chosen.features.protocols)
            raise CapabilityError(f"{name} serves {can}, not {protocol}; {_servers_for(protocol)}")
        return chosen
    able = _able(protocol)
    if not able:
        raise CapabilityError(f"no installed server serves {protocol}")
    return next((one for one in able if one.name == protocol), able[0])


def _able(protocol: str) -> list[Adapter]:
    able = []
    for server in registry.adapters("servers"):
        try:
            if protocol in server.features.protocols:
                able.append(server)
        except BrokenAdapter:
            continue  # Others may do; who asks for it by name is told why it does not.
    return able


def _servers_for(protocol: str) -> str:
    names = ", ".join(one.name for one in _able(protocol))
    return f"these do: {names}" if names else "no installed server does"
