"""The catalogue on the command line: how its text is set, and what its commands say."""

from __future__ import annotations

import io
import itertools
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

import frameworkhub as hub
from frameworkhub import catalogue, cli
from frameworkhub.catalogue import measured, store
from frameworkhub.catalogue.comparing import Comparison, Row
from frameworkhub.catalogue.model import Text
from frameworkhub.terminal import comparison, overview, ranking, sheet
from frameworkhub.terminal.screen import Screen, of_locale, screen
from frameworkhub.terminal.tables import fit, table
from frameworkhub.terminal.typesetting import cut, pad, paragraph, width, wrap

SCREENS = [Screen(n, lang, "utf-8") for n in (60, 80, 132) for lang in ("en", "zh")]
each_screen = pytest.mark.parametrize("to", SCREENS, ids=lambda s: f"{s.columns}-{s.language}")
RECORD = {
    "kind": "frameworks",
    "name": "flask",
    "adapter": "frameworkhub-flask",
    "interfaces": ["wsgi"],
    "websocket": [],
    "adds": [],
    "conformance": {
        "date": "2026-11-22",
        "python": "CPython 3.11.7",
        "versions": {"Flask": "3.1.3"},
        "hosts": ["flask:wsgi"],
        "rules": {"P1": {"wsgi": [7, 0, 0]}, "P2": {"wsgi": [3, 2, 0]}},
    },
    "overhead": {
        "date": "2026-11-21",
        "command": "frameworkhub bench --overhead",
        "machine": {},
        "versions": {},
        "costs": [
            {
                "host": "flask:wsgi",
                "where": "in process",
                "server": None,
                "request": "GET /text",
                "ratio": 1.023,
                "low": 0.99,
                "high": 1.06,
                "verdict": "can't tell: noise",
            }
        ],
    },
}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FRAMEWORKHUB_DATA", str(tmp_path / "data"))
    store.forget()
    yield
    store.forget()


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> measured.Measured:
    """Measurements of one system, and of no other."""
    record = measured.from_json(json.dumps(RECORD))
    monkeypatch.setattr(store, "measured", lambda key: (record,) if key == "flask" else ())
    return record


