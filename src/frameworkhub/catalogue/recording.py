"""`frameworkhub record`: what the suite and the bench measured, kept beside the entries.

The records are written here and nowhere else; nobody edits them by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs

from .. import registry
from ..errors import HubError
from ..testing import rules
from . import vocabulary
from .measured import Conformance, Cost, Count, Measured, Overhead, from_json, to_json

_CHECKOUT = Path(__file__).parents[3] / "pyproject.toml"
SUITE = "pytest --pyargs frameworkhub.testing --hub-report FILE"
BENCH = "frameworkhub bench --overhead --json FILE"


def record(files: Sequence[str], to: str | None = None) -> list[str]:
    """Writes what the files tell into `<to>/<kind>/<name>.json`; says in lines what it was.

    A record keeps its other half: a new run of the suite leaves the overhead as it was.

    Args:
        files: reports of the suite, and of `frameworkhub bench --overhead`.
        to: the folder; by default that of this library's own catalogue, if it is a checkout.

    Raises:
        HubError: a file is no such report, or one of a partial run; then nothing is written.
    """
    records = Records(_folder(to))
    reports = [(name, _read(name)) for name in files]
    # The suite tells whose adapter it is, so it comes first.
    for name, report in sorted(reports, key=lambda each: "suite" not in each[1]):
        try:
            records.add(report)
        except HubError as error:
            raise HubError(f"{name}: {error}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HubError(f"{name} is damaged: {type(error).__name__}: {error}") from error
    records.write()
    return records.said


def _folder(to: str | None) -> Path:
    if to is not None:
        return Path(to)
    if not _CHECKOUT.is_file():
        raise HubError("this library is no checkout: say where to record, with --to DIR")
    return Path(__file__).parent / "measured"


def _read(name: str) -> dict[str, Any]:
    try:
        data = json.loads(Path(name).read_bytes())
    except OSError as error:
        raise HubError(f"can't read {name}: {error.strerror}") from None
    except ValueError as error:
        raise HubError(f"{name} is no report: {error}") from None
    if not isinstance(data, dict) or not ("suite" in data or data.get("bench") == "overhead"):
        raise HubError(f"{name} is no report; make one with `{SUITE}` or `{BENCH}`")
    return data


class Records:
    """The records of a folder, as they will be.

    Attributes:
        said: a line for each part of a record that was added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changed: dict[tuple[str, str], Measured] = {}
        self.said: list[str] = []

    def add(self, report: Mapping[str, Any]) -> None:
        """Takes one report; raises HubError, KeyError, TypeError or ValueError if it can't."""
        if "suite" in report:
            self._add_conformance(report)
        else:
            self._add_overhead(report)

    def _add_conformance(self, report: Mapping[str, Any]) -> None:
        check_whole(report)
        for adapter in report["adapters"]:
            new = measured(adapter, conformance(adapter, report))
            old = self._known(new.kind, new.name)
            self._change(attrs.evolve(new, overhead=old.overhead if old else None))
            assert new.conformance is not None
            total = new.conformance.total
            told = f"{total.passed} passed, {total.gaps} gaps, {total.failed} failed"
            self.said.append(f"{new.kind}/{new.name}: conformance, {told}")

    def _add_overhead(self, report: Mapping[str, Any]) -> None:
        for name, rows in groupby(sorted(report["rows"], key=framework_of), key=framework_of):
            old = self._known("frameworks", name)
            if old is None:
                raise HubError(f"{name} has no record yet: it begins with a report of `{SUITE}`")
            new = overhead(report, rows)
            self._change(attrs.evolve(old, overhead=new))
            self.said.append(f"frameworks/{name}: overhead, {len(new.costs)} ratios")

    def _known(self, kind: str, name: str) -> Measured | None:
        path = self._path(kind, name)
        if (kind, name) in self.changed or not path.is_file():
            return self.changed.get((kind, name))
        try:
            return from_json(path.read_text("utf-8"))
        except HubError as error:
            raise HubError(f"{path} can't be kept: {error}") from None

    def _change(self, record: Measured) -> None:
        self.changed[record.kind, record.name] = record

    def _path(self, kind: str, name: str) -> Path:
        if kind not in registry.KINDS or not re.fullmatch(r"\w[\w.-]*", name):
            raise HubError(f"{kind}/{name} is no adapter")
        return self.folder / kind / f"{name}.json"

    def write(self) -> None:
        """Writes those that changed; raises HubError if that fails."""
        for (kind, name), record in self.changed.items():
            path = self._path(kind, name)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(to_json(record), "utf-8")
            except OSError as error:
                raise HubError(f"can't write {path}: {error.strerror}") from None


