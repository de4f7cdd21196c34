"""What is told of a system against what its adapters show: each contradiction, deliberately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from frameworkhub import frameworks, servers
from frameworkhub.catalogue import contradictions, store
from frameworkhub.catalogue.contradictions import Shown
from frameworkhub.catalogue.measured import Conformance, Count, Measured
from frameworkhub.catalogue.model import Source
from frameworkhub.testing import rules

DAY = date(2026, 11, 22)
PAGE = Source("documentation", DAY, "https://example.org/")


def entry(
    features: Iterable[str] = (),
    interfaces: Iterable[str] = ("wsgi", "asgi"),
    kinds: Iterable[str] = ("frameworks", "servers"),
    measured: Iterable[Measured] = (),
) -> Any:
    return SimpleNamespace(
        key="sys",
        kinds=tuple(kinds),
        interfaces=dict.fromkeys(interfaces, PAGE),
        features=dict.fromkeys(features, PAGE),
        measured=tuple(measured),
    )


def shown(kind: str = "frameworks", adds: Iterable[str] = (), **features: bool) -> Shown:
    return Shown(kind, "hub-sys", ("asgi",), features, tuple(adds), "installed")


def found(entry: Any, *shown: Shown) -> list[str]:
    return list(contradictions.contradictions(entry, shown))


TOLD = "is told by documentation https://example.org/ of 2026-11-22"


@pytest.mark.parametrize(
    ("told", "shows"),
    [
        (["websocket"], [shown(websocket=True)]),
        ([], [shown(websocket=False)]),
        ([], [shown(websocket=True, adds=["websocket"])]),
        (["websocket"], []),
        (["websocket"], [shown()]),
        # One of two carries it, and of other words nothing is known.
        (["websocket", "orm"], [shown(websocket=False), shown("servers", websocket=True)]),
        ([], [shown(websocket=True, adds=["websocket"]), shown("servers", websocket=True)]),
        # A word that nobody measures.
        ([], [shown(adds=["sse"])]),
    ],
)
def test_agreement(told: list[str], shows: list[Shown]) -> None:
    assert found(entry(told), *shows) == []


@pytest.mark.parametrize(
    ("told", "shows", "said"),
    [
        (
            ["websocket"],
            [shown(websocket=False)],
            f"sys: websocket {TOLD}, but not carried by hub-sys (installed)",
        ),
        (
            [],
            [shown(websocket=True)],
            "sys: websocket is not told, but carried by hub-sys (installed), which does not add it",
        ),
        (
            ["websocket"],
            [shown(websocket=True, adds=["websocket"])],
            f"sys: websocket {TOLD}, but hub-sys (installed) says that it adds it",
        ),
        (
            [],
            [shown(websocket=False, adds=["websocket"])],
            "sys: websocket is said to be added by hub-sys (installed), which does not carry it",
        ),
        (
            ["streaming"],
            [shown(streaming=False)],
            f"sys: streaming {TOLD}, but not carried by hub-sys (installed)",
        ),
        (
            [],
            [shown("servers", workers=True)],
            "sys: workers is not told, but carried by hub-sys (installed), which does not add it",
        ),
    ],
)
def test_features(told: list[str], shows: list[Shown], said: str) -> None:
    assert found(entry(told), *shows) == [said]


def test_interfaces() -> None:
    assert found(entry(interfaces=["asgi", "rsgi"]), shown()) == []
    (said,) = found(entry(interfaces=["wsgi"]), shown())
    by = "wsgi by documentation https://example.org/ of 2026-11-22"
    assert said == f"sys: asgi is not told ({by}), but carried by hub-sys (installed)"


def test_kinds() -> None:
    (said,) = found(entry(kinds=["frameworks"]), shown("servers"))
    assert said.startswith("sys: told to be of the kinds frameworks, but hub-sys (installed)")
    # What runs no other's applications is no server of the vocabulary.
    own = attrs.evolve(shown("servers"), interfaces=("own",))
    assert found(entry(kinds=["frameworks"], interfaces=["own"]), own) == []
    assert len(found(entry(kinds=["servers"]), shown())) == 1


# What was measured

Rules = Mapping[str, Mapping[str, Count]]
PASSED, GAP, FAILED = Count(3, 0, 0), Count(2, 1, 0), Count(2, 0, 1)


def record(
    kind: str = "frameworks",
    websocket: tuple[str, ...] = ("asgi",),
    workers: bool = False,
    interfaces: tuple[str, ...] = ("wsgi", "asgi"),
    **changed: Count,
) -> Measured:
    """An adapter that keeps every rule, but those given as `G1_asgi=...`."""
    kept: dict[str, dict[str, Count]] = {}
    for rule in rules.all_rules().values():
        on = websocket if rule.section == "WebSocket" else interfaces
        kept[rule.number] = {i: changed.get(f"{rule.number}_{i}", PASSED) for i in on}
    conformance = Conformance(DAY, "CPython 3.11.7", {}, (), kept)
    return Measured(kind, "sys", "hub-sys", interfaces, websocket, (), conformance, None, workers)


@pytest.mark.parametrize(
    ("record", "features"),
    [
        (record(), {"websocket": True, "streaming": True}),
        (record(websocket=()), {"websocket": False, "streaming": True}),
        (record(G3_asgi=FAILED), {"websocket": False, "streaming": True}),
        (record(T3_wsgi=FAILED), {"websocket": True, "streaming": False}),
        # A gap is neither: it is declared, with its reason.
        (record(G3_asgi=GAP, T1_asgi=GAP), {}),
        (record("servers"), {"websocket": True}),
        (record("servers", workers=True), {"websocket": True, "workers": True}),
        # Other rules have no say.
        (record(P1_asgi=FAILED, Q1_wsgi=GAP), {"websocket": True, "streaming": True}),
    ],
)
def test_what_is_measured(record: Measured, features: dict[str, bool]) -> None:
    assert contradictions.of_record(record).features == features


def test_interfaces_without_a_word_are_own() -> None:
    found = contradictions.of_record(record(interfaces=("asgi", "smoke-signals")))
    assert found.interfaces == ("asgi", "own")


def test_a_record_contradicts() -> None:
    told = ["websocket", "streaming"]
    assert contradictions.of_measured(entry(told, measured=[record()])) == []
    (said,) = contradictions.of_measured(entry(told, measured=[record(G1_asgi=FAILED)]))
    assert said == f"sys: websocket {TOLD}, but not carried by hub-sys (measured: 2026-11-22)"
    (said,) = contradictions.of_measured(entry(["streaming"], measured=[record()]))
    assert said.startswith("sys: websocket is not told, but carried by")


# What is installed


def installed(monkeypatch: pytest.MonkeyPatch, kind: str, features: Any, told: Any) -> list[str]:
    one = SimpleNamespace(kind=kind, name="sys", distribution="pytest", features=features)
    there = {"frameworks": [], "servers": []} | {kind: [one]}
    monkeypatch.setattr(contradictions.registry, "adapters", there.__getitem__)
    monkeypatch.setattr(store, "systems", lambda: (told,))
    return contradictions.of_installed("sys")


def test_an_installed_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    features = frameworks.Features(("asgi",), websocket=("asgi",))
    assert installed(monkeypatch, "frameworks", features, entry(["websocket"])) == []
    (said,) = installed(monkeypatch, "frameworks", features, entry())
    assert said.startswith("sys: websocket is not told, but carried by pytest (installed)")
    features = frameworks.Features(("asgi",))
    (said,) = installed(monkeypatch, "frameworks", features, entry(["websocket"]))
    assert said.endswith("but not carried by pytest (installed)")


def test_an_installed_server(monkeypatch: pytest.MonkeyPatch) -> None:
    features = servers.Features(("smoke-signals",), websocket=True, workers=True)
    told = entry(["websocket", "workers"], interfaces=["own"])
    assert installed(monkeypatch, "servers", features, told) == []
    assert len(installed(monkeypatch, "servers", features, entry())) == 3


def test_a_system_that_the_catalogue_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    features = frameworks.Features(("asgi",), websocket=("asgi",))
    other = entry()
    other.key = "other"
    assert installed(monkeypatch, "frameworks", features, other) == []
