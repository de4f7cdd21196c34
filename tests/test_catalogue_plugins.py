"""Plugins add entries; the user's data file lies over them; whatever is broken is left out."""

import json
import warnings
from datetime import date

import pytest

import frameworkhub as hub
from frameworkhub import catalogue
from frameworkhub.catalogue import loading

ENTRY = """
name = 'Outsider'
aliases = ['out.sider']
kinds = ['frameworks']
distribution = 'outsider'

[summary]
en = 'A framework from outside.'
zh = '外来的框架。'

[links]
homepage = 'https://example.org/'

[release]
version = '1.0'
date = 2026-01-02
licence = 'MIT'
python = '>=3.9'
source = 'index'

[install]
command = 'pip install outsider'
ran_on = ['3.11']

[interfaces]
wsgi = 'docs'

[features]
routing = 'docs'

[[strengths]]
en = 'It is here.'
zh = '它在这里。'
source = 'docs'

[sources.index]
kind = 'index'
what = 'outsider 1.0'
checked = 2026-11-22

[sources.docs]
kind = 'documentation'
url = 'https://example.org/docs'
checked = 2026-11-22
"""
PLUGIN = """
import pathlib
import frameworkhub as hub

@hub.hookimpl
def systems():
    return [pathlib.Path({folder!r})]
"""
MEASURED = {
    "kind": "frameworks",
    "name": "outsider",
    "adapter": "frameworkhub-outsider",
    "interfaces": ["wsgi"],
    "websocket": [],
    "adds": [],
    "conformance": {
        "date": "2026-11-22",
        "python": "CPython 3.11.7",
        "versions": {"outsider": "1.0"},
        "hosts": ["outsider:wsgi-inprocess"],
        "rules": {"P1": {"wsgi": [4, 0, 0]}, "P2": {"wsgi": [1, 1, 0]}},
    },
}


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMEWORKHUB_DATA", str(tmp_path / "data"))
    catalogue.forget()
    yield
    monkeypatch.undo()
    catalogue.forget()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "entries"
    made.mkdir()
    (made / "outsider.toml").write_text(ENTRY)
    return made


def test_a_plugin_adds_entries(install, folder):
    module = install("outsider", PLUGIN.format(folder=str(folder)), "catalogue")
    system = hub.system("Out.Sider")
    assert (system.key, system.summary.zh, system.status) == ("outsider", "外来的框架。", "active")
    assert system in hub.find(interface="wsgi", routing=True)
    assert module == "hubtest_outsider_catalogue"


def test_a_plugin_brings_what_was_measured(install, folder):
    (folder / "measured" / "frameworks").mkdir(parents=True)
    (folder / "measured" / "frameworks" / "outsider.json").write_text(json.dumps(MEASURED))
    install("outsider", PLUGIN.format(folder=str(folder)), "catalogue")
    [measured] = hub.system("outsider").measured
    assert measured.conformance.holds("P1") and not measured.conformance.holds("P2", "wsgi")
    assert measured.conformance.holds("P3") is None
    assert measured.conformance.total.passed == 5
    assert hub.system("outsider") in hub.find(adapter=True)


def test_a_malformed_record_is_left_out(install, folder):
    (folder / "measured" / "frameworks").mkdir(parents=True)
    (folder / "measured" / "frameworks" / "outsider.json").write_text('{"kind": "frameworks"}')
    install("outsider", PLUGIN.format(folder=str(folder)), "catalogue")
    with pytest.warns(UserWarning, match=r"hubtest-outsider 1.2: outsider.json: .*left out"):
        assert hub.system("outsider").measured == ()
    assert hub.system("flask").measured


