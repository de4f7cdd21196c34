"""The catalogue as web pages and a JSON API, on the bare core, in process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

import attrs
import httpx
import pytest
from outside import Outside

from frameworkhub import catalogue
from frameworkhub.catalogue import store, vocabulary
from frameworkhub.catalogue.measured import Conformance, Cost, Count, Measured, Overhead
from frameworkhub.catalogue.model import Links
from frameworkhub.explore import charts, languages, matrix, table
from frameworkhub.explore.app import app
from frameworkhub.testing import rules

FOLDER = Path(str(resources.files("frameworkhub.explore")))
PAGES = [
    "/",
    "/?kind=frameworks&feature=websocket&with=flask&sort=-released",
    "/?text=nobodysaysthis&kind=servers",
    "/systems/flask",
    "/systems/scrapy",
    "/matrix",
    "/matrix?open=all",
    "/compare",
    "/compare?with=flask&with=django",
    "/overhead",
    "/recommend",
    "/recommend?feature=websocket&python=3.12&text=async",
    "/no/such/page",
]
ENDPOINTS = ["/systems", "/systems/flask", "/compare?with=flask&with=django", "/recommend",
             "/vocabulary", "/matrix"]  # fmt: skip
VOID = {"meta", "link", "input", "br", "img", "hr"}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with app.client() as client:
        yield client


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    """What an adapter to Flask was measured to do, with one gap in P1 and one failure in P2."""
    counts = {number: {"wsgi": Count(4, 0, 0)} for number in rules.all_rules()}
    counts["P1"] = {"wsgi": Count(3, 1, 0)}
    counts["P2"] = {"wsgi": Count(3, 0, 1)}
    del counts["P3"]
    day = date(2026, 11, 22)
    run = Conformance(day, "3.11.7", {"Flask": "3.1.3"}, ("flask:wsgi-inprocess",), counts)
    costs = (
        Cost("flask:wsgi", "in process", None, "empty GET", 0.8, 0.7, 0.9, "faster"),
        Cost("flask:wsgi", "in process", None, "JSON POST", 1.25, 1.1, 1.4, "slower"),
        Cost("flask:wsgi", "over sockets", "gunicorn", "empty GET", 1.0, 0.5, 2.0, "noise"),
    )
    machine = {"cpu": "a processor", "cores": 2}
    bench = Overhead(day, "frameworkhub bench --overhead --on flask", machine, {}, costs)
    found = Measured(
        kind="frameworks",
        name="flask",
        adapter="frameworkhub-flask",
        interfaces=("wsgi",),
        websocket=(),
        workers=False,
        adds=(),
        conformance=run,
        overhead=bench,
    )
    monkeypatch.setattr(store, "measured", lambda key: (found,) if key == "flask" else ())
    return found


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "measured", lambda key: ())


class Page(HTMLParser):
    """A page as its elements; every tag that is opened must be closed in its turn.

    Attributes:
        elements: name and attributes of each.
        text: what a reader sees, without markup.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        found = [attributes for name, attributes in self.elements if name == tag]
        return [each for each in found if wanted.items() <= each.items()]

    @property
    def names(self) -> list[str]:
        """The keys of the systems in the table."""
        ticks = self.all("input", type="checkbox", name="with")
        return [tick["value"] for tick in ticks]


def get(client: Any, target: str, status: int = 200, **headers: str) -> Page:
    answer = client.get(target, headers=headers)
    assert answer.status_code == status, answer.text[:2000]
    return Page(answer.text)


# Every page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("target", PAGES)
def test_pages_are_sound(client: Any, measured: Measured, target: str, language: str) -> None:
    joined = target + ("&" if "?" in target else "?") + f"lang={language}"
    page = get(client, joined, 404 if target == "/no/such/page" else 200)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert page.all("html", lang=language)
    assert len(page.all("h1")) == len(page.all("main")) == 1
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(attributes.get(name, "").split()) <= set(ids)
    assert not page.all("style")
    assert [script for script in page.all("script") if "src" not in script] == []


