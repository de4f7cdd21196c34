"""What `--hub-report` says of a run, and when it says that the run was whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from frameworkhub import frameworks, servers
from frameworkhub.testing import gaps, reporting
from frameworkhub.testing.hosts import Spec

IN_PROCESS = Spec("fake", "wsgi")
ON_SOCKET = Spec("fake", "wsgi", server="serving")
BARE = Spec("bare", "wsgi", server="serving")
NAMES = frozenset({"test_a", "test_b"})


def fake_adapter(kind: str, name: str) -> SimpleNamespace:
    features: Any = frameworks.Features(("wsgi",))
    if kind == "servers":
        features = servers.Features(("wsgi",), websocket=True, workers=True)
    return SimpleNamespace(
        kind=kind, name=name, distribution="pytest", version="1", features=features
    )


INSTALLED = {
    "frameworks": [fake_adapter("frameworks", "fake"), fake_adapter("frameworks", "other")],
    "servers": [fake_adapter("servers", "serving")],
}


def item(spec: Spec | None, name: str = "test_a", parameter: str = "") -> Any:
    params = {"spec": spec} if spec else {}
    return SimpleNamespace(
        path=reporting.HERE / "test_x.py",
        nodeid=f"{name}[{parameter}-{spec and spec.id}]",
        originalname=name,
        callspec=SimpleNamespace(params=params),
        fixturenames=("spec",) if spec else (),
    )


class Run:
    """A run of a suite of two tests, told to a reporter step by step."""

    def __init__(self, path: Path, **options: Any) -> None:
        known = {"--hub-adapter": ["fake"], "--hub-server": None, **options}
        config: Any = SimpleNamespace(getoption=known.__getitem__)
        self.path = path
        self.reporter = reporting.Reporter(config, path)

    def collect(self, *items: Any, deselected: tuple[Any, ...] = ()) -> None:
        for each in (*items, *deselected):
            self.reporter.pytest_itemcollected(each)
        self.reporter.pytest_deselected(list(deselected))
        self.reporter.pytest_collection_finish(SimpleNamespace(items=list(items)))  # type: ignore

    def phase(self, item: Any, when: str, outcome: str, **more: Any) -> None:
        words = {word: outcome == word for word in ("passed", "failed", "skipped")}
        report: Any = SimpleNamespace(nodeid=item.nodeid, when=when, **words, **more)
        self.reporter.pytest_runtest_logreport(report)

    def passes(self, *items: Any) -> None:
        for each in items:
            for when in ("setup", "call", "teardown"):
                self.phase(each, when, "passed")

    def ends(self, code: int = 0) -> dict[str, Any]:
        self.reporter.pytest_sessionfinish(exitstatus=code)
        return self.read()

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        return found


@pytest.fixture(autouse=True)
def suite_of_two_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(gaps, "test_names", lambda: NAMES)
    monkeypatch.setattr(reporting, "adapters", INSTALLED.__getitem__)
    find = {(kind, one.name): one for kind, some in INSTALLED.items() for one in some}
    monkeypatch.setattr(reporting.hosts, "adapter", lambda kind, name: find[kind, name])
    yield


ALL = [item(spec, name) for spec in (IN_PROCESS, ON_SOCKET) for name in sorted(NAMES)]


def whole(path: Path, **options: Any) -> dict[str, Any]:
    run = Run(path / "report", **options)
    run.collect(*ALL)
    run.passes(*ALL)
    return run.ends()


def test_whole_run(tmp_path: Path) -> None:
    report = whole(tmp_path)
    assert (report["complete"], report["because"]) == (True, [])
    assert report["tests"] == sorted(NAMES)
    assert set(report["hosts"]) == {"fake:wsgi-inprocess", "fake:wsgi-serving"}
    assert report["hosts"]["fake:wsgi-serving"]["tests"] == {n: [1, 0, 0] for n in NAMES}
    (adapter,) = report["adapters"]
    assert (adapter["kind"], adapter["name"]) == ("frameworks", "fake")
    assert (adapter["interfaces"], adapter["websocket"]) == (["wsgi"], [])
    assert set(adapter["versions"]) >= {"frameworkhub", "pytest", "pluggy"}


def test_run_that_does_not_end(tmp_path: Path) -> None:
    run = Run(tmp_path / "report")
    run.collect(*ALL)
    assert run.read()["because"] == ["it did not end"]


def test_each_test_is_what_its_worst_phase_was(tmp_path: Path) -> None:
    run = Run(tmp_path / "report")
    items = [item(ON_SOCKET, "test_a", word) for word in "abcdef"]
    run.collect(*items, item(ON_SOCKET, "test_b"))
    run.passes(items[0])
    run.phase(items[1], "setup", "failed")
    run.phase(items[2], "call", "skipped", wasxfail="upstream: x")
    run.phase(items[2], "teardown", "passed")
    run.phase(items[3], "call", "skipped", wasxfail="upstream: x")
    run.phase(items[3], "teardown", "failed")
    run.phase(items[4], "setup", "skipped")
    run.phase(items[5], "setup", "passed")
    report = run.ends(1)
    assert report["hosts"]["fake:wsgi-serving"]["tests"] == {"test_a": [1, 1, 2]}
    assert report["because"] == ["3 tests did not run, or were skipped"]


def test_failures_do_not_make_it_a_part(tmp_path: Path) -> None:
    run = Run(tmp_path / "report")
    run.collect(*ALL)
    run.passes(*ALL[1:])
    run.phase(ALL[0], "call", "failed")
    assert run.ends(1)["complete"]


@pytest.mark.parametrize("code", [2, 3, 4, 5])
def test_run_that_was_interrupted(tmp_path: Path, code: int) -> None:
    run = Run(tmp_path / "report")
    run.collect(*ALL)
    run.passes(*ALL)
    assert run.ends(code)["because"] == [f"it ended with exit code {code}"]


def test_run_of_some_tests(tmp_path: Path) -> None:
    run = Run(tmp_path / "report")
    only = [each for each in ALL if each.originalname == "test_a"]
    run.collect(*only)
    run.passes(*only)
    assert run.ends()["because"] == ["1 test functions were not collected"]


def test_tests_that_are_deselected(tmp_path: Path) -> None:
    run = Run(tmp_path / "report")
    homeless = item(None, "test_b")
    homeless.fixturenames = ("spec",)
    run.collect(*ALL, deselected=(item(IN_PROCESS, "test_a", "more"), homeless, item(BARE)))
    run.passes(*ALL)
    assert run.ends()["because"] == ["1 tests were deselected"]


def test_run_without_a_socket(tmp_path: Path) -> None:
    run = Run(tmp_path / "report")
    run.collect(*ALL[:2])
    run.passes(*ALL[:2])
    assert run.ends()["because"] == ["frameworks/fake: no socket for wsgi"]


def test_run_of_a_server_tells_of_its_sockets(tmp_path: Path) -> None:
    run = Run(tmp_path / "report", **{"--hub-adapter": None, "--hub-server": ["serving"]})
    on = [item(BARE, name) for name in sorted(NAMES)]
    # What was in process was no matter of the server's.
    run.collect(*on, deselected=tuple(ALL[:2]))
    run.passes(*on)
    report = run.ends()
    assert report["complete"], report["because"]
    (adapter,) = report["adapters"]
    assert (adapter["kind"], adapter["hosts"]) == ("servers", ["bare:wsgi-serving"])
    assert adapter["workers"] is True
    # It has WebSockets, but none of these hosts carried one.
    assert adapter["websocket"] == []


@pytest.mark.parametrize(
    ("frameworks", "servers", "told"),
    [
        (None, None, ["fake", "other", "serving"]),
        (["other"], ["serving"], ["other"]),
        (["bare"], ["serving"], ["serving"]),
        (["bare"], None, []),
        (None, ["inprocess"], []),
    ],
)
def test_whom_a_run_tells_of(frameworks: Any, servers: Any, told: list[str]) -> None:
    given = {"--hub-adapter": frameworks, "--hub-server": servers}
    config: Any = SimpleNamespace(getoption=given.__getitem__)
    assert [adapter.name for adapter in reporting.chosen(config)] == told


def test_file_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError, match=r"nowhere.*No such file"):
        Run(tmp_path / "nowhere" / "report")
