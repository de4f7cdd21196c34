"""What the catalogue tells agrees with what was measured, and that is of today's suite."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import frameworkhub as hub
from frameworkhub.catalogue import contradictions, store
from frameworkhub.catalogue.measured import Measured
from frameworkhub.catalogue.model import System
from frameworkhub.testing import rules

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/*/pyproject.toml"))
MEASURED = [system for system in store.systems() if system.measured]
RECORDS = [record for system in MEASURED for record in system.measured]
ANEW = 'python -m nox -s "plugin({}/{})", then python -m nox -s record'

each_plugin = pytest.mark.parametrize("folder", PLUGINS, ids=lambda f: f"{f.parent.name}/{f.name}")
each_system = pytest.mark.parametrize("system", MEASURED, ids=lambda system: system.key)
each_record = pytest.mark.parametrize("record", RECORDS, ids=lambda r: f"{r.kind}/{r.name}")


@each_system
def test_nothing_told_contradicts_what_was_measured(system: System) -> None:
    found = contradictions.of_measured(system)
    assert not found, "\n".join(found)


@each_record
@pytest.mark.parametrize("word", contradictions.SECTIONS)
def test_find_answers_what_was_measured(record: Measured, word: str) -> None:
    """Of every interface: `find(kind="frameworks", interface="asgi", websocket=True)`."""
    shown = [contradictions.of_record(each) for each in store.measured(record.name)]
    has = any(each.features.get(word) for each in shown)
    by_itself = has and not any(word in each.adds for each in shown)
    if word not in contradictions.of_record(record).features:
        return
    for interface in contradictions.of_record(record).interfaces:
        kind = record.kind if record.kind in hub.system(record.name).kinds else None
        asked = {"kind": kind, "interface": interface}
        found = {answer: hub.find(**asked, **{word: answer}) for answer in (True, False)}
        keys = {answer: [system.key for system in systems] for answer, systems in found.items()}
        said = f"find(**{asked}, {word}={by_itself}) does not give {record.name}, as measured"
        assert record.name in keys[by_itself], said
        assert record.name not in keys[not by_itself], said


@each_plugin
def test_every_adapter_has_an_entry_and_a_record(folder: Path) -> None:
    kind, name = folder.parent.name, folder.name
    assert name in {system.key for system in store.systems()}, f"the catalogue has no {name}.toml"
    anew = ANEW.format(kind, name)
    assert kind in {record.kind for record in store.measured(name)}, f"never measured: {anew}"


def test_every_framework_has_its_overhead() -> None:
    lacking = [r.name for r in RECORDS if r.kind == "frameworks" and r.overhead is None]
    assert lacking == [], "python -m nox -s bench, then python -m nox -s record"


@each_record
def test_a_record_is_of_todays_rules(record: Measured) -> None:
    anew = f"the rules have changed: {ANEW.format(record.kind, record.name)}"
    assert record.conformance is not None, anew
    assert list(record.conformance.rules) == list(rules.all_rules()), anew


@each_record
def test_a_record_says_what_the_manifest_adds(record: Measured) -> None:
    manifest = ROOT / "plugins" / record.kind / record.name / "pyproject.toml"
    own = tomllib.loads(manifest.read_text("utf-8"))["tool"]["frameworkhub"]
    adds = tuple(own.get("adds", ()))
    assert record.adds == adds, ANEW.format(record.kind, record.name)


@each_record
def test_a_record_is_of_a_run_that_passed(record: Measured) -> None:
    assert record.conformance is not None
    assert record.conformance.total.passed >= 1000
    assert record.conformance.total.failed == 0


def test_records_are_small() -> None:
    files = (ROOT / "src" / "frameworkhub" / "catalogue" / "measured").glob("*/*.json")
    assert sum(path.stat().st_size for path in files) < 400_000
