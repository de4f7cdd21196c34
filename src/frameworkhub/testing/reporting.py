"""`--hub-report FILE`: what a run found, as JSON, for `frameworkhub record`.

    {"suite": "frameworkhub.testing", "date": "2026-11-22", "python": "CPython 3.11.7",
     "complete": true, "because": [],
     "adapters": [{"kind", "name", "distribution", "interfaces", "websocket", "workers", "adds",
                   "hosts": [id, ...], "versions": {distribution: version}}],
     "tests": [every test function of the suite],
     "hosts": {id: {"interface", "websocket", "tests": {name: [passed, gaps, failed]}}}}

A run tells of the frameworks that `--hub-adapter` names; without that of the servers that
`--hub-server` names; without both of all that are installed. It is complete if every test of
these has ended, and each interface of theirs was on a socket; `because` says what is missing.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from .. import listing, manifest
from ..registry import Adapter, adapters
from . import gaps, hosts, options
from .hosts import Spec

HERE = Path(__file__).parent
SUITE = "frameworkhub.testing"
VERDICTS = ("passed", "gaps", "failed")
# A test whose setup, call and teardown end differently is what the last of these says.
_BADNESS = ("passed", "skipped", "gaps", "failed")


def spec_of(item: pytest.Item) -> Spec | None:
    """The host that a test questions; None for a test of no host."""
    callspec = getattr(item, "callspec", None)
    spec = callspec.params.get("spec") if callspec is not None else None
    return spec if isinstance(spec, Spec) else None


def is_homeless(item: pytest.Item) -> bool:
    """Whether it stands for a test that none of the hosts can be asked."""
    return "spec" in getattr(item, "fixturenames", ()) and spec_of(item) is None


def function_of(item: pytest.Item) -> str:
    return getattr(item, "originalname", None) or item.name


class Reporter:
    """Watches a run, and writes its report; until then the file says that the run did not end.

    Raises:
        pytest.UsageError: the file can't be written.
    """

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self.config, self.path = config, path.absolute()
        self.collected: set[str] = set()
        self.deselected: list[pytest.Item] = []
        self.items: list[pytest.Item] = []
        self.verdicts: dict[str, str] = {}
        try:
            self._write({"suite": SUITE, "complete": False, "because": ["it did not end"]})
        except OSError as error:
            raise pytest.UsageError(f"--hub-report {path}: {error.strerror}") from None

    def _write(self, data: dict[str, Any]) -> None:
        self.path.write_text(json.dumps(data, indent=1) + "\n", "utf-8")

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if item.path.parent == HERE:
            self.collected.add(function_of(item))

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        self.deselected += [item for item in items if not is_homeless(item)]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = [item for item in session.items if item.path.parent == HERE]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            before = self.verdicts.get(report.nodeid, "passed")
            self.verdicts[report.nodeid] = max(before, verdict(report), key=_BADNESS.index)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._write(self.data(exitstatus))

    def data(self, exitstatus: int) -> dict[str, Any]:
        """The report."""
        specs = {spec: self._counts(spec) for spec in self._specs()}
        subjects = list(chosen(self.config))
        because = list(self._missing(subjects, list(specs), exitstatus))
        return {
            "suite": SUITE,
            "date": datetime.now(UTC).date().isoformat(),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "complete": not because,
            "because": because,
            "adapters": [described(adapter, specs) for adapter in subjects],
            "tests": sorted(gaps.test_names()),
            "hosts": {
                spec.id: {"interface": spec.interface, "websocket": spec.websocket, "tests": counts}
                for spec, counts in specs.items()
            },
        }

    def _specs(self) -> list[Spec]:
        return list(dict.fromkeys(spec for item in self.items if (spec := spec_of(item))))

    def _counts(self, spec: Spec) -> dict[str, list[int]]:
        found: dict[str, Counter[str]] = {}
        for item in self.items:
            if spec_of(item) == spec and item.nodeid in self.verdicts:
                counter = found.setdefault(function_of(item), Counter())
                counter[self.verdicts[item.nodeid]] += 1
        return {name: [found[name][word] for word in VERDICTS] for name in sorted(found)}

    def _missing(
        self, subjects: list[Adapter], specs: list[Spec], exitstatus: int
    ) -> Iterator[str]:
        """Why it tells less than a complete run."""
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            yield f"it ended with exit code {int(exitstatus)}"
        if absent := gaps.test_names() - self.collected:
            yield f"{len(absent)} test functions were not collected"
        if left_out := [item for item in self.deselected if _concerns(item, subjects)]:
            yield f"{len(left_out)} tests were deselected"
        ended = [item for item in self.items if self.verdicts.get(item.nodeid) in VERDICTS]
        if pending := len(self.items) - len(ended):
            yield f"{pending} tests did not run, or were skipped"
        for adapter in subjects:
            on_sockets = {spec.interface for spec in hosts_of(adapter, specs) if spec.server}
            for interface in set(interfaces(adapter)) - on_sockets:
                yield f"{adapter.kind}/{adapter.name}: no socket for {interface}"


def verdict(report: pytest.TestReport) -> str:
    """How one phase of a test ended; a gap is an expected failure."""
    if report.failed:
        return "failed"
    if report.skipped:
        return "gaps" if hasattr(report, "wasxfail") else "skipped"
    return "passed"


def chosen(config: pytest.Config) -> Iterator[Adapter]:
    """The adapters that a run tells of."""
    frameworks, servers = config.getoption("--hub-adapter"), config.getoption("--hub-server")
    named = [name for name in frameworks or () if name != options.BARE]
    serving = [name for name in servers or () if name != options.IN_PROCESS]
    everything = frameworks is None and servers is None
    for adapter in adapters("frameworks"):
        if everything or adapter.name in named:
            yield adapter
    for adapter in adapters("servers"):
        if everything or (adapter.name in serving and not named):
            yield adapter


def interfaces(adapter: Adapter) -> tuple[str, ...]:
    """What a framework can be served by, or a server serves."""
    features = adapter.features
    found: tuple[str, ...] = getattr(features, "interfaces", None) or features.protocols
    return found


def hosts_of(adapter: Adapter, specs: Iterable[Spec]) -> list[Spec]:
    """The hosts at which an adapter is at work; for a server: over its sockets."""
    if adapter.kind == "frameworks":
        return [spec for spec in specs if spec.framework == adapter.name]
    return [spec for spec in specs if spec.server == adapter.name]


def _concerns(item: pytest.Item, subjects: Iterable[Adapter]) -> bool:
    spec = spec_of(item)
    return spec is None or any(hosts_of(adapter, [spec]) for adapter in subjects)


def described(adapter: Adapter, specs: Iterable[Spec]) -> dict[str, Any]:
    """What an adapter says of itself, and where it was at work."""
    at_work = hosts_of(adapter, specs)
    carrying = {spec.interface for spec in at_work if spec.websocket}
    return {
        "kind": adapter.kind,
        "name": adapter.name,
        "distribution": adapter.distribution,
        "interfaces": list(interfaces(adapter)),
        "websocket": [name for name in interfaces(adapter) if name in carrying],
        "workers": bool(getattr(adapter.features, "workers", False)),
        "adds": list(manifest.section(adapter.distribution).get("adds", ())),
        "hosts": [spec.id for spec in at_work],
        "versions": versions(adapter, at_work),
    }


def versions(adapter: Adapter, specs: Iterable[Spec]) -> dict[str, str]:
    """Of this library, of the plugins at work, and of what these need."""
    found = {"frameworkhub": metadata.version("frameworkhub")}
    names = dict.fromkeys(spec.server or spec.helper for spec in specs)
    for each in (adapter, *(hosts.adapter("servers", name) for name in names if name)):
        found[each.distribution] = each.version
        found |= dict(carried.split(" ", 1) for carried in listing.carried(each.distribution))
    return dict(sorted(found.items()))
