"""What is measured: an app on a host, or the control app of that host."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import attrs

from .. import manifest, registry, targets
from ..app import App
from ..errors import BrokenAdapter, HubError
from ..registry import Adapter
from ..servers import Target
from . import twin

BARE = targets.BARE
CALLED = ("wsgi", "asgi")
"""The interfaces that can be called in process; the others need their own server."""


@attrs.frozen
class Subject:
    """An app on a host.

    Attributes:
        on: "framework:interface".
        app: "module:attribute" of a user's app; None for the small app of `--overhead`.
        control: the host's own version of the small app, without the hub.
    """

    on: str
    app: str | None = None
    control: bool = False

    @property
    def name(self) -> str:
        return self.on.partition(":")[0]

    @property
    def interface(self) -> str:
        return self.on.partition(":")[2]

    def target(self) -> Target:
        """What a server serves. Raises HubError as `targets.make`, or if there is no control."""
        if self.control:
            return Target(App(), control_app(self.name, self.interface), self.interface)
        app = targets.import_app(self.app) if self.app else twin.make_app(self.interface)
        return targets.make(app, self.on)

    def __str__(self) -> str:
        return f"{'native' if self.control else self.app or 'hub'} on {self.on}"


def control_app(name: str, interface: str) -> Any:
    """What `make_app` of the plugin's control module gives.

    It is called with the interface where the framework has several.

    Raises:
        HubError: the plugin has no control, or it does not load.
    """
    adapter = registry.adapter("frameworks", name)
    several = len(adapter.features.interfaces) > 1
    module = control_module(adapter)
    make = getattr(module, "make_app", None)
    if make is None:
        raise HubError(f"{name} has no control app: {module.__name__} lacks a function make_app")
    return make(interface) if several else make()


def control_module(adapter: Adapter) -> ModuleType:
    """The module `native` in the plugin's package, or `<module>_native` next to its module."""
    plugin = adapter.hook.plugin
    name = f"{plugin.__name__}{'.' if hasattr(plugin, '__path__') else '_'}native"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            raise HubError(f"{adapter.name} has no control app: its plugin lacks {name}") from None
        raise HubError(f"the control app of {adapter.name} does not import: {error}") from error


def pick_server(subject: Subject) -> Adapter:
    """The server that most users of the framework run, of those that are installed.

    That is the first one that the plugin names; for the bare core, one with worker processes. One
    that is made for the interface comes before one that speaks it as well.

    Raises:
        HubError: none is installed that speaks the interface.
    """
    able = [one for one in registry.adapters("servers") if _speaks(one, subject.interface)]
    named = named_servers(subject.name)
    ranked = sorted(able, key=lambda one: _rank(one, subject.interface, named))
    return ranked[0] if ranked else targets.pick_server(subject.interface)


def _speaks(server: Adapter, interface: str) -> bool:
    try:
        return interface in server.features.protocols
    except BrokenAdapter:
        return False


def _rank(server: Adapter, interface: str, named: list[str]) -> tuple[bool, int, int, bool]:
    place = named.index(server.name) if server.name in named else len(named)
    made_for = server.features.protocols.index(interface)
    return server.name not in named, made_for, place, not server.features.workers


def named_servers(framework: str) -> list[str]:
    if framework == BARE:
        return []
    distribution = registry.adapter("frameworks", framework).distribution
    return list(manifest.section(distribution).get("servers", ()))


def options_of(server: Adapter) -> dict[str, Any]:
    """Options that most of the server's users have: `[tool.frameworkhub.bench]` of its plugin."""
    options: dict[str, Any] = manifest.section(server.distribution, "bench").get("options", {})
    return options
