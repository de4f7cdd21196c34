"""Finds, of many paths with parameters, those that may match: as fast of ten as of ten thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .routing import Resource, Route

_Find = Callable[[str], list["Resource"]]
_Tail = tuple[dict[str, "Route"], str, Callable[[str], Any]]


class Index:
    """Resources by the literal text with which their paths begin, up to a slash.

    Attributes:
        tails: by that text, without the slash, what has nothing beside it but one path that ends
            with its only parameter: its routes by method, and the parameter as `Pattern.tail`.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        by_head: dict[str, list[Resource]] = {}
        for resource in resources:
            by_head.setdefault(resource.pattern.head, []).append(resource)
        shapes = {head: Shapes(found) for head, found in by_head.items() if len(found) > 1}
        # By head: the paths with that head, or with one that it begins with.
        self._find: dict[str, list[Resource] | _Find] = {}
        self.tails: dict[str, _Tail] = {}
        for head, found in by_head.items():
            heads = [head[: end + 1] for end, character in enumerate(head) if character == "/"]
            heads = [each for each in heads if each in by_head]
            if heads == [head]:
                self._find[head] = found if len(found) == 1 else shapes[head].find
                self._add_tail(head, found)
            else:
                self._find[head] = _gathering([shapes.get(h) or by_head[h] for h in heads])

    def _add_tail(self, head: str, found: list[Resource]) -> None:
        tail = found[0].pattern.tail
        if len(found) == 1 and tail is not None:
            self.tails[head[:-1]] = (found[0].by_method, *tail)

    def candidates(self, path: str) -> list[Resource]:
        """What may match, in its order; of most paths nothing, or one."""
        end = path.rfind("/") + 1
        while end:
            if (find := self._find.get(path[:end])) is not None:
                return find if isinstance(find, list) else find(path)
            end = path.rfind("/", 0, end - 1) + 1
        return []


def _in_order(resources: list[Resource]) -> list[Resource]:
    return sorted(resources, key=lambda r: r.order) if len(resources) > 1 else resources


def _gathering(parts: list[list[Resource] | Shapes]) -> _Find:
    def find(path: str) -> list[Resource]:
        found: list[Resource] = []
        for part in parts:
            found += part if isinstance(part, list) else part.find(path)
        return _in_order(found)

    return find


class Shapes:
    """Resources by the shape of their path (which segments are literal), then by those segments.

    A path has as many candidates as there are shapes, however many routes. What has no segments
    (see `Pattern.segments`) is a candidate for every path.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._shapeless: list[Resource] = []
        by_shape: dict[int, dict[tuple[int, ...], dict[Any, list[Resource]]]] = {}
        for resource in resources:
            if (segments := resource.pattern.segments) is None:
                self._shapeless.append(resource)
                continue
            places = tuple(i for i, text in enumerate(segments) if isinstance(text, str))
            shape = by_shape.setdefault(len(segments), {}).setdefault(places, {})
            shape.setdefault(itemgetter(*places)(segments), []).append(resource)
        self._by_length = {
            length: [(itemgetter(*places), shape) for places, shape in shapes.items()]
            for length, shapes in by_shape.items()
        }

    def find(self, path: str) -> list[Resource]:
        segments = path.split("/")
        found = self._shapeless
        for literals, shape in self._by_length.get(len(segments), ()):
            if hit := shape.get(literals(segments)):
                found = found + hit if found else hit
        return _in_order(found)