@pytest.mark.parametrize("target", PAGES)
def test_pages_load_from_their_own_server_only(client: Any, target: str) -> None:
    answer = client.get(target)
    page = Page(answer.text)
    loaded = [e.get("src") or e.get("href") for e in page.all("script") + page.all("link")]
    assert loaded
    assert all(address.startswith("/assets/") for address in loaded)
    assert all(client.get(address).status_code == 200 for address in loaded)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_links_lead_somewhere(client: Any, measured: Measured) -> None:
    seen = set()
    for target in PAGES:
        links = [link["href"] for link in Page(client.get(target).text).all("a")]
        seen |= {link.partition("#")[0] for link in links if link.startswith("/")}
    broken = {link: client.get(link).status_code for link in sorted(seen)}
    assert {link: code for link, code in broken.items() if code >= 400} == {}
    assert len(seen) > 100


def test_every_field_has_a_label(client: Any) -> None:
    for target in ("/", "/compare?with=flask", "/recommend"):
        html = client.get(target).text
        labelled = "".join(re.findall(r"<label.*?</label>", html, re.S))
        for tag, attributes in Page(html).elements:
            if tag in ("input", "select") and attributes.get("type") != "hidden":
                alone = re.search(rf'<{tag}[^>]*name="{attributes["name"]}"', labelled)
                assert alone or "aria-label" in attributes, attributes


# Languages


@pytest.mark.parametrize(
    ("target", "accepted", "language"),
    [
        ("/", "", "en"),
        ("/", "zh-CN,zh;q=0.9,en;q=0.1", "zh"),
        ("/", "de, zh-TW;q=0.5, en;q=0.4", "zh"),
        ("/", "de", "en"),
        ("/", "zh;q=0, fr", "en"),
        ("/?lang=en", "zh", "en"),
        ("/?lang=zh", "en", "zh"),
    ],
)
def test_language(client: Any, target: str, accepted: str, language: str) -> None:
    answer = client.get(target, headers={"accept-language": accepted})
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "accept-language"
    assert Page(answer.text).all("html", lang=language)


def test_language_of_the_command(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(languages.DEFAULT, "zh")
    assert get(client, "/", **{"accept-language": "en"}).all("html", lang="zh")
    assert get(client, "/?lang=en").all("html", lang="en")


def test_a_language_that_is_not_there(client: Any) -> None:
    assert "no language 'fr'; there are en, zh" in get(client, "/?lang=fr", 400).text


def test_links_keep_the_chosen_language(client: Any) -> None:
    page = get(client, "/systems/flask?lang=zh")
    inner = [link["href"] for link in page.all("a") if link["href"].startswith("/")]
    others = [link for link in inner if "lang=zh" not in link]
    assert others == ["/systems/flask?lang=en"]
    assert not [link for link in get(client, "/").all("a", hreflang="") if "lang=" in link["href"]]


def test_every_label_is_in_both_languages() -> None:
    for name, text in languages.labels().items():
        assert text.en.strip(" ,;") or name.startswith("list_"), name
        same = ("Python", "JSON POST")
        assert re.search("[\u4e00-\u9fff、；]", text.zh) or text.zh in same, name
        assert sorted(re.findall(r"{\w+}", text.en)) == sorted(re.findall(r"{\w+}", text.zh)), name


def test_labels_are_those_that_are_used() -> None:
    sources = [path for path in FOLDER.rglob("*") if path.suffix in (".py", ".html")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    asked = set(re.findall(r"""\bt\(["'](\w+)["']""", text))
    own = {name for name in languages.labels() if not name.startswith("measured ")}
    assert asked - own == set()
    assert {name for name in own if not re.search(rf"""["']{name}["']""", text)} == set()


def test_labels_of_the_bench_are_its_words() -> None:
    from frameworkhub.bench import overhead, report

    said = "\n".join(Path(module.__file__).read_text("utf-8") for module in (overhead, report))
    labels = [name.removeprefix("measured ") for name in languages.labels() if " " in name]
    assert [label for label in labels if f'"{label}"' not in said] == []
    assert set(overhead.REQUESTS) <= set(labels)


# The table


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", {}),
        ("kind=crawlers", {"kind": "crawlers"}),
        ("interface=asgi&feature=websocket", {"interface": "asgi", "websocket": True}),
        ("feature=sessions&feature=templates", {"sessions": True, "templates": True}),
        ("colour=async&status=active", {"colour": "async", "status": "active"}),
        ("licence=permissive&python=3.12", {"licence": "permissive", "python": "3.12"}),
        ("text=wsgi&adapter=true", {"text": "wsgi", "adapter": True}),
        ("kind=&text=++&interface=", {}),
    ],
)
def test_filters_ask_what_find_asks(
    client: Any, measured: Measured, query: str, asked: dict[str, Any]
) -> None:
    wanted = [system.key for system in catalogue.find(**asked)]
    page = get(client, f"/?{query}")
    assert page.names == wanted
    assert f"{len(wanted)} of {len(catalogue.systems())} systems" in page.text
    assert [row["key"] for row in client.get(f"/api/systems?{query}").json()["systems"]] == wanted