def framework_of(row: Mapping[str, Any]) -> str:
    """The framework of a row of a bench."""
    return str(row["host"]).partition(":")[0]


def check_whole(report: Mapping[str, Any]) -> None:
    """Raises HubError unless it is of a whole run, of the suite as it is today."""
    if not report["complete"]:
        raise HubError(f"only a part of the suite was run: {'; '.join(report['because'])}")
    today = {name for rule in rules.all_rules().values() for name in rule.tests}
    if other := sorted(today ^ set(report["tests"])):
        raise HubError(f"made by another version of the suite ({other[0]} ...): run it again")
    if not report["adapters"]:
        raise HubError("it was run on no adapter: name one, with --hub-adapter or --hub-server")


def measured(adapter: Mapping[str, Any], conformance: Conformance) -> Measured:
    """The record of an adapter that a report describes."""
    return Measured(
        kind=adapter["kind"],
        name=adapter["name"],
        adapter=adapter["distribution"],
        interfaces=tuple(adapter["interfaces"]),
        websocket=tuple(adapter["websocket"]),
        workers=adapter["workers"],
        adds=tuple(vocabulary.check("features", word) for word in adapter["adds"]),
        conformance=conformance,
    )


def conformance(adapter: Mapping[str, Any], report: Mapping[str, Any]) -> Conformance:
    """What a report says of one of its adapters, rule by rule."""
    hosts = [report["hosts"][name] for name in adapter["hosts"]]
    return Conformance(
        date=date.fromisoformat(report["date"]),
        python=report["python"],
        versions=dict(sorted(adapter["versions"].items())),
        hosts=tuple(sorted(adapter["hosts"])),
        rules={rule.number: _by_interface(rule, hosts) for rule in rules.all_rules().values()},
    )


def _by_interface(rule: rules.Rule, hosts: Iterable[Mapping[str, Any]]) -> dict[str, Count]:
    """The tests of a rule; those of one interface together, by whatever server they ran."""
    found: dict[str, Count] = {}
    for host in hosts:
        for name in rule.tests:
            if name in host["tests"]:
                passed, gaps, failed = host["tests"][name]
                before = found.get(host["interface"], Count(0, 0, 0))
                found[host["interface"]] = Count(
                    before.passed + passed, before.gaps + gaps, before.failed + failed
                )
    return dict(sorted(found.items()))


def overhead(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Overhead:
    """The ratios of a bench, without its samples."""
    return Overhead(
        date=date.fromisoformat(report["date"].partition(" ")[0]),
        command=" ".join(_without_files(report["command"])),
        machine=dict(sorted(report["machine"].items())),
        versions=dict(sorted(report["versions"].items())),
        costs=tuple(_cost(row) for row in rows),
    )


def _without_files(command: str) -> Iterator[str]:
    """The words of a command but where it wrote to: that is somebody's own folder."""
    words = iter(command.split())
    for word in words:
        if word in ("--json", "--svg"):
            next(words, None)
        elif not ("/" in word or "\\" in word):
            yield word


def _cost(row: Mapping[str, Any]) -> Cost:
    ratio = {name: round(row["ratio"][key], 4) for name, key in _RATIO.items()}
    told = {name: row[name] for name in ("host", "where", "server", "request", "verdict")}
    return Cost(**told, **ratio)


_RATIO = {"ratio": "value", "low": "low", "high": "high"}
