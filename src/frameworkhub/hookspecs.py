"""Everything a plugin may implement, on one page.

A plugin is a module (or package) of functions marked `@frameworkhub.hookimpl`, named by one entry
point in the group of its kind: `frameworkhub.frameworks`, `frameworkhub.servers`, later
`templates`, `tasks` and `crawlers`; or in `frameworkhub.catalogue`, to add entries there. A
function takes any of the arguments below, by name. The plugin imports what it adapts inside these
functions, or in a module that they import: never when it is itself imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable

    from . import frameworks, servers
    from .site import Site

specification = pluggy.HookspecMarker("frameworkhub")
implementation = pluggy.HookimplMarker("frameworkhub")


class Frameworks:
    """Carries an app onto a web framework."""

    @specification(firstresult=True)
    def features(self) -> frameworks.Features | None:
        """What the framework can do. Required; must not import the framework."""

    @specification(firstresult=True)
    def build(self, site: Site, options: dict[str, Any]) -> Any:
        """A new native application with every route of `site` on it, for `app.on(name)`. Required.

        `site.style` says how: "native" registers each route in the framework's own router,
        "beside" mounts the core at one point. Anything that no native route takes goes to the
        site as well, so that 404, 405 and OPTIONS are answered by it.
        """

    @specification(firstresult=True)
    def attach(self, site: Site, native: Any, options: dict[str, Any]) -> Any:
        """Puts `site` into the user's application under `site.prefix`; the user's routes stay
        untouched.

        Returns the application that is to be served from now on (most often `native`).
        """

    @specification(firstresult=True)
    def recognises(self, native: Any) -> bool | str | None:
        """True if `native` is something that `attach` takes. Must not import the framework.

        Where the framework has several interfaces, it is the name of the one that `native` has.
        """


class Servers:
    """Serves a native application on a socket."""

    @specification(firstresult=True)
    def features(self) -> servers.Features | None:
        """What the server can do. Required; must not import the server."""

    @specification(firstresult=True)
    def run(self, target: servers.Target, config: servers.Config) -> bool | None:
        """Serves until SIGINT or SIGTERM, then stops gracefully; returns True. Required.

        `config.port` 0 lets the system choose. Calls `config.ready(host, port)` once it accepts
        connections.
        """

    @specification(firstresult=True)
    def start(self, target: servers.Target, config: servers.Config) -> servers.Running | None:
        """Serves in a background thread of this process, for test clients."""


class Catalogue:
    """Adds entries to the catalogue: what a system is, and what was measured of its adapter."""

    @specification(firstresult=True)
    def systems(self) -> Iterable[Traversable] | None:
        """Folders of entries, such as `[importlib.resources.files("frameworkhub_x") / "entries"]`.

        A folder has one `<key>.toml` for each system, and may have what `frameworkhub record`
        wrote, as `measured/<kind>/<name>.json`. An entry of a key that is taken is left out.
        """