@pytest.mark.parametrize("column", table.COLUMNS, ids=lambda column: column.name)
def test_sorting(client: Any, measured: Measured, column: table.Column) -> None:
    systems = {system.key: system for system in catalogue.systems()}
    for sort, turned in ((column.name, False), (f"-{column.name}", True)):
        page = get(client, f"/?sort={sort}")
        values = [column.value(systems[name]) for name in page.names]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=turned)
        assert values[len(known) :] == [None] * (len(systems) - len(known))
        heads = [head for head in page.all("th", scope="col") if "aria-sort" in head]
        way = "descending" if turned else "ascending"
        assert [(h["class"].split()[0], h["aria-sort"]) for h in heads] == [
            (f"head-{column.name}", way)
        ]


def test_a_head_sorts_the_other_way_round_the_second_time(client: Any) -> None:
    def target(page: Page) -> str:
        return page.all("a", id="sort-licence")[0]["href"]

    first = target(get(client, "/?kind=servers"))
    assert first == "/?kind=servers&sort=licence"
    assert target(get(client, first)) == "/?kind=servers&sort=-licence"


def test_filters_show_what_they_ask(client: Any) -> None:
    page = get(client, "/?kind=servers&interface=asgi&text=http&feature=workers")
    assert page.all("input", type="radio", value="servers")[0].keys() >= {"checked"}
    assert page.all("option", value="asgi")[0].keys() >= {"selected"}
    assert page.all("input", type="search", value="http")
    assert page.all("input", name="feature", value="workers")[0].keys() >= {"checked"}


def test_nothing_found_says_what_to_loosen(client: Any) -> None:
    page = get(client, "/?kind=servers&feature=orm&lang=en")
    assert page.names == []
    assert "Nothing fits all of this. Take one condition back:" in page.text
    links = {link["href"] for link in page.all("a")}
    assert {"/?feature=orm&lang=en", "/?kind=servers&lang=en"} <= links


def test_nothing_found_by_several_reasons(client: Any) -> None:
    page = get(client, "/?kind=servers&text=nobodysaysthis&feature=orm")
    assert "take several back" in page.text


def test_ticks_outlive_the_filters(client: Any) -> None:
    page = get(client, "/?kind=servers&with=flask&with=Flask")
    assert page.all("input", type="hidden", name="with", value="flask")
    assert "flask" not in page.names
    shown = get(client, "/?with=flask")
    assert "checked" in shown.all("input", id="with-flask")[0]
    assert not shown.all("input", type="hidden", name="with")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/?knd=servers", "no parameter 'knd'; there are kind"),
        ("/?kind=server", "no 'server' among the kinds; there are servers"),
        ("/?feature=websockets", "no 'websockets' among the features; there are websocket"),
        ("/?kind=servers&kind=tasks", "kind is there 2 times"),
        ("/?sort=age", "can't sort by 'age'"),
        ("/?python=three", "'three' is no version of Python"),
        ("/?adapter=maybe", "adapter='maybe' is not true or false"),
        ("/?with=flsk", "did you mean Flask"),
        ("/matrix?only=good", "only='good' is not gaps"),
        ("/compare?kind=servers", "no parameter 'kind'"),
        ("/systems/flask?x=1", "no parameter 'x'"),
    ],
)
def test_bad_input_is_told(client: Any, target: str, said: str) -> None:
    page = get(client, target, 400)
    assert said in page.text
    assert page.all("html", lang="en")


