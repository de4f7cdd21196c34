"""Rounds: subjects measured by turns, so that a noisy machine hurts all alike; what they say."""

from __future__ import annotations

import gc
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeVar

import attrs

Measure = Callable[[], float]
"""Measures a subject once; gives seconds per request."""

RESAMPLES = 1000
EXACT = 6
"""With fewer rounds no interval of order statistics has 95 %: it is then all that was seen."""

Verdict = Literal["pass", "short", "unclear"]
T = TypeVar("T")


def _nothing() -> None:
    pass


@attrs.define(slots=False, frozen=True)
class Sample:
    """What one subject took: seconds per request, one value per round, in the rounds' order."""

    values: tuple[float, ...]

    @cached_property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The lower quartile, in seconds."""
        return quartiles(self.values)[0]

    @property
    def high(self) -> float:
        """The upper quartile, in seconds."""
        return quartiles(self.values)[1]

    @property
    def spread(self) -> float:
        """The distance of the quartiles, as a part of the median."""
        return (self.high - self.low) / self.median


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The lower and the upper quartile; of a single value that value."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


@attrs.frozen
class Ratio:
    """One subject over another: the median of the rounds' ratios, and its 95 % interval."""

    value: float
    low: float
    high: float

    def within(self, bar: float) -> Verdict:
        """Whether it is at most `bar`; "unclear" where the interval straddles it."""
        if self.high <= bar:
            return "pass"
        return "short" if self.low > bar else "unclear"

    def beyond(self, bar: float) -> Verdict:
        """Whether it is at least `bar`; "unclear" where the interval straddles it."""
        if self.low >= bar:
            return "pass"
        return "short" if self.high < bar else "unclear"


def interleave(
    subjects: Mapping[str, Measure], rounds: int, tick: Callable[[], None] = _nothing
) -> dict[str, Sample]:
    """Measures every subject once a round; each round begins with another one.

    Args:
        subjects: by name.
        rounds: 1 or more.
        tick: called after each measurement.
    """
    values: dict[str, list[float]] = {name: [] for name in subjects}
    for order in orders(list(subjects), rounds):
        for name in order:
            gc.collect(1)  # none pays for what another one left
            values[name].append(subjects[name]())
            tick()
    return {name: Sample(tuple(seen)) for name, seen in values.items()}


def orders(names: Sequence[T], rounds: int) -> Iterator[list[T]]:
    """Rotated from round to round, every second one backwards."""
    for i in range(rounds):
        start = i // 2 % len(names)
        order = [*names[start:], *names[:start]]
        yield order[:: -1 if i % 2 else 1]


def ratio(subject: Sample, base: Sample) -> Ratio:
    """How many times as long `subject` took as `base`, from the rounds that both were in."""
    pairs = zip(subject.values, base.values, strict=True)
    ratios = [one / other for one, other in pairs]
    return Ratio(statistics.median(ratios), *interval(ratios))


def difference(subject: Sample, base: Sample) -> Ratio:
    """How many seconds longer `subject` took than `base`, with its interval as in a `Ratio`."""
    pairs = zip(subject.values, base.values, strict=True)
    extra = [one - other for one, other in pairs]
    return Ratio(statistics.median(extra), *interval(extra))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """About 95 % for the median, by a bootstrap of fixed seed; few values: the least, the most."""
    if len(values) < EXACT:
        return min(values), max(values)
    draw = random.Random(20).choices
    medians = sorted(statistics.median(draw(values, k=len(values))) for _ in range(RESAMPLES))
    return medians[RESAMPLES // 40], medians[-1 - RESAMPLES // 40]