class Said:
    """How a command ended, and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Said:
        code = cli.main(arguments)
        return Said(code, *capsys.readouterr())

    return run


# How wide a text is


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Flask", 5),
        ("框架", 4),
        ("，。（）", 8),
        ("\uff21\uff22", 4),
        ("e\u0301", 1),
        ("zero\u200bwidth", 9),
        ("한글", 4),
        ("…", 1),
        ("✓", 1),
        ("", 0),
    ],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


def test_padded_texts_are_equally_wide() -> None:
    assert {width(pad(text, 9)) for text in ("", "abc", "框架", "a框b")} == {9}
    assert pad("wider than that", 3) == "wider than that"


def test_cut() -> None:
    assert cut("BSD-3-Clause", 12, "…") == "BSD-3-Clause"
    assert cut("BSD-3-Clause", 8, "…") == "BSD-3-C…"
    assert cut("网络框架", 6, "…") == "网络…"  # half a character can't be shown
    assert width(cut("网络框架", 6, "…")) <= 6


# Where a line ends


def test_english_ends_at_spaces() -> None:
    assert wrap("Routes may be declared in any order", 12) == [
        "Routes may",
        "be declared",
        "in any order",
    ]


def test_chinese_ends_anywhere_but_around_punctuation() -> None:
    assert wrap("自带路由和模板", 6) == ["自带路", "由和模", "板"]
    assert wrap("自带路由，和模板。", 8) == ["自带路", "由，和模", "板。"]
    assert wrap("框架（模板）", 6) == ["框架", "（模", "板）"]


def test_latin_words_in_chinese_stay_whole() -> None:
    lines = wrap("基于 Werkzeug 与 Jinja 的 WSGI 微框架：自带路由、模板和会话", 16)
    assert all(width(line) <= 16 for line in lines)
    joined = "|".join(lines)
    assert all(word in joined for word in ("Werkzeug", "Jinja", "WSGI"))
    assert wrap("轮换SECRET_KEY_FALLBACKS后", 22) == ["轮换", "SECRET_KEY_FALLBACKS后"]


def test_a_word_too_wide_is_broken_and_an_address_is_not() -> None:
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrap("see https://example.org/a/long/one", 10) == [
        "see",
        "https://example.org/a/long/one",
    ]
    assert wrap("", 10) == [""]


@pytest.mark.parametrize("columns", range(1, 40))
def test_wrapping_loses_nothing(columns: int) -> None:
    text = "会话是签名的 cookie（未加密）：“谁拿到 it, 谁就能读出” 3.1 起可用 a-b_c。"
    lines = wrap(text, columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line) <= max(columns, 2) for line in lines if len(line) > 2)
    if columns > 12:
        assert not any(line[0] in "，。：）”," for line in lines)
        assert not any(line[-1] in "（“" for line in lines)


def test_a_number_behind_a_no_break_space_stays_with_its_word() -> None:
    assert wrap("one two\u00a0[3]", 9) == ["one", "two\u00a0[3]"]
    assert wrap("模板和会话。\u00a0[3]", 12) == ["模板和会", "话。\u00a0[3]"]


def test_paragraphs_hang() -> None:
    assert paragraph("a b c", 5, "- ") == ["- a b", "  c"]


# Tables


def test_a_table_cuts_as_few_cells_as_it_can() -> None:
    rows = [["a", "short", "x" * 9]] * 9 + [["b", "one very long cell", "y" * 9]]
    shown = table(["n", "text", "more"], rows, Screen(26, "en", "utf-8"))
    assert all(width(line) <= 26 for line in shown)
    assert shown[1] == "a  short         xxxxxxxxx"
    assert shown[-1] == "b  one very lo…  yyyyyyyyy"


def test_soft_columns_are_cut_before_others() -> None:
    rows = [["name", "aaaaaaaaaa", "bbbbbbbbbb"]] * 3
    assert fit(rows, 23, {2: 7}) == [4, 8, 7]
    assert fit(rows, 25, {2: 7}) == [4, 10, 7]
    assert fit(rows, 17, {}) == [4, 10, 0]


def test_an_empty_column_is_left_out() -> None:
    assert fit([["name", "here"], ["a", ""]], 80, {}) == [4, 0]


# The screen


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, "en"),
        ({"LANG": "de_DE", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "ZH_HK"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_locale(environ: dict[str, str], language: str) -> None:
    assert of_locale(environ) == language


class Stream(io.StringIO):
    encoding = "utf-8"

    def __init__(self, encoding: str = "utf-8", tty: bool = False) -> None:
        super().__init__()
        self.encoding = encoding  # type: ignore[misc]
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


def test_bold_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM", raising=False)
    assert screen(stream=Stream()).bold("x") == "x"
    assert screen(stream=Stream(tty=True)).bold("x") == "\x1b[1mx\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert screen(stream=Stream(tty=True)).bold("x") == "x"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert screen(stream=Stream(tty=True)).bold("x") == "x"


def test_an_encoding_without_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert screen(stream=Stream("ascii")).language == "en"
    assert screen(stream=Stream("gb18030")).language == "zh"
    with pytest.raises(hub.HubError, match="ascii, has no Chinese"):
        screen("zh", Stream("ascii"))


def test_symbols_of_another_encoding() -> None:
    assert Screen(80, "en", "ascii").text(["a… ✓ —", "中\u00a0é"]) == "a~ x -\n\\u4e2d \\xe9"
    assert Screen(80, "en", "utf-8").text(["a… ✓ —\u00a0中"]) == "a… ✓ — 中"


# What is set, of every system


def too_wide(lines: list[str], to: Screen) -> list[str]:
    return [line for line in lines if width(line) > to.columns and "://" not in line]


@each_screen
def test_every_page_fits(to: Screen) -> None:
    for system in hub.systems():
        lines = sheet.lines(system, to)
        assert too_wide(lines, to) == [], system.key
        assert not any(line.endswith(" ") for line in lines)


@each_screen
def test_every_table_fits(record: measured.Measured, to: Screen) -> None:
    assert too_wide(overview.lines(hub.systems(), to), to) == []
    for recommendation in hub.recommend(limit=99, websocket=True, text="async"):
        assert too_wide(ranking.lines([recommendation], to, True), to) == []


@each_screen
def test_every_comparison_fits(to: Screen) -> None:
    names = [system.key for system in hub.systems()]
    for pair in itertools.pairwise(names):
        assert too_wide(comparison.lines(hub.compare(*pair), to), to) == []
    assert too_wide(comparison.lines(hub.compare(*names[:5]), to), to) == []


@each_screen
def test_measurements_fit(record: measured.Measured, to: Screen) -> None:
    lines = sheet.lines(hub.system("flask"), to)
    assert too_wide(lines, to) == []
    assert any("GET /text" in line for line in lines)


def test_no_line_of_a_chinese_page_begins_with_a_closing_mark() -> None:
    to = Screen(80, "zh", "utf-8")
    for system in hub.systems():
        assert [
            line for line in sheet.lines(system, to) if line.strip()[:1] in tuple("，。；：、）")
        ] == []


# show


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\[(\d+)\]", text))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_show_has_everything(run: Run, record: measured.Measured, language: str) -> None:
    system = hub.system("flask")
    said = run("show", "flask", "--lang", language)
    page = re.sub(r"\s+", "", said.out)
    for claim in (*system.strengths, *system.weaknesses, *system.good_for, *system.poor_for):
        assert re.sub(r"\s+", "", claim.text.in_(language)) in page
    for correction in system.corrections:
        assert re.sub(r"\s+", "", correction.said.in_(language)) in page
        assert re.sub(r"\s+", "", correction.today.in_(language)) in page
    for text in (system.release.version, system.release.licence, system.install.command):
        assert text in said.out
    assert "10 of 12" in said.out or "10 / 12" in said.out
    assert re.search(r"GET /text +1\.02 +0\.99 … 1\.06 +(can't tell|噪声过大)", said.out)


def test_every_number_of_show_has_its_source(run: Run) -> None:
    text, _, listed = run("show", "flask").out.rpartition("\nSources\n")
    assert numbers(text) == numbers(listed)
    assert sorted(map(int, numbers(listed))) == list(range(1, len(numbers(listed)) + 1))
    assert hub.system("flask").release.source.checked.isoformat() in listed


def test_show_takes_a_name_of_several_words(run: Run) -> None:
    assert json.loads(run("show", "Flask", "--json").out)["key"] == "flask"
    assert run("show", "flas", "k").out == run("show", "flask").out


def test_show_refuses_an_unknown_name(run: Run) -> None:
    said = run("show", "flaks")
    assert (said.code, said.out) == (2, "")
    assert "did you mean Flask" in said.err


# list and find


def test_list_has_a_row_for_each_system(run: Run, record: measured.Measured) -> None:
    said = run("list")
    for system in hub.systems():
        assert re.search(rf"^{re.escape(system.name)}( \*)?  ", said.out, re.M), system.name
    assert re.search(r"^Flask \*", said.out, re.M)
    assert said.lines[-1].startswith(f"{len(hub.systems())} systems · versions checked 20")
    assert run("list", "--kind", "engines").code == 2


def test_list_of_a_kind_is_one_list(run: Run) -> None:
    said = run("list", "--kind", "templates")
    count = len(hub.find(kind="templates"))
    assert len(said.lines) == count + 3
    shown = [line.split("  ")[0].removesuffix(" *") for line in said.lines[1 : count + 1]]
    assert shown == [system.name for system in hub.find(kind="templates")]
    assert said.lines[-1].startswith(f"{count} systems")


def test_list_as_json(run: Run, record: measured.Measured) -> None:
    rows = {row["key"]: row for row in json.loads(run("list", "--json").out)}
    assert set(rows) == {system.key for system in hub.systems()}
    flask = hub.system("flask")
    assert rows["flask"] == {
        "key": "flask",
        "name": "Flask",
        "kinds": ["frameworks"],
        "interfaces": ["wsgi"],
        "status": flask.status,
        "version": flask.release.version,
        "date": flask.release.date.isoformat(),
        "licence": "BSD-3-Clause",
        "python": flask.release.python,
        "installed": flask.installed,
        "adapters": ["frameworkhub-flask"],
        "checked": flask.release.source.checked.isoformat(),
    }


def keys(said: Said) -> list[str]:
    return [row["key"] for row in json.loads(said.out)]


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        (["websocket"], {"websocket": True}),
        (
            ["websocket,templates", "sessions"],
            {"websocket": True, "templates": True, "sessions": True},
        ),
        (["templates", "--without", "orm"], {"templates": True, "orm": False}),
        (["--without", "orm,admin"], {"orm": False, "admin": False}),
        (["Test-Client"], {"test_client": True}),
        (
            ["--kind", "frameworks", "--interface", "asgi"],
            {"kind": "frameworks", "interface": "asgi"},
        ),
        (
            ["--licence", "permissive", "--python", "3.13"],
            {"licence": "permissive", "python": "3.13"},
        ),
        (["--colour", "async", "--status", "active"], {"colour": "async", "status": "active"}),
        (["--text", "admin"], {"text": "admin"}),
        (["--no-installed"], {"installed": False}),
        (["--adapter"], {"adapter": True}),
    ],
)
def test_find_asks_what_is_typed(
    run: Run, record: measured.Measured, arguments: list[str], needs: dict[str, object]
) -> None:
    said = run("find", *arguments, "--json")
    assert keys(said) == [system.key for system in hub.find(**needs)]


def test_find_tells_what_stands_in_the_way(run: Run) -> None:
    said = run("find", "orm", "admin", "--interface", "browser", "--kind", "crawlers")
    assert said.code == 0
    assert said.lines == [
        "No system fits all of it.",
        "  Leaving out any single need does not help.",
    ]
    said = run("find", "admin", "--interface", "browser")
    assert said.lines[0] == "No system fits all of it."
    browsers = len(hub.find(interface="browser"))
    assert f"  without --interface browser: {len(hub.find(admin=True))} found" in said.lines
    assert browsers == 0 or f"  without admin: {browsers} found" in said.lines
    assert json.loads(run("find", "admin", "--interface", "browser", "--json").out) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["websockt"], "websocket"),
        (["asgi"], "did you mean --interface asgi"),
        (["orm", "--without", "orm"], "both wanted and unwanted"),
        (["--python", "three"], "no version of Python"),
        (["--status", "dead"], "'dead'"),
    ],
)
@pytest.mark.parametrize("command", ["find", "recommend"])
def test_bad_needs_are_refused(run: Run, command: str, arguments: list[str], reason: str) -> None:
    said = run(command, *arguments)
    assert (said.code, said.out) == (2, "")
    assert reason in said.err
    assert len(said.err.splitlines()) == 1


# compare


def a_comparison(*rows: Row) -> list[str]:
    systems = (hub.system("flask"), hub.system("django"))
    return comparison.lines(Comparison(systems, rows), Screen(70, "en", "utf-8"))


def test_compare_sets_what_differs_side_by_side() -> None:
    claims = (Text("first point here", "一"), Text("second", "二"))
    lines = a_comparison(
        Row("features.orm", Text("ORM", "ORM"), (False, True)),
        Row("strengths", Text("strengths", "优点"), (claims, ())),
        Row("status", Text("status", "状态"), ("active", "active")),
        Row("features.routing", Text("routing", "路由"), (True, True)),
        Row("features.sse", Text("SSE", "SSE"), (False, False)),
    )
    assert [line.split() for line in lines[:4]] == [
        ["Flask", "Django"],
        ["ORM", "—", "✓"],
        ["strengths", "•", "first", "point", "here", "—"],
        ["•", "second"],
    ]
    assert lines[4:] == ["", "alike in all", "status    active", "all have  routing"]


def test_compare_where_there_is_no_room(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = run("compare", "flask", "django").lines
    assert lines[:3] == ["kind", "  Flask   framework", "  Django  framework, template engine"]


def test_compare_as_json_and_refusals(run: Run) -> None:
    data = json.loads(run("compare", "flask", "django", "--json").out)
    assert data == hub.compare("flask", "django").to_dict()
    assert run("compare", "flask").code == 2
    assert "did you mean Django" in run("compare", "flask", "djongo").err


# recommend


def test_recommend_tells_each_reason(run: Run) -> None:
    needs = {"websocket": True, "licence": "permissive"}
    best, second = hub.recommend(limit=2, **needs)
    said = run("recommend", "websocket", "--licence", "permissive", "--limit", "2")
    assert said.lines[0].startswith(f"1. {best.system.name} · {best.score} points")
    reasons = re.findall(r"^ +([+-]\d+)  ", said.out, re.M)
    assert list(map(int, reasons)) == [r.points for each in (best, second) for r in each.reasons]
    assert "://" not in said.out
    data = json.loads(run("recommend", "websocket", "--licence", "permissive", "--json").out)
    assert data == [each.to_dict() for each in hub.recommend(**needs)]


def test_recommend_tells_its_sources(run: Run) -> None:
    said = run("recommend", "websocket", "--limit", "1", "--sources", "--lang", "zh")
    assert "软件包索引，" in said.out
    assert "1. " in said.lines[0]
    assert " 分 · " in said.lines[0]


def test_recommend_is_of_frameworks_unless_told(run: Run) -> None:
    of_tasks = json.loads(run("recommend", "--kind", "tasks", "retries", "--json").out)
    assert [each["system"] for each in of_tasks] == [
        each.system.key for each in hub.recommend(kind="tasks", retries=True)
    ]


# All of them


def test_json_in_an_encoding_without_chinese() -> None:
    from frameworkhub.terminal.commands import as_json

    data = {"zh": "框架"}
    assert "框架" in as_json(data, Screen(80, "en", "utf-8"))
    assert as_json(data, Screen(80, "en", "ascii")).isascii()
    assert json.loads(as_json(data, Screen(80, "en", "ascii"))) == data


def test_a_damaged_data_file_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalogue.json").write_text("{")
    store.forget()
    said = run("show", "flask")
    assert said.code == 0
    assert re.fullmatch(r"frameworkhub: \S+catalogue.json is damaged .*\n", said.err)
    assert said.out


def test_commands_import_no_client(run: Run) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from frameworkhub.cli import main; main(['list', '--kind', 'tasks'])\n"
        "sys.exit('httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_results_are_what_the_library_gives(run: Run) -> None:
    assert json.loads(run("show", "flask", "--json").out) == json.loads(
        json.dumps(hub.system("flask").to_dict())
    )
    assert attrs.has(catalogue.System)


# The page of recipes

RECIPES = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text("utf-8")
# Without `refresh`, which asks the network, and without what stands behind a pipe.
COMMANDS = [
    command
    for command in re.findall(r"^\$ frameworkhub ([^|\n]+)", RECIPES, re.M)
    if command != "refresh"
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_recipes_work(run: Run, command: str) -> None:
    said = run(*shlex.split(command))
    assert (said.code, said.err) == (0, "")
    assert said.out


def test_the_python_of_the_recipes_works() -> None:
    (code,) = re.findall(r"^```python\n(.+?)^```", RECIPES, re.M | re.S)
    exec(compile(code, "recipes.md", "exec"), {})
