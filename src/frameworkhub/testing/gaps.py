"""Gaps: rules that a host cannot keep, declared in its adapter's manifest with a reason.

    [tool.frameworkhub.gaps]
    test_bad_utf8 = "upstream: the router decodes the path itself, and drops what is no UTF-8"
    "test_head@asgi" = "todo: ..."                  # one interface, one server, or `inprocess`
    "test_streamed_upload[async]" = "never: ..."    # one colour; both: `test_x[async]@asgi`

Each becomes a strict expected failure. A gap of a framework counts on all its variants, a gap of a
server plugin wherever that server runs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import attrs

from .. import manifest
from .hosts import Spec, adapter
from .options import BARE

_KEY = re.compile(r"(test_\w+)(?:\[(sync|async)\])?(?:@([\w.-]+))?")
_REASON = re.compile(r"(todo|upstream|never): *\S.*", re.DOTALL)


class GapError(Exception):
    """A gap is declared wrongly; the message names the adapter and the key."""


@attrs.frozen
class Gap:
    """One declared gap; None stands for every colour, and for everywhere."""

    test: str
    colour: str | None
    where: str | None
    reason: str

    def covers(self, test: str, colour: str | None, spec: Spec) -> bool:
        place = (spec.interface, spec.transport)
        return (
            self.test == test
            and self.colour in (None, colour)
            and (self.where is None or self.where in place)
        )


def parse(owner: str, declared: Mapping[str, str]) -> list[Gap]:
    """The gaps in a manifest's table.

    Raises:
        GapError: a key names no test of the suite, or a reason lacks its word or its text.
    """
    return [_parse(owner, key, reason) for key, reason in declared.items()]


def _parse(owner: str, key: str, reason: str) -> Gap:
    match = _KEY.fullmatch(key)
    if match is None or match[1] not in test_names():
        raise GapError(f"gap {key!r} of {owner}: the suite has no such test")
    if not isinstance(reason, str) or not _REASON.fullmatch(reason):
        raise GapError(f"gap {key!r} of {owner}: {reason!r} is not 'todo|upstream|never: reason'")
    return Gap(match[1], match[2], match[3], reason)


@cache
def of_adapter(kind: str, name: str) -> tuple[Gap, ...]:
    """The gaps that an installed plugin declares; raises GapError."""
    plugin = adapter(kind, name)
    return tuple(parse(f"{kind} {name}", manifest.section(plugin.distribution, "gaps")))


def of_spec(spec: Spec) -> Iterator[Gap]:
    """What counts for a variant and its transport."""
    if spec.framework != BARE:
        yield from of_adapter("frameworks", spec.framework)
    if server := spec.server or spec.helper:
        yield from of_adapter("servers", server)


@cache
def test_names() -> frozenset[str]:
    """Every test of the suite, read from its source."""
    files = Path(__file__).parent.glob("test_*.py")
    return frozenset(name for file in files for name in _tests(file))


def _tests(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name
