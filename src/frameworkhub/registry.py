"""What is installed: plugins found by their entry points, and loaded one by one."""

from __future__ import annotations

import difflib
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from . import hookspecs
from .errors import BrokenAdapter, UnknownAdapter

KINDS: dict[str, Any] = {"frameworks": hookspecs.Frameworks, "servers": hookspecs.Servers}


# Whatever plugs in: the kinds, and what adds entries to the catalogue.
CONTRACTS: dict[str, Any] = {**KINDS, "catalogue": hookspecs.Catalogue}


def group(kind: str) -> str:
    """The entry-point group of a kind. Raises UnknownAdapter for a kind that isn't one."""
    if kind not in CONTRACTS:
        raise UnknownAdapter(f"no kind {kind!r}; there are {', '.join(KINDS)}")
    return f"frameworkhub.{kind}"


class Adapter:
    """An installed plugin. Nothing of it is imported before `features` or `hook` is asked for.

    Attributes:
        kind, name: where it plugs in, and as what.
        distribution: the installed distribution that brings it.
        version: of that distribution.
    """

    def __init__(self, kind: str, entry_point: EntryPoint) -> None:
        self.kind = kind
        self.name = entry_point.name
        self.entry_point = entry_point

    @property
    def distribution(self) -> str:
        return self.entry_point.dist.name if self.entry_point.dist else ""

    @property
    def version(self) -> str:
        return self.entry_point.dist.version if self.entry_point.dist else ""

    @cached_property
    def hook(self) -> Any:
        """The plugin's hooks, each called by keyword. Raises BrokenAdapter if it does not load."""
        manager = _manager(self.kind)
        if not manager.has_plugin(self.name):
            self._load(manager)
        return _Hooks(manager, manager.get_plugin(self.name))

    def _load(self, manager: pluggy.PluginManager) -> None:
        try:
            plugin = self.entry_point.load()
        except Exception as error:
            raise self.broken(f"does not load: {type(error).__name__}: {error}") from error
        try:
            manager.register(plugin, self.name)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            if manager.has_plugin(self.name):
                manager.unregister(name=self.name)
            raise self.broken(
                f"does not fit its contract: {' '.join(str(error).split())}"
            ) from error

    @cached_property
    def features(self) -> Any:
        """What it can do. Raises BrokenAdapter if it does not tell."""
        features = self.hook.features()
        if features is None:
            raise self.broken("has no hook `features`")
        return features

    def broken(self, what: str) -> BrokenAdapter:
        return BrokenAdapter(
            f"the plugin {self.name!r} of {group(self.kind)} ({self.distribution} {self.version}) "
            f"{what}"
        )

    def __repr__(self) -> str:
        return f"<Adapter {self.kind}/{self.name} {self.version}>"


class _Hooks:
    """One plugin's hooks, though all plugins of a kind share a manager."""

    def __init__(self, manager: pluggy.PluginManager, plugin: Any) -> None:
        self._manager = manager
        self.plugin = plugin

    def __getattr__(self, name: str) -> Any:
        # Those loaded later count as well, so this can't be worked out beforehand.
        others = [other for other in self._manager.get_plugins() if other is not self.plugin]
        return self._manager.subset_hook_caller(name, others)


_managers: dict[str, pluggy.PluginManager] = {}


def _manager(kind: str) -> pluggy.PluginManager:
    # One for each kind: a manager drops a second plugin of the same name without a word.
    if kind not in _managers:
        manager = pluggy.PluginManager("frameworkhub")
        manager.add_hookspecs(CONTRACTS[kind])
        _managers[kind] = manager
    return _managers[kind]


def adapters(kind: str) -> tuple[Adapter, ...]:
    """The installed adapters of a kind, by name; none of them is imported."""
    found = {point.name: Adapter(kind, point) for point in entry_points(group=group(kind))}
    return tuple(found[name] for name in sorted(found))


def adapter(kind: str, name: str) -> Adapter:
    """One adapter. Raises UnknownAdapter with the near names and the way to install it."""
    installed = {one.name: one for one in adapters(kind)}
    if name in installed:
        return installed[name]
    near = difflib.get_close_matches(name, installed, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else _installed(installed)
    suffix = "-server" if kind == "servers" else ""
    raise UnknownAdapter(
        f"no adapter {name!r} among the {kind}; {hint} "
        f"(to install it: pip install frameworkhub-{name}{suffix})"
    )


def _installed(names: Any) -> str:
    return f"installed: {', '.join(names)}." if names else "none is installed."
