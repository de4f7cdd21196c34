"""The table of benches/bars.py says of each bar what was measured, and counts what is met."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from frameworkhub.bench.rounds import Ratio

TABLE = Path(__file__).parents[1] / "benches" / "table.py"


@pytest.fixture(scope="module")
def table() -> Any:
    spec = spec_from_file_location("bars_table", TABLE)
    assert spec and spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # attrs looks for the annotations there
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("measured", "sense", "verdict"),
    [
        (Ratio(1.9, 1.8, 2.0), "<=", "pass"),
        (Ratio(2.0, 1.9, 2.1), "<=", "unclear"),
        (Ratio(2.2, 2.1, 2.3), "<=", "short"),
        (Ratio(2.2, 2.1, 2.3), ">=", "pass"),
        (Ratio(1.9, 1.8, 2.1), ">=", "unclear"),
        (Ratio(1.5, 1.4, 1.6), ">=", "short"),
        (None, "<=", "not run"),
    ],
)
def test_a_bar_is_met_only_outside_of_noise(
    table: Any, measured: Ratio | None, sense: str, verdict: str
) -> None:
    assert table.Bar("hub over other", measured, 2, sense).verdict == verdict


def test_what_is_not_met_is_said_and_counted(table: Any) -> None:
    met = table.Bar("one", Ratio(1.0, 0.9, 1.1), 2)
    short = table.Bar("two", Ratio(3.0, 2.9, 3.1), 2)
    left = table.Bar("three", None, 2, missing="there is no such peer")
    said = list(table.summary([met, short, left]))
    assert said[0] == "Not met:"
    assert said[1] == "  short: two: wanted <= 2.000, is 3.000: 50.0% too much"
    assert said[2] == "  not run: three: there is no such peer"
    assert said[-1] == "bars met: 1 of 3"


def test_the_table_fits_a_terminal(table: Any) -> None:
    bar = table.Bar("starlette:asgi, in process, GET", Ratio(1234.5678, 1.5, 9999.9), 1.05)
    fact = table.Fact("us a request: " + "; ".join(f"peer{n} 12.34" for n in range(30)))
    assert max(map(len, table.lines("A row", [bar, fact]))) <= 100


def test_rows_measured_again_take_their_places(table: Any) -> None:
    before = [{"row": "a", "bars": [1]}, {"row": "b", "bars": [2]}]
    now = [{"row": "c", "bars": [3]}, {"row": "a", "bars": [4]}]
    found = [(record["row"], record["bars"]) for record in table.merged(before, now)]
    assert found == [("a", [4]), ("b", [2]), ("c", [3])]
