"""The entries of the catalogue keep its rules, and the queries answer from them."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from datetime import date
from importlib import metadata
from pathlib import Path

import attrs
import pytest

import frameworkhub as hub
from frameworkhub.catalogue import model, page, queries, vocabulary

FOLDER = Path(model.__file__).parent
ENTRIES = sorted((FOLDER / "entries").glob("*.toml"))
# The names under which people look for the systems that the project began with.
NAMES = """
aiohttp; Bottle; cyclone; Django; Falcon; FastAPI; Flask; nameko; Sanic; Tornado; Twisted; web.py;
Pyramid; TurboGears; CherryPy; Asgineer; Emmett; apidaora; Quixote; reahl; hug; BlackSheep;
Index.py; Starlette; Responder; Molten; Clastic; Masonite; Quart; Tonberry; Klein; CubicWeb;
Zope 2; web2py; Pylons; Cubes; DPark; Buildbot; Scrapy; PySpider; Crawley; Portia; Celery; Airflow;
APScheduler; PyScript; Gunicorn; Jinja2; Mako; Chameleon; Cheetah
""".replace("\n", " ")
PARTS = ("strengths", "weaknesses", "good_for", "poor_for")

each_entry = pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)


def entry(path: Path) -> hub.System:
    return hub.system(path.stem)


def claims(system: hub.System) -> list[model.Claim | model.Correction]:
    lists = [getattr(system, part) for part in PARTS]
    return [claim for each in lists for claim in each] + [
        *system.corrections,
        *system.install.remedies,
    ]


def sources(system: hub.System) -> list[model.Source]:
    words = (system.interfaces, system.colours, system.features)
    declared = [system.declared.source] if system.declared else []
    return [
        system.release.source,
        *declared,
        *(claim.source for claim in claims(system)),
        *(source for each in words for source in each.values()),
    ]


# The entries


@pytest.mark.parametrize("name", [name.strip() for name in NAMES.split(";")])
def test_every_system_of_the_list_is_found_by_its_name(name: str) -> None:
    assert queries.store.plain(hub.system(name).name) in queries.store.plain(f"Apache {name}")


def test_there_are_fifty_one_names() -> None:
    assert len(NAMES.split(";")) == 51


@each_entry
def test_an_entry_is_complete(path: Path) -> None:
    system = entry(path)
    assert system.key == path.stem == queries.store.plain(path.stem)
    assert system.kinds
    assert system.release.version and system.install.command
    assert system.links.repository or system.links.homepage
    assert {part for part in PARTS if not getattr(system, part)} == set()


@each_entry
def test_a_framework_or_server_tells_its_interfaces_and_features(path: Path) -> None:
    system = entry(path)
    assert system.features
    if {"frameworks", "servers"} & set(system.kinds):
        assert system.interfaces


@each_entry
def test_every_claim_has_a_source_with_a_date(path: Path) -> None:
    system = entry(path)
    for source in sources(system):
        assert source.url or source.what, source
        assert re.match(r"https?://\S+$|$", source.url), source
        assert system.release.date <= source.checked or source.kind == "specification", source
        assert date(2026, 11, 1) <= source.checked <= date.today(), source


@each_entry
def test_no_source_stands_unused(path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8"))
    named = table.pop("sources")
    used = set(re.findall(r"'([^']*)'", repr(table)))
    assert set(named) - used == set()


@each_entry
def test_texts_are_short_and_in_both_languages(path: Path) -> None:
    system = entry(path)
    assert len(system.summary.en) <= 200 and len(system.summary.zh) <= 110
    for text in queries.texts(system):
        assert not re.search(r"[\u4e00-\u9fff，。；：]", text.en), text.en
        assert re.search(r"[\u4e00-\u9fff]", text.zh), text.zh
        assert text.en == text.en.strip() and text.zh == text.zh.strip()
        assert text.en[-1] == "." and text.zh[-1] == "。", text
        assert len(text.en) <= 420, text.en


def test_no_sentence_stands_in_two_entries() -> None:
    said = [
        (sentence.strip().casefold(), system.key)
        for system in hub.systems()
        for text in queries.texts(system)
        for sentence in (*re.split(r"(?<=[.;])\s", text.en), *re.split(r"(?<=[。；])", text.zh))
        if len(sentence.strip()) > 12
    ]
    times = Counter(sentence for sentence, _ in said)
    assert sorted(each for each in said if times[each[0]] > 1) == []


@each_entry
def test_relations_lead_to_entries(path: Path) -> None:
    keys = {path.stem for path in ENTRIES}
    system = entry(path)
    assert set(system.ancestors) | set(system.successors) <= keys - {system.key}


def test_no_two_systems_answer_to_one_name() -> None:
    names = [
        (queries.store.plain(name), system.key)
        for system in hub.systems()
        for name in {system.key, system.name, system.distribution, *system.aliases} - {""}
    ]
    owners: dict[str, set[str]] = {}
    for name, key in names:
        owners.setdefault(name, set()).add(key)
    assert {name: keys for name, keys in owners.items() if len(keys) > 1} == {}


def test_every_word_of_the_vocabulary_is_used() -> None:
    used = {
        "kinds": {word for system in hub.systems() for word in system.kinds},
        "interfaces": {word for system in hub.systems() for word in system.interfaces},
        "colours": {word for system in hub.systems() for word in system.colours},
        "statuses": {system.status for system in hub.systems()},
        "features": {word for system in hub.systems() for word in system.features},
    }
    for group, words in used.items():
        assert set(vocabulary.all_words()[group]) - words == set(), group


@each_entry
def test_a_dict_of_an_entry_is_json(path: Path) -> None:
    system = entry(path)
    data = json.loads(json.dumps(system.to_dict()))
    assert data["summary"] == {"en": system.summary.en, "zh": system.summary.zh}
    assert data["release"]["date"] == system.release.date.isoformat()
    assert data["status"] == system.status


# The status


@pytest.mark.parametrize(
    ("released", "status"),
    [
        ("2024-11-23", "active"),
        ("2024-11-20", "maintenance"),
        ("2021-11-24", "maintenance"),
        ("2021-11-20", "dormant"),
    ],
)
def test_the_age_of_a_release_gives_the_status(released: str, status: str) -> None:
    checked = date(2026, 11, 22)
    assert model.status_by_age(date.fromisoformat(released), checked) == status


# Lookups


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("web.py", "webpy"),
        ("WEBPY", "webpy"),
        ("Zope2", "zope"),
        ("zope 2", "zope"),
        ("index.py", "indexpy"),
        ("TurboGears2", "turbogears"),
        ("ct3", "cheetah"),
        ("apache-airflow", "airflow"),
    ],
)
def test_names_are_found_however_they_are_written(asked: str, key: str) -> None:
    assert hub.system(asked).key == key


@pytest.mark.parametrize(
    ("asked", "near"), [("flsk", "Flask"), ("djngo", "Django"), ("gunicron", "Gunicorn")]
)
def test_an_unknown_name_gets_near_ones(asked: str, near: str) -> None:
    with pytest.raises(hub.HubError, match=rf"no '{asked}'; did you mean .*{near}"):
        hub.system(asked)


@pytest.mark.parametrize("asked", ["", "?!", "nothing like any of them"])
def test_a_name_like_no_other(asked: str) -> None:
    with pytest.raises(hub.HubError, match="frameworkhub list"):
        hub.system(asked)


def test_what_is_installed_is_told_without_importing_it() -> None:
    system = hub.system("flask")
    assert attrs.evolve(system, distribution="pluggy").installed == metadata.version("pluggy")
    assert attrs.evolve(system, distribution="no-such-thing").installed is None
    assert attrs.evolve(system, distribution="").installed is None


def test_systems_are_in_order_of_their_names() -> None:
    names = [system.name.casefold() for system in hub.systems()]
    assert names == sorted(names) and len(names) >= 60


# find


def keys(**asked: object) -> set[str]:
    return {system.key for system in hub.find(**asked)}


def test_find_by_words() -> None:
    found = keys(kind="frameworks", interface="asgi", websocket=True)
    assert {"starlette", "fastapi", "falcon", "quart", "litestar", "blacksheep"} <= found
    assert not found & {"django", "flask", "aiohttp", "uvicorn"}


def test_find_by_absence() -> None:
    assert "django" in keys(kind="frameworks", orm=True)
    assert "flask" in keys(kind="frameworks", orm=False)
    assert keys(orm=True) | keys(orm=False) == {system.key for system in hub.systems()}


def test_find_by_licence() -> None:
    assert "bottle" in keys(licence="MIT")
    assert {"flask", "django"} <= keys(licence="bsd")
    families = ("permissive", "weak copyleft", "copyleft")
    permissive, weak, strong = (keys(licence=family) for family in families)
    assert "flask" in permissive and "reahl" in weak | strong and "uwsgi" in strong
    assert permissive | weak | strong == {system.key for system in hub.systems()}


def test_find_by_python_as_seen_and_as_declared() -> None:
    assert "pyspider" in keys(python="3.11")
    assert "flask" in keys(python="3.14")
    assert "django" not in keys(python="3.7")


def test_find_by_text_in_either_language() -> None:
    assert "flask" in keys(text="werkzeug jinja")
    assert "flask" in keys(text="微框架")
    assert keys(text="werkzeug no-such-word-at-all") == set()


def test_find_by_kind_and_status() -> None:
    assert {"pylons"} <= keys(status="ended")
    assert keys(kind="servers") >= {"gunicorn", "uvicorn", "waitress"}


def test_find_nothing_and_everything() -> None:
    assert len(hub.find()) == len(hub.systems())
    assert hub.find(kind=None) == hub.systems()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"kind": "framework"}, "no 'framework' among the kinds; there are frameworks"),
        ({"interface": "wgsi"}, "no 'wgsi' among the interfaces; there are wsgi"),
        ({"websockets": True}, "no 'websockets' among the features; there are websocket"),
        ({"python": "three"}, "'three' is no version of Python"),
        ({"status": "dead"}, "no 'dead' among the statuses"),
    ],
)
def test_find_refuses_what_it_does_not_know(asked: dict[str, object], message: str) -> None:
    with pytest.raises(hub.HubError, match=message):
        hub.find(**asked)


# compare


def test_compare_puts_the_rows_that_differ_first() -> None:
    comparison = hub.compare("flask", "Django", "fastapi")
    assert [system.key for system in comparison.systems] == ["flask", "django", "fastapi"]
    facts = [row for row in comparison.rows if not isinstance(row.values[0], tuple)]
    differs = [row.differs for row in facts]
    assert differs == sorted(differs, reverse=True) and True in differs and False in differs
    rows = {row.name: row.values for row in comparison.rows}
    assert rows["features.orm"] == (False, True, False)
    assert rows["interfaces"] == ("wsgi", "wsgi, asgi", "asgi")
    assert "features.map_reduce" not in rows
    assert json.loads(json.dumps(comparison.to_dict()))["systems"] == ["flask", "django", "fastapi"]


@pytest.mark.parametrize("names", [(), ("flask",), ("flask", "Flask")])
def test_compare_takes_two(names: tuple[str, ...]) -> None:
    with pytest.raises(hub.HubError, match="two systems or more"):
        hub.compare(*names)


# recommend


def test_recommend_ranks_and_gives_reasons() -> None:
    ranked = hub.recommend(websocket=True, openapi=True, python="3.13", licence="permissive")
    assert ranked[0].fits and "openapi" in ranked[0].system.features
    assert [each.score for each in ranked] == sorted((each.score for each in ranked), reverse=True)
    for each in ranked:
        assert each.score == sum(reason.points for reason in each.reasons)
        assert each.reasons
    best = {reason.text.en: reason for reason in ranked[0].reasons}
    assert best["has OpenAPI"].source is not None and best["has OpenAPI"].points == 10
    assert json.loads(json.dumps([each.to_dict() for each in ranked]))


def test_a_need_that_is_not_met_is_a_reason_against() -> None:
    everything = hub.recommend(limit=100, websocket=True)
    flask = next(each for each in everything if each.system.key == "flask")
    assert not flask.fits
    assert ("lacks WebSocket", -10) in [(r.text.en, r.points) for r in flask.reasons]
    assert everything.index(flask) > len(hub.find(kind="frameworks", websocket=True)) / 2


def test_an_ended_system_ranks_low_though_it_fits() -> None:
    ranked = [each.system.key for each in hub.recommend(limit=100, interface="wsgi")]
    assert ranked.index("flask") < ranked.index("pylons")


def test_words_find_claims_for_and_against() -> None:
    ranked = hub.recommend(limit=100, text="prototype")
    points = [reason.points for each in ranked for reason in each.reasons if reason.source]
    assert 2 in points


def test_recommend_of_another_kind() -> None:
    assert {"servers"} <= set(hub.recommend(kind="servers", workers=True)[0].system.kinds)


def test_recommend_refuses_what_it_does_not_know() -> None:
    with pytest.raises(hub.HubError, match="websocket"):
        hub.recommend(websokets=True)


# The page


def test_the_page_of_all_systems_is_as_it_would_be_made_now() -> None:
    made = (Path(__file__).parents[1] / "docs" / "systems.md").read_text("utf-8")
    assert made == page.markdown(), "python -m nox -s pages makes it anew"
