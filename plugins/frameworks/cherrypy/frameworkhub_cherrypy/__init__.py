"""Carries an app onto CherryPy: a `cherrypy.Application` over a tree of exposed objects.

Each segment of a path is an object, with the methods of the path as its attributes; parameters are
found by `_cp_dispatch`. CherryPy walks that tree for the configuration of the objects on the way;
what the path means is the site's to say.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import frameworkhub as hub
from frameworkhub import wsgi
from frameworkhub.frameworks import Features
from frameworkhub.site import Site


@hub.hookimpl
def features() -> Features:
    return Features(interfaces=("wsgi",), no_websocket="WSGI has none")


@hub.hookimpl
def recognises(native: Any) -> bool:
    cherrypy = sys.modules.get("cherrypy")
    return cherrypy is not None and isinstance(native, cherrypy.Application | type(cherrypy.tree))


@hub.hookimpl
def build(site: Site) -> Any:
    """An application that takes its place from SCRIPT_NAME, as WSGI has it."""
    from .application import make, put_in_front

    native = make(site, None)
    if site.style == "beside":
        put_in_front(native, lambda inner: site.wsgi)
    # CherryPy would write every access to standard output. Level INFO brings that back.
    native.log.access_log.setLevel(logging.WARNING)
    return native


@hub.hookimpl
def attach(site: Site, native: Any) -> Any:
    """Mounts it in a tree; puts it in front of an application, in the WSGI pipeline of that.

    Raises:
        HubError: the tree has something at the prefix already.
    """
    import cherrypy

    if isinstance(native, cherrypy.Application):
        _attach_to_application(site, native)
        return native
    if native is cherrypy.tree:
        lifecycle = site.app.lifecycle
        cherrypy.engine.subscribe("start", lifecycle.startup, 60)  # before the server's 75
        cherrypy.engine.subscribe("stop", lifecycle.shutdown)
    _attach_to_tree(site, native)
    return native


def _attach_to_application(site: Site, native: Any) -> None:
    from .application import make, put_in_front

    own = None if site.style == "beside" else make(site, site.prefix)
    put_in_front(native, lambda inner: wsgi.beside(site, inner, own))


def _attach_to_tree(site: Site, tree: Any) -> None:
    import cherrypy

    from .application import make, mounted

    there = tree.apps.get(site.prefix)
    if isinstance(there, cherrypy.Application) and not site.prefix:
        _attach_to_application(site, there)
    elif there is not None:
        raise hub.HubError(f"the tree has an application at {site.prefix!r} already: {there!r}")
    elif site.style == "beside":
        tree.graft(mounted(site), site.prefix)
    else:
        tree.mount(make(site, site.prefix, is_mounted=True), site.prefix)