# One system


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("key", ["flask", "scrapy", "django"])
def test_a_system_tells_all_of_its_entry(client: Any, key: str, language: str) -> None:
    system = catalogue.system(key)
    page = get(client, f"/systems/{key}?lang={language}")
    words = vocabulary.all_words()
    texts = [system.summary, *(correction.said for correction in system.corrections)]
    texts += [correction.today for correction in system.corrections]
    for part in ("strengths", "weaknesses", "good_for", "poor_for"):
        texts += [claim.text for claim in getattr(system, part)]
    texts += [claim.text for claim in system.install.remedies]
    texts += [words["features"][name].means for name in system.features]
    for text in texts:
        assert " ".join(text.in_(language).split()) in page.text
    for said in (system.release.version, system.release.licence, system.install.command):
        assert said in page.text
    links = {link["href"] for link in page.all("a")}
    assert {link for link in attrs.astuple(system.links) if link} <= links


def test_every_claim_shows_its_source_and_its_day(client: Any) -> None:
    system = catalogue.system("scrapy")
    html = client.get("/systems/scrapy").text
    items = re.findall(r'<section class="claims.*?</section>', html, re.S)
    found = re.findall(
        r'<li><p>(.*?)</p>\s*<span class="source"><a href="([^"]+)".*?<time datetime="([\d-]+)">',
        "".join(items),
        re.S,
    )
    claims = [*system.strengths, *system.weaknesses, *system.good_for, *system.poor_for]
    assert [day for _, _, day in found] == [c.source.checked.isoformat() for c in claims]
    for (_, link, _), claim in zip(found, claims, strict=True):
        assert link == claim.source.url or re.search(rf'id="{link[1:]}"', html)


