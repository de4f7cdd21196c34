"""Charts of the measured overhead: hub over native, with 95 % intervals, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import attrs

from ..catalogue.measured import Cost, Overhead
from ..catalogue.model import System

WIDTH, LABELS, NUMBERS = 360, 128, 44
ROW, TOP, BOTTOM = 22, 8, 24
TICKS = (1.0, 0.5, 2.0, 0.25, 4.0, 0.1, 8.0, 0.7, 1.4)  # the weightiest first
APART = 26
LEAST, MOST = 0.5, 2.0


@attrs.frozen
class Scale:
    """Ratios to places, so that half and double are equally far from 1."""

    low: float
    high: float

    def x(self, ratio: float) -> float:
        """Where a ratio stands; what is beyond the ends stands at them."""
        inside = min(max(ratio, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return round(LABELS + share * (WIDTH - NUMBERS - LABELS), 1)

    @property
    def ticks(self) -> list[tuple[float, float]]:
        """The ratios that are marked, each with its place; as many as have room."""
        chosen: dict[float, float] = {}
        for tick in TICKS:
            x = self.x(tick)
            if self.low <= tick <= self.high and all(abs(x - o) >= APART for o in chosen.values()):
                chosen[tick] = x
        return sorted(chosen.items())


@attrs.frozen
class Mark:
    """One measured ratio as it is drawn."""

    cost: Cost
    y: float
    x: float
    low: float
    high: float
    cut: bool


@attrs.frozen
class Chart:
    """The ratios of one variant (a framework with an interface) in one place.

    Attributes:
        host, where, server: as `Cost` has them.
    """

    system: System
    overhead: Overhead
    scale: Scale
    host: str
    where: str
    server: str | None
    marks: tuple[Mark, ...]

    @property
    def interface(self) -> str:
        return self.host.partition(":")[2]

    @property
    def height(self) -> int:
        return TOP + ROW * len(self.marks) + BOTTOM


def charts(chosen: Iterable[System], where: str | None = None) -> list[Chart]:
    """The charts of all adapters to these systems, on one scale; of one place, or of both."""
    runs = [
        (system, each.overhead) for system in chosen for each in system.measured if each.overhead
    ]
    scale = scaled(cost for _, overhead in runs for cost in overhead.costs)
    drawn = [chart for system, overhead in runs for chart in _charts(system, overhead, scale)]
    return [chart for chart in drawn if where in (None, chart.where)]


def scaled(costs: Iterable[Cost]) -> Scale:
    """The scale that has room for every ratio, and for all but the widest intervals."""
    ratios = [cost.ratio for cost in costs]
    return Scale(min([LEAST, *ratios]) / 1.1, max([MOST, *ratios]) * 1.1)


def _charts(system: System, overhead: Overhead, scale: Scale) -> Iterator[Chart]:
    key = lambda cost: (cost.host, cost.where, cost.server)  # noqa: E731
    for (host, where, server), costs in groupby(overhead.costs, key):
        marks = tuple(_marks(list(costs), scale))
        yield Chart(system, overhead, scale, host, where, server, marks)


def _marks(costs: Sequence[Cost], scale: Scale) -> Iterator[Mark]:
    for place, cost in enumerate(costs):
        y = TOP + ROW * (place + 0.5)
        cut = cost.low < scale.low or cost.high > scale.high
        yield Mark(cost, y, scale.x(cost.ratio), scale.x(cost.low), scale.x(cost.high), cut)