def test_an_entry_whose_key_is_taken_is_left_out(install, folder):
    (folder / "outsider.toml").rename(folder / "flask.toml")
    install("outsider", PLUGIN.format(folder=str(folder)), "catalogue")
    with pytest.warns(UserWarning, match=r"hubtest-outsider 1.2: .*has 'flask' already"):
        assert hub.system("flask").name == "Flask"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise ImportError('no such thing')", "does not load: ImportError: no such thing"),
        ("import frameworkhub as hub\n@hub.hookimpl\ndef sistems(): ...", "sistems"),
    ],
)
def test_a_broken_plugin_is_told_and_the_catalogue_goes_on(install, source, message):
    install("outsider", source, "catalogue")
    with pytest.warns(UserWarning, match=message):
        assert hub.system("flask").name == "Flask"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name = 'Outsider'", "name = 3", "entry: 'name' is no text"),
        ("name = 'Outsider'", "", "entry: no 'name'"),
        ("name = 'Outsider'", "name = ", "Invalid value"),
        ("zh = '它在这里。'", "", "entry: strengths 1: no 'zh'"),
        ("zh = '它在这里。'", "zh = 'Here.'", "strengths 1: 'zh' is not Chinese"),
        ("zh = '它在这里。'", "zh = ' '", "strengths 1: a language is empty"),
        (
            "routing = 'docs'",
            "routin = 'docs'",
            "no 'routin' among the features; there are routing",
        ),
        ("routing = 'docs'", "routing = 'dox'", "entry: features: no source 'dox'"),
        ("['frameworks']", "['framework']", "no 'framework' among the kinds"),
        ("kind = 'index'", "kind = 'gossip'", "no 'gossip' among the sources"),
        ("checked = 2026-11-22", "checked = 'today'", "sources: index: 'checked' is no date"),
        ("date = 2026-01-02", "date = '2026'", "entry: release: 'date' is no date"),
        ("version = '1.0'", "", "entry: release: .*version"),
        ("homepage = ", "homapage = ", "entry: links: .*homapage"),
        ("[features]", "[feetures]", "no such tables: feetures"),
        ("ran_on = ['3.11']", "ran_on = ['3.11']\nremedies = [{en='x'}]", "remedies 1: no 'zh'"),
    ],
)
def test_a_malformed_entry_is_told_by_its_place(install, folder, old, new, message):
    assert old in ENTRY
    (folder / "outsider.toml").write_text(ENTRY.replace(old, new, 1))
    with pytest.raises(catalogue.CatalogueError, match=f"^outsider.toml: .*{message}"):
        loading.read(folder / "outsider.toml")
    install("outsider", PLUGIN.format(folder=str(folder)), "catalogue")
    with pytest.warns(UserWarning, match=r"hubtest-outsider 1.2: outsider.toml: .*left out"):
        assert hub.system("flask").name == "Flask"


# The user's data file


def refreshed(tmp_path, checked="2027-01-01", **changes):
    release = {
        "distribution": "Flask",
        "version": "9.9",
        "date": "2026-12-31",
        "licence": "BSD-3-Clause",
        "python": ">=3.15",
        "checked": checked,
        **changes,
    }
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalogue.json").write_text(json.dumps({"releases": {"Flask": release}}))


def test_a_refreshed_release_lies_over_the_entry(tmp_path):
    refreshed(tmp_path)
    release = hub.system("flask").release
    assert (release.version, release.date) == ("9.9", date(2026, 12, 31))
    assert release.source.checked == date(2027, 1, 1)
    assert hub.system("flask").strengths


def test_an_entry_that_was_checked_later_counts_more(tmp_path):
    refreshed(tmp_path, checked="2020-01-01")
    assert hub.system("flask").release.version != "9.9"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"releases": {"Flask": {"version": 1}}}'])
def test_a_damaged_data_file_is_told_and_the_catalogue_goes_on(tmp_path, text):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalogue.json").write_text(text)
    with pytest.warns(UserWarning, match=r"catalogue\.json is damaged .*frameworkhub refresh"):
        assert hub.system("flask").name == "Flask"


def test_no_data_file_is_nothing_to_tell():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hub.system("flask").name == "Flask"