def test_a_system_by_another_name_is_redirected(client: Any) -> None:
    answer = client.get("/systems/Fl-Ask", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/systems/flask")


def test_no_such_system(client: Any) -> None:
    assert "did you mean Flask" in get(client, "/systems/flsk", 404).text


def test_addresses_that_are_no_web_addresses_are_no_links(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = catalogue.system("flask")
    source = attrs.evolve(old.release.source, url="javascript:alert(1)")
    release = attrs.evolve(old.release, source=source)
    links = Links(homepage="javascript:alert(2)", repository="https://a.test/?a&b")
    bad = attrs.evolve(old, release=release, links=links, aliases=("<b>&",), distribution="<i>")
    monkeypatch.setattr(store, "system", lambda name: bad)
    monkeypatch.setattr(catalogue, "system", lambda name: bad)
    html = client.get("/systems/flask").text
    assert "javascript:" not in html
    assert "<i>" not in html
    assert "https://a.test/?a&amp;b" in html


def test_what_is_not_measured_is_said_to_be(client: Any, unmeasured: None) -> None:
    assert "No adapter to it was measured." in get(client, "/systems/flask").text
    for target in ("/matrix", "/overhead"):
        assert "Nothing has been measured yet." in get(client, target).text


# Comparison, matrix, overhead, recommendation


def test_comparison(client: Any, measured: Measured) -> None:
    page = get(client, "/compare?with=flask&with=Django&lang=zh")
    html = client.get("/compare?with=flask&with=Django&lang=zh").text
    comparison = catalogue.compare("flask", "django")
    rows = [row for row in comparison.rows if row.name != "installed"]
    places = [html.index(f'<th scope="row">{row.label.zh}</th>') for row in rows]
    assert places == sorted(places)
    assert comparison.systems[1].strengths[0].text.zh in page.text
    assert "installed" not in html
    assert {h.get("value") for h in page.all("input", name="with")} == {"flask", "django"}
    assert "/compare?lang=zh&with=django" in {link["href"] for link in page.all("a")}


def test_comparison_of_one_asks_for_another(client: Any) -> None:
    page = get(client, "/compare?with=flask")
    assert "Choose two systems or more." in page.text
    assert not page.all("option", value="flask")
    assert page.all("option", value="django")


def test_matrix(client: Any, measured: Measured) -> None:
    found = matrix.matrix()
    assert [column.name for column in found.columns] == ["frameworks/flask:wsgi"]
    rows = {row.number: row for section in found.sections for row in section.rows}
    assert list(rows) == list(rules.all_rules())
    assert [rows[n].counts for n in ("P1", "P2", "P3", "P4")] == [
        (Count(3, 1, 0),),
        (Count(3, 0, 1),),
        (None,),
        (Count(4, 0, 0),),
    ]
    assert [number for number, row in rows.items() if row.has_gaps] == ["P1", "P2"]
    assert found.sections[0].total.counts == (Count(6 + 4 * 3, 1, 1),)
    page = get(client, "/matrix?only=gaps")
    assert {row["id"] for row in page.all("tr") if "id" in row} == {"P1", "P2"}


def test_matrix_in_chinese_falls_back_to_english(monkeypatch: pytest.MonkeyPatch) -> None:
    chinese = {"P1": "路径解码一次", "sections": {"P": {"en": "Paths", "zh": "路径"}}}
    monkeypatch.setattr(matrix, "_chinese", lambda: chinese)
    first = matrix.matrix().sections[0]
    english = rules.all_rules()
    assert (first.total.text.en, first.total.text.zh) == ("Paths", "路径")
    assert (first.rows[0].text.zh, first.rows[1].text.zh) == ("路径解码一次", english["P2"].text)


def test_every_rule_is_in_both_languages() -> None:
    sections = matrix.matrix().sections
    rows = [row for section in sections for row in (section.total, *section.rows)]
    assert [row.number for row in rows if not re.search("[\u4e00-\u9fff]", row.text.zh)] == []


def test_scale_of_charts() -> None:
    scale = charts.Scale(0.25, 4)
    middle = scale.x(1)
    assert scale.x(2) - middle == pytest.approx(middle - scale.x(0.5), abs=0.2)
    assert scale.x(100) == scale.x(4)
    assert scale.x(0.001) == charts.LABELS
    places = [x for _, x in scale.ticks]
    assert places == sorted(places)
    assert 1 in dict(scale.ticks)


def test_charts_say_their_numbers(client: Any, measured: Measured) -> None:
    page = get(client, "/overhead")
    assert len(page.all("svg", role="img")) == 2
    assert "empty GET: 0.80 (0.70\u20130.90); JSON POST: 1.25 (1.10\u20131.40)" in page.text
    for said in ("0.70\u20130.90", "faster", "2026-11-22", "a processor, 2", "--on flask"):
        assert said in page.text
    assert [chart.server for chart in charts.charts([catalogue.system("flask")])] == [
        None,
        "gunicorn",
    ]


def test_recommendation(client: Any, measured: Measured) -> None:
    page = get(client, "/recommend?feature=websocket&interface=asgi&lang=zh")
    ranked = catalogue.recommend(websocket=True, interface="asgi")
    assert ranked[0].system.name in page.text
    for reason in ranked[0].reasons:
        assert reason.text.zh in page.text
    assert [link["href"] for link in page.all("a") if "/compare?with" in link["href"]] == [
        "/compare?" + "&".join(f"with={each.system.key}" for each in ranked) + "&lang=zh"
    ]


def test_recommendation_without_needs_asks_for_them(client: Any) -> None:
    assert "Say what you need" in get(client, "/recommend").text


# The API


@pytest.mark.parametrize("target", ENDPOINTS)
def test_endpoints_are_json(client: Any, measured: Measured, target: str) -> None:
    answer = client.get(f"/api{target}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()


def test_endpoints_say_what_the_library_says(client: Any, measured: Measured) -> None:
    flask = catalogue.system("flask")
    assert client.get("/api/systems/Flask").json() == json.loads(json.dumps(flask.to_dict()))
    compared = client.get("/api/compare?with=flask&with=django").json()
    assert compared == catalogue.compare("flask", "django").to_dict()
    ranked = client.get("/api/recommend?limit=2&feature=orm").json()
    assert ranked == [each.to_dict() for each in catalogue.recommend(limit=2, orm=True)]
    (row,) = [r for r in client.get("/api/systems").json()["systems"] if r["key"] == "flask"]
    assert row["tests"]["gaps"] == row["tests"]["failed"] == 1
    assert row["overhead"] == pytest.approx(1.025)
    told = client.get("/api/matrix").json()
    assert told["adapters"] == ["frameworks/flask:wsgi"]
    assert told["rules"][0]["counts"] == [[3, 1, 0]]


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("/systems?kind=server", 400, "there are servers"),
        ("/systems?kid=servers", 400, "no parameter 'kid'; there are kind"),
        ("/systems/flsk", 404, "did you mean Flask"),
        ("/compare?with=flask", 400, "two systems or more"),
        ("/compare?with=flask&with=djngo", 400, "did you mean Django"),
        ("/recommend?limit=many", 400, "limit='many' is no number"),
        ("/vocabulary?lang=zh&x=1", 400, "no parameter 'x'"),
        ("/nothing", 404, ""),
    ],
)
def test_endpoints_answer_bad_input_with_a_problem(
    client: Any, target: str, status: int, said: str
) -> None:
    answer = client.get(f"/api{target}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert said in answer.json().get("detail", "")


def test_other_methods_are_refused(client: Any) -> None:
    for target in ("/", "/api/systems"):
        answer = client.post(target)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


# How it is sent


@pytest.mark.parametrize("target", ["/", "/api/systems", "/assets/style.css", "/assets/icon.svg"])
def test_what_the_client_has_is_not_sent_again(client: Any, target: str) -> None:
    answer = client.get(target)
    assert answer.headers["cache-control"] == "no-cache"
    etag = answer.headers["etag"]
    assert re.fullmatch(r'"\w+"', etag)
    again = client.get(target, headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert "content-security-policy" in again.headers
    assert client.get(target, headers={"if-none-match": '"other"'}).content == answer.content
    assert client.head(target).headers["content-length"] == str(len(answer.content))


def test_assets_are_files_of_the_package_alone(client: Any) -> None:
    names = {path.name for path in (FOLDER / "assets").iterdir()}
    kinds = {client.get(f"/assets/{name}").headers["content-type"] for name in names}
    assert kinds == {"text/css; charset=utf-8", "text/javascript; charset=utf-8", "image/svg+xml"}
    for name in ("app.py", "..%2Fapp.py", "style.css%00"):
        assert client.get(f"/assets/{name}").status_code == 404


def test_pages_under_a_prefix() -> None:
    transport = httpx.WSGITransport(app.wsgi, script_name="/hub")
    with httpx.Client(transport=transport, base_url="http://hub.test") as client:
        for target in PAGES:
            page = Page(client.get(target).text)
            links = [each.get("href") or each.get("action") for _, each in page.elements]
            inner = [link for link in links if link and link.startswith("/")]
            assert inner
            assert [link for link in inner if not link.startswith("/hub/")] == []


def test_filters_without_javascript_are_a_form(client: Any) -> None:
    page = get(client, "/?kind=servers&sort=-released&lang=zh")
    form = page.all("form", id="filters")[0]
    assert (form["method"], form["action"]) == ("get", "/")
    kept = {field["name"]: field["value"] for field in page.all("input", type="hidden")}
    assert kept == {"lang": "zh", "sort": "-released"}
    target = page.all("a", id="sort-name")[0]["href"]
    assert dict(parse_qsl(urlsplit(target).query)) == {
        "kind": "servers",
        "sort": "name",
        "lang": "zh",
    }


def variables(css: str) -> list[dict[str, str]]:
    """The colours of the light and of the dark scheme."""
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in blocks)
    return [light, light | dark]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast(scheme: int) -> None:
    colours = variables((FOLDER / "assets" / "style.css").read_text("utf-8"))[scheme]
    for text in ("ink", "soft", "accent", "good", "warn", "bad"):
        for ground in ("ground", "panel", "tint", "accent-tint"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["ground"], colours["accent"]) >= 4.5
    assert contrast(colours["field"], colours["panel"]) >= 3  # borders of fields


# How it starts


def test_without_the_template_engine_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from frameworkhub.cli import main; sys.exit(main(['explore', '--on', 'bare']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "pip install 'frameworkhub[explore]'" in done.stderr


def test_the_pages_need_no_test_runner() -> None:
    script = (
        "import sys; sys.modules['pytest'] = None\n"
        "from frameworkhub.explore.app import app\n"
        "with app.client() as client: print(client.get('/matrix').status_code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "200", done.stderr


def test_the_command(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    outside.plugin("servers", "plain")
    with outside.popen("explore", "--port", "0", "--lang", "zh") as process:
        try:
            line = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert address, process.stderr.read()
            assert b'<html lang="zh">' in urlopen(address[0], timeout=20).read()
        finally:
            process.terminate()


def test_the_command_refuses_other_languages(tmp_path: Path) -> None:
    result = Outside(tmp_path).command("explore", "--lang", "fr")
    assert result.code == 2
    assert "invalid choice: 'fr'" in result.err
