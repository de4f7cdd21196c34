"""What `check` tells: a table of hosts, every difference, and a last line that sums up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ..listing import table
from .compare import Difference
from .hosts import Host
from .requests import Request

SHOWN = 300
"""Characters of a text that are shown in a difference."""


@attrs.define
class Row:
    """One host: how many requests it answered alike, and the differences of the others.

    Attributes:
        failure: why the host did not start or stop; then nothing is counted.
    """

    host: Host
    asked: int = 0
    found: list[tuple[Request, list[Difference]]] = attrs.field(factory=list)
    failure: str | None = None

    def add(self, request: Request, differences: list[Difference]) -> None:
        self.asked += 1
        if differences:
            self.found.append((request, differences))

    def data(self) -> dict[str, Any]:
        different = len(self.found)
        return {
            "host": self.host.name,
            "requests": self.asked,
            "same": self.asked - different,
            "different": different,
            "failure": self.failure,
        }

    def text(self) -> Iterator[str]:
        if self.failure:
            yield f"\n{self.host.name}: {self.failure}"
        for request, differences in self.found:
            yield f"\n{self.host.name}: {request}"
            for difference in differences:
                yield f"  {difference.part}"
                yield f"    bare {shown(difference.bare)}"
                yield f"    here {shown(difference.here)}"


@attrs.frozen
class Report:
    """The whole comparison.

    Attributes:
        volatile: how many answers of the bare core differed between its own two runs; those parts
            of them are not compared.
    """

    reference: Host
    requests: int
    volatile: int
    rows: list[Row]

    @property
    def differences(self) -> int:
        return sum(len(row.found) + bool(row.failure) for row in self.rows)

    def data(self) -> dict[str, Any]:
        return {
            "reference": self.reference.name,
            "requests": self.requests,
            "volatile": self.volatile,
            "hosts": [row.data() for row in self.rows],
            "differences": [
                {"host": row.host.name, **_request(request), **attrs.asdict(difference)}
                for row in self.rows
                for request, differences in row.found
                for difference in differences
            ],
        }

    def text(self) -> str:
        rows = [row.data() for row in self.rows]
        lines = [table(rows, ("host", "requests", "same", "different"))]
        lines += [line for row in self.rows for line in row.text()]
        return "\n".join([*lines, "", self._note(), self._verdict()])

    def _note(self) -> str:
        note = f"compared with {self.reference.name}, {self.requests} requests"
        if self.volatile:
            note += f"; parts of {self.volatile} answers change from run to run, and don't count"
        return note

    def _verdict(self) -> str:
        if self.differences:
            return f"check: {self.differences} difference{'s' * (self.differences > 1)}"
        return (
            f"check: {len(self.rows)} host{'s answer' if len(self.rows) > 1 else ' answers'} alike"
        )


def shown(text: str | None) -> str:
    """A text as one line of a bearable length."""
    if text is None:
        return "(none)"
    line = repr(text)
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}... ({len(text)} characters)"


def _request(request: Request) -> dict[str, Any]:
    fields = attrs.asdict(request)
    return fields | {"body": request.body.decode("latin-1")}
