"""The chart of a report: bars with whiskers, as SVG, to be put in a talk."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape

import attrs

from .report import Report, Row, by_host, by_request

WIDTH = 1000
LABEL = 250
"""Pixels for the names on the left; `VALUE`: for the numbers on the right."""
VALUE = 210
LINE, GAP, TOP, BOTTOM = 30, 46, 110, 60
INK, PALE, GRID, PAPER = "#1f2933", "#5f6c7b", "#d9dee4", "#fdfdfb"
COLOURS = {"faster": "#2a9d6f", "as fast": "#3b7dd8", "slower": "#d9822b"}
UNSURE = "#9aa5b1"
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@attrs.frozen
class Bar:
    """One bar; lengths are in the unit of the axis."""

    label: str
    value: float
    low: float
    high: float
    text: str
    colour: str


Groups = list[tuple[str, list[Bar]]]


def chart(report: Report) -> str:
    """The SVG: for `--overhead` ratios, else times."""
    over = report.kind == "overhead"
    groups = list(grouped(report.rows, over))
    longest = max((bar.high for _, bars in groups for bar in bars), default=1.0)
    axis = Axis.to(min(longest, cap(groups)), " x" if over else " us")
    height = TOP + sum(GAP + LINE * len(bars) for _, bars in groups) + BOTTOM
    body = [*_head(report, over), *_axis(axis, height), *_groups(groups, axis, over)]
    return "\n".join([_open(height), *body, *_foot(report, height), "</svg>", ""])


def cap(groups: Groups) -> float:
    """So far the axis goes at most: a wild whisker must not make all bars short."""
    return 1.25 * max((bar.value for _, bars in groups for bar in bars), default=1.0)


def grouped(rows: list[Row], over: bool) -> Iterator[tuple[str, list[Bar]]]:
    group = by_host if over else by_request
    for heading, found in groupby(rows, group):
        yield heading, [(_over if over else _time)(row) for row in found]


def _over(row: Row) -> Bar:
    ratio = row.ratio
    text = f"{ratio.value:.2f} x  ({row.extra.value * 1e6:+.1f} us)"
    return Bar(row.request, ratio.value, ratio.low, ratio.high, text, _colour(row))


def _time(row: Row) -> Bar:
    seconds = row.subject.seconds
    text = f"{seconds.median * 1e6:.1f} us  ({row.ratio.value:.2f} x)"
    label = f"{row.host} on {row.server}" if row.server else row.host
    colour = COLOURS["faster"] if row.host == row.base_name else COLOURS["as fast"]
    return Bar(label, seconds.median * 1e6, seconds.low * 1e6, seconds.high * 1e6, text, colour)


def _colour(row: Row) -> str:
    return COLOURS.get(row.verdict, UNSURE)


@attrs.frozen
class Axis:
    """From 0 to `end`, with a line each `step`."""

    end: float
    step: float
    unit: str

    @classmethod
    def to(cls, longest: float, unit: str) -> Axis:
        """About five round steps."""
        rough = longest / 5 or 1.0
        power = 10.0 ** (len(str(int(rough))) - 1) if rough >= 1 else 0.1
        while power > rough:
            power /= 10
        step = next(one * power for one in STEPS if one * power >= rough)
        return cls(longest, step, unit)

    def x(self, value: float) -> float:
        return LABEL + min(value / self.end, 1.0) * (WIDTH - LABEL - VALUE)

    def marks(self) -> Iterator[float]:
        for i in range(int(self.end / self.step) + 1):
            yield i * self.step


def _open(height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="Helvetica, Arial, sans-serif">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>'
    )


def text(x: float, y: float, said: str, size: int = 15, **more: str) -> str:
    fields = {"fill": INK, "font-size": str(size), **more}
    written = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in fields.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" {written}>{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _head(report: Report, over: bool) -> Iterator[str]:
    yield text(24, 42, headline(report, over), 26, font_weight="bold")
    said = "1 x is the framework alone" if over else "time per request"
    yield text(24, 68, f"{said}; whiskers: {'95 % interval' if over else 'quartiles'}", fill=PALE)
    if over:
        yield from _legend()


def _legend() -> Iterator[str]:
    x = 600.0
    for word, colour in {**COLOURS, "can't tell": UNSURE}.items():
        yield f'<rect x="{x:.0f}" y="57" width="13" height="13" rx="3" fill="{colour}"/>'
        yield text(x + 19, 68, word, 13, fill=PALE)
        x += 40 + 7.0 * len(word)


def headline(report: Report, over: bool) -> str:
    return "What the hub adds to a framework" if over else report.title


def _axis(axis: Axis, height: int) -> Iterator[str]:
    for mark in axis.marks():
        x = axis.x(mark)
        one = axis.unit == " x" and mark == 1
        yield line(x, TOP - 14, x, height - BOTTOM, PALE if one else GRID, 2 if one else 1)
        yield text(x, TOP - 20, f"{mark:g}{axis.unit}", 13, fill=PALE, text_anchor="middle")


def _groups(groups: Groups, axis: Axis, over: bool) -> Iterator[str]:
    y = float(TOP)
    for heading, bars in groups:
        halo = {"stroke": PAPER, "stroke_width": "6", "paint_order": "stroke"}
        yield text(24, y + GAP - 16, heading, 15, font_weight="bold", **halo)
        y += GAP
        for bar in bars:
            yield from _bar(bar, y, axis)
            y += LINE


def _bar(bar: Bar, y: float, axis: Axis) -> Iterator[str]:
    start, end, middle = axis.x(0), axis.x(bar.value), y + LINE / 2 - 4
    yield text(LABEL - 12, middle + 5, bar.label, text_anchor="end")
    yield (
        f'<rect x="{start:.1f}" y="{y:.1f}" width="{end - start:.1f}" height="{LINE - 8}" '
        f'rx="3" fill="{bar.colour}"/>'
    )
    low, high = axis.x(bar.low), axis.x(bar.high)
    yield line(low, middle, high, middle, INK, 1.5)
    for x in (low, high):
        yield line(x, middle - 5, x, middle + 5, INK, 1.5)
    yield text(WIDTH - VALUE + 12, middle + 5, bar.text)


def _foot(report: Report, height: int) -> Iterator[str]:
    about = report.about
    machine = about["machine"]
    yield text(24, height - 34, f"{about['command']}   ({about['date']})", 13, fill=PALE)
    yield text(
        24,
        height - 14,
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, {machine['python']}",
        13,
        fill=PALE,
    )
