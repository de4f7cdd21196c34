"""`frameworkhub record`: what was measured, as it is kept, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from frameworkhub import cli
from frameworkhub.catalogue import measured, recording
from frameworkhub.catalogue.measured import Count
from frameworkhub.errors import HubError
from frameworkhub.testing import rules

RULES = rules.all_rules()
P1 = RULES["P1"].tests
TESTS = sorted(name for rule in RULES.values() for name in rule.tests)
REQUESTS = ("empty GET", "JSON POST")


def adapter(**more: Any) -> dict[str, Any]:
    return {
        "kind": "frameworks",
        "name": "fake",
        "distribution": "frameworkhub-fake",
        "interfaces": ["asgi", "wsgi"],
        "websocket": ["asgi"],
        "workers": False,
        "adds": ["websocket"],
        "hosts": ["fake:wsgi-serving", "fake:wsgi-inprocess", "fake:asgi-serving"],
        "versions": {"frameworkhub-fake": "1.0", "fake": "2.0"},
        **more,
    }


def host(interface: str, **tests: list[int]) -> dict[str, Any]:
    return {"interface": interface, "websocket": False, "tests": tests}


def suite(**more: Any) -> dict[str, Any]:
    """A report of the suite; only tests of P1 are in it."""
    return {
        "suite": "frameworkhub.testing",
        "date": "2026-11-22",
        "python": "CPython 3.11.7",
        "complete": True,
        "because": [],
        "adapters": [adapter()],
        "tests": TESTS,
        "hosts": {
            "fake:wsgi-inprocess": host("wsgi", **{P1[0]: [4, 0, 0], P1[1]: [2, 0, 1]}),
            "fake:wsgi-serving": host("wsgi", **{P1[0]: [3, 1, 0]}),
            "fake:asgi-serving": host("asgi", **{P1[0]: [5, 0, 0]}),
            "bare:wsgi-serving": host("wsgi", **{P1[0]: [9, 9, 9]}),
        },
        **more,
    }


def row(host: str, request: str, server: str | None) -> dict[str, Any]:
    sample = {"median": 1e-5, "low": 1e-5, "high": 1e-5, "values": [1e-5] * 9}
    return {
        "host": host,
        "where": "over sockets" if server else "in process",
        "server": server,
        "request": request,
        "subject": sample,
        "base": {"name": "native", **sample},
        "ratio": {"value": 0.9477104543910589, "low": 0.7191444828658808, "high": 1},
        "extra": {"value": -4e-6, "low": -4e-5, "high": -3e-6},
        "verdict": "faster",
    }


def bench(**more: Any) -> dict[str, Any]:
    return {
        "bench": "overhead",
        "command": "frameworkhub bench --overhead --on fake --json /somewhere/of mine/fake.json",
        "date": "2026-11-21 18:15 UTC",
        "machine": {"cpu": "A", "cores": 2, "system": "Linux", "python": "CPython 3.11.7"},
        "versions": {"fake": "2.0"},
        "rows": [
            row("fake:wsgi", request, server) for server in (None, "s") for request in REQUESTS
        ],
        "notes": [],
        **more,
    }


def save(path: Path, data: Any) -> str:
    path.write_text(json.dumps(data), "utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    return save(tmp_path / "suite.json", suite()), save(tmp_path / "bench.json", bench())


def kept(folder: Path, kind: str = "frameworks", name: str = "fake") -> measured.Measured:
    return measured.from_json((folder / kind / f"{name}.json").read_text("utf-8"))


# What is kept


def test_conformance_is_kept_by_rule_and_interface(tmp_path: Path, files: tuple[str, str]) -> None:
    said = recording.record(files[:1], str(tmp_path))
    assert said == ["frameworks/fake: conformance, 14 passed, 1 gaps, 1 failed"]
    record = kept(tmp_path)
    assert (record.adapter, record.interfaces) == ("frameworkhub-fake", ("asgi", "wsgi"))
    assert (record.websocket, record.adds) == (("asgi",), ("websocket",))
    found = record.conformance
    assert found is not None and record.overhead is None
    assert (found.date, found.python) == (date(2026, 11, 22), "CPython 3.11.7")
    assert found.versions == {"fake": "2.0", "frameworkhub-fake": "1.0"}
    assert found.hosts == ("fake:asgi-serving", "fake:wsgi-inprocess", "fake:wsgi-serving")
    assert list(found.rules) == list(RULES)
    assert found.rules["P1"] == {"asgi": Count(5, 0, 0), "wsgi": Count(9, 1, 1)}
    assert found.rules["P2"] == {}
    assert (found.holds("P1", "asgi"), found.holds("P1"), found.holds("P2")) == (True, False, None)


def test_overhead_is_kept_without_its_samples(tmp_path: Path, files: tuple[str, str]) -> None:
    # The suite tells whose adapter it is, in whatever order the files are named.
    said = recording.record(files[::-1], str(tmp_path))
    assert said[1] == "frameworks/fake: overhead, 4 ratios"
    found = kept(tmp_path).overhead
    assert found is not None
    assert (found.date, found.machine["cores"]) == (date(2026, 11, 21), 2)
    cost = found.costs[0]
    assert (cost.host, cost.where, cost.server) == ("fake:wsgi", "in process", None)
    assert (cost.request, cost.verdict) == ("empty GET", "faster")
    assert (cost.ratio, cost.low, cost.high) == (0.9477, 0.7191, 1)
    assert found.costs[2].server == "s"


def test_no_folder_of_a_machine_is_kept(tmp_path: Path, files: tuple[str, str]) -> None:
    recording.record(files, str(tmp_path))
    assert "somewhere" not in (tmp_path / "frameworks" / "fake.json").read_text("utf-8")
    found = kept(tmp_path).overhead
    assert found is not None and found.command == "frameworkhub bench --overhead --on fake"


def test_a_new_run_keeps_the_other_half(tmp_path: Path, files: tuple[str, str]) -> None:
    recording.record(files, str(tmp_path))
    before = kept(tmp_path)
    later = suite(date="2026-11-23")
    recording.record([save(tmp_path / "later", later)], str(tmp_path))
    after = kept(tmp_path)
    assert after.conformance is not None and after.conformance.date == date(2026, 11, 23)
    assert after.overhead == before.overhead
    recording.record([save(tmp_path / "b", bench(date="2026-11-24 01:02 UTC"))], str(tmp_path))
    assert kept(tmp_path).conformance == after.conformance
    found = kept(tmp_path).overhead
    assert found is not None and found.date == date(2026, 11, 24)


def test_one_report_of_several_adapters(tmp_path: Path) -> None:
    server = adapter(kind="servers", workers=True, hosts=["bare:wsgi-serving"])
    both = save(tmp_path / "both", suite(adapters=[adapter(), server]))
    recording.record([both], str(tmp_path))
    assert kept(tmp_path).workers is False
    record = kept(tmp_path, "servers")
    assert record.workers is True
    assert record.conformance is not None and record.conformance.total == Count(9, 9, 9)


def test_the_same_measurements_give_the_same_bytes(tmp_path: Path, files: tuple[str, str]) -> None:
    recording.record(files, str(tmp_path / "one"))
    turned = suite()
    turned["adapters"][0]["versions"] = dict(reversed(turned["adapters"][0]["versions"].items()))
    turned["adapters"][0]["hosts"].reverse()
    again = save(tmp_path / "again", turned)
    recording.record([again, files[1]], str(tmp_path / "two"))
    one, two = [(tmp_path / n / "frameworks" / "fake.json").read_bytes() for n in ("one", "two")]
    assert one == two


def test_one_line_for_each_rule_and_each_cost(tmp_path: Path, files: tuple[str, str]) -> None:
    recording.record(files, str(tmp_path))
    lines = (tmp_path / "frameworks" / "fake.json").read_text("utf-8").splitlines()
    assert '   "P1": {"asgi": [5, 0, 0], "wsgi": [9, 1, 1]},' in lines
    assert len([line for line in lines if '"request": "JSON POST"' in line]) == 2
    text = "\n".join(lines) + "\n"
    assert measured.to_json(measured.from_json(text)) == text


# What is refused


def refused(tmp_path: Path, data: Any, why: str) -> None:
    name = save(tmp_path / "the-report", data)
    with pytest.raises(HubError, match=f"the-report.*{why}"):
        recording.record([name], str(tmp_path / "to"))
    assert not (tmp_path / "to").exists()


def test_a_part_of_a_run_is_refused(tmp_path: Path) -> None:
    because = ["3 tests were deselected", "it ended with exit code 2"]
    why = "only a part .*: 3 tests were deselected; it ended with exit code 2"
    refused(tmp_path, suite(complete=False, because=because), why)


@pytest.mark.parametrize("tests", [TESTS[1:], [*TESTS, "test_of_tomorrow"]])
def test_another_version_of_the_suite_is_refused(tmp_path: Path, tests: list[str]) -> None:
    (other,) = set(tests) ^ set(TESTS)
    refused(tmp_path, suite(tests=tests), rf"another version of the suite \({other}")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({}, "no report; make one with"),
        ([], "no report; make one with"),
        ({"bench": "app"}, "no report; make one with"),
        (suite(adapters=[]), "run on no adapter"),
        (suite(adapters=[{}]), "damaged: KeyError"),
        (suite(hosts={}), "damaged: KeyError"),
        (suite(date="yesterday"), "damaged: ValueError"),
        (suite(adapters=[adapter(adds=["websockets"])]), "no 'websockets' .*websocket"),
        (suite(adapters=[adapter(name="../fake")]), "is no adapter"),
        (suite(adapters=[adapter(kind="../..")]), "is no adapter"),
        (bench(rows=[{}]), "damaged: KeyError"),
        (bench(), "fake has no record yet"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, data: Any, why: str) -> None:
    refused(tmp_path, data, why)


def test_nothing_is_written_if_one_of_several_is_refused(
    tmp_path: Path, files: tuple[str, str]
) -> None:
    with pytest.raises(HubError, match="no-such-file: No such file"):
        recording.record([*files, str(tmp_path / "no-such-file")], str(tmp_path / "to"))
    assert not (tmp_path / "to").exists()


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(HubError, match="text is no report: Expecting value"):
        recording.record([str(tmp_path / "text")], str(tmp_path))


def test_a_damaged_record_is_not_written_over(tmp_path: Path, files: tuple[str, str]) -> None:
    damaged = tmp_path / "frameworks" / "fake.json"
    damaged.parent.mkdir()
    damaged.write_text("{}")
    with pytest.raises(HubError, match=r"fake\.json can't be kept: .*KeyError"):
        recording.record(files, str(tmp_path))
    assert damaged.read_text() == "{}"


def test_an_installed_library_is_not_written_into(
    tmp_path: Path, files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_CHECKOUT", tmp_path / "pyproject.toml")
    with pytest.raises(HubError, match="--to DIR"):
        recording.record(files)


# The command


def test_command(
    tmp_path: Path, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["record", *files, "--to", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "frameworks/fake: conformance, 14 passed, 1 gaps, 1 failed",
        "frameworks/fake: overhead, 4 ratios",
    ]
    assert kept(tmp_path).overhead


def test_command_tells_in_one_line_what_it_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = save(tmp_path / "part", suite(complete=False, because=["it did not end"]))
    assert cli.main(["record", part, "--to", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
