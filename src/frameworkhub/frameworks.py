"""The contract of the kind `frameworks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from . import registry
from .errors import BrokenAdapter, CapabilityError, UnknownAdapter

if TYPE_CHECKING:
    from .app import App


@attrs.frozen
class Features:
    """What a framework can carry.

    Attributes:
        interfaces: the protocols by which a server runs its applications, the usual one first:
            "wsgi", "asgi", or the name of its own server.
        websocket: those of `interfaces` that carry WebSockets.
        no_websocket: why the others don't, for the error message.
        options: names that `build` and `attach` understand.
    """

    interfaces: tuple[str, ...]
    websocket: tuple[str, ...] = ()
    no_websocket: str = "it has no WebSockets"
    options: tuple[str, ...] = ()


STYLES = ("native", "beside")


def build(app: App, name: str, style: str, options: dict[str, Any]) -> Any:
    """`App.on`."""
    adapter = registry.adapter("frameworks", name)
    interface, options = _settle(adapter, app, style, options)
    websocket = interface in adapter.features.websocket
    site = app.site(style=style, interface=interface, websocket=websocket)
    native = adapter.hook.build(site=site, options=options)
    if native is None:
        raise adapter.broken("has no hook `build`, or it returns nothing")
    return native


def attach(
    app: App, native: Any, prefix: str, name: str | None, style: str, options: dict[str, Any]
) -> Any:
    """`App.attach`."""
    adapter = registry.adapter("frameworks", name) if name else recognise(native)
    if isinstance(known := adapter.hook.recognises(native=native), str):
        options = {"interface": known} | options
    interface, options = _settle(adapter, app, style, options)
    websocket = interface in adapter.features.websocket
    site = app.site(prefix=prefix, style=style, interface=interface, websocket=websocket)
    attached = adapter.hook.attach(site=site, native=native, options=options)
    if attached is None:
        raise CapabilityError(
            f"{adapter.name} can't take an app into an application of the user's; "
            f"app.on({adapter.name!r}) makes one of its own"
        )
    return attached


def recognise(native: Any) -> registry.Adapter:
    """The adapter that knows `native`; plugins that do not load are passed over, if one does."""
    broken: list[BrokenAdapter] = []
    for adapter in registry.adapters("frameworks"):
        try:
            if adapter.hook.recognises(native=native):
                return adapter
        except BrokenAdapter as error:
            broken.append(error)
    kind = f"{type(native).__module__}.{type(native).__qualname__}"
    names = ", ".join(one.name for one in registry.adapters("frameworks")) or "none"
    also = "".join(f"; {error}" for error in broken)
    raise UnknownAdapter(f"no adapter takes a {kind}; installed frameworks: {names}{also}")


def _settle(
    adapter: registry.Adapter, app: App, style: str, options: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The interface and the adapter's own options, once both are known to be possible."""
    features: Features = adapter.features
    options = dict(options)
    interface = options.pop("interface", None) or features.interfaces[0]
    _require(adapter, "style", style, STYLES)
    _require(adapter, "interface", interface, features.interfaces)
    for option in options:
        _require(adapter, "option", option, features.options)
    if interface not in features.websocket:
        _refuse_websockets(adapter, app, interface)
    return interface, options


def _require(adapter: registry.Adapter, what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        there_are = ", ".join(known) or "none"
        raise CapabilityError(f"{adapter.name} has no {what} {value!r}; there are: {there_are}")


def _refuse_websockets(adapter: registry.Adapter, app: App, interface: str) -> None:
    paths = [r.path for r in app.routes() if r.websocket and not r.optional]
    if paths:
        reason = adapter.features.no_websocket
        raise CapabilityError(
            f"{adapter.name} ({interface}) can't carry the WebSocket {', '.join(paths)}: {reason}; "
            f"{_alternatives()}"
        )


def _alternatives() -> str:
    """The installed adapters that carry WebSockets."""
    found = ["the bare app.asgi"]
    for adapter in registry.adapters("frameworks"):
        try:
            found += [f"{adapter.name} ({i})" for i in adapter.features.websocket]
        except BrokenAdapter:
            continue  # It is no alternative, and whoever asks for it is told why.
    return f"these can: {', '.join(found)}"
