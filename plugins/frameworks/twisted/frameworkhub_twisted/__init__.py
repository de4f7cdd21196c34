"""Twisted: carries an app on a `twisted.web` resource tree, under any reactor.

The tree has a node for each segment of the app's paths, so that the user may put further
resources into it; each node hands its requests to the site.
"""

from __future__ import annotations

import sys
from typing import Any

import frameworkhub as hub
from frameworkhub.frameworks import Features
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    return Features(interfaces=("twisted",), websocket=("twisted",))


@hub.hookimpl
def build(site: Site, options: dict[str, Any]) -> Any:
    from .resources import Leaf, tree

    return Leaf(site) if site.style == "beside" else tree(site)


@hub.hookimpl
def attach(site: Site, native: Any, options: dict[str, Any]) -> Any:
    """Puts the tree below `native`, an `IResource`; without a prefix, beside its children."""
    from .placing import Overlay, place
    from .resources import Leaf, tree

    if not site.prefix:
        return Overlay(site, native)
    place(native, site.prefix, Leaf(site) if site.style == "beside" else tree(site))
    return native


@hub.hookimpl
def recognises(native: Any) -> bool:
    resource = sys.modules.get("twisted.web.resource")
    return resource is not None and resource.IResource.providedBy(native)
