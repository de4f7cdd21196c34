"""The tree of objects that CherryPy traverses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cherrypy import dispatch

from frameworkhub.routing import Parameter, Resource

ONE, REST = "\0", "\0\0"
SEGMENTS = ("str", "int", "float", "uuid")


class Node:
    """What a segment of a path stands for."""

    exposed = True
    _one: Node | None = None
    _rest: Node | None = None

    def _cp_dispatch(self, vpath: list[str]) -> Node | None:
        """The object for segments that are a parameter's value."""
        if self._one is not None:
            vpath.pop(0)
            return self._one
        vpath.clear()
        return self._rest


def grow(resources: Iterable[Resource], answer: Callable[..., Any]) -> Node:
    """The root of the tree; `answer` stands on each resource's object under each of its methods."""
    root = Node()
    for resource in resources:
        node = root
        for segment in filter(None, resource.pattern.render(_mark).split("/")):
            node = _child(node, segment)
        for method in resource.methods:
            setattr(node, method, answer)
    return root


def _mark(parameter: Parameter) -> str:
    return ONE if parameter.kind in SEGMENTS else REST


def _child(node: Node, segment: str) -> Node:
    name = segment.translate(dispatch.punctuation_to_underscores)
    if ONE in segment:
        name = "_rest" if REST in segment else "_one"
    child = vars(node).get(name)
    if not isinstance(child, Node):
        child = Node()
        setattr(node, name, child)
    return child
