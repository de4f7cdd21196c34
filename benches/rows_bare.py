"""Rows about the bare core in process: against a callable by hand, and against other frameworks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping

import measuring
import peers_asgi
import peers_wsgi
from measuring import Effort, Question
from table import Bar, Fact, Row, Sense, figure, micros

from frameworkhub.bench.rounds import Measure, Sample, ratio
from frameworkhub.check.requests import Request

TEA = {"name": "tea", "tags": ["green", "loose"]}
JSON = (("Content-Type", "application/json"),)

ITEM = Question(
    Request("GET", "/items/42"), body=b"item 42", miss=Request("GET", "/items/forty-two")
)
LAYERED = Question(
    Request("POST", "/items/42", JSON, json.dumps(TEA).encode()),
    json={"id": 42, **TEA},
    miss=Request("GET", "/nowhere"),
)


def item_on_wsgi() -> dict[str, Measure]:
    return measuring.wsgi(_made(peers_wsgi.ITEM), ITEM)


def item_on_asgi() -> dict[str, Measure]:
    return measuring.asgi(_made(peers_asgi.ITEM), ITEM)


def layered_on_wsgi() -> dict[str, Measure]:
    return measuring.wsgi(_made(peers_wsgi.LAYERED), LAYERED)


def layered_on_asgi() -> dict[str, Measure]:
    return measuring.asgi(_made(peers_asgi.LAYERED), LAYERED)


def _made(factories: Mapping[str, measuring.Factory]) -> dict[str, measuring.App]:
    logging.disable(logging.INFO)
    return {name: factory() for name, factory in factories.items()}


def bare_wsgi(effort: Effort) -> Row:
    seen = measuring.samples(effort, item_on_wsgi)
    return [
        Bar("hub over a hand-written callable", ratio(seen["hub"], seen["hand-written"]), 2.5),
        faster(seen, "Falcon", 1.5),
        *about(seen),
    ]


def bare_asgi(effort: Effort) -> Row:
    seen = measuring.samples(effort, item_on_asgi)
    return [
        Bar("hub over a hand-written callable", ratio(seen["hub"], seen["hand-written"]), 2.5),
        faster(seen, "Falcon", 1.3),
        faster(seen, "BlackSheep", 1.3),
        *about(seen),
    ]


def layers_wsgi(effort: Effort) -> Row:
    seen = measuring.samples(effort, layered_on_wsgi)
    return [faster(seen, "Falcon", 1, ">"), *about(seen)]


def layers_asgi(effort: Effort) -> Row:
    seen = measuring.samples(effort, layered_on_asgi)
    return [faster(seen, "Falcon", 1, ">"), faster(seen, "BlackSheep", 1, ">"), *about(seen)]


def faster(seen: Mapping[str, Sample], peer: str, bar: float, sense: Sense = ">=") -> Bar:
    return Bar(f"{peer} over hub", ratio(seen[peer], seen["hub"]), bar, sense)


def about(seen: Mapping[str, Sample]) -> Iterable[Fact]:
    """What everything took, and how many times the hub's time that is."""
    hub = seen["hub"]
    times = (
        f"{name} {figure(ratio(sample, hub).value)}"
        for name, sample in seen.items()
        if sample is not hub
    )
    yield micros(seen)
    yield Fact(f"times the hub's: {'; '.join(times)}")
