"""`refresh`: what it takes from an index, and what it leaves alone when that fails."""

from __future__ import annotations

import functools
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from shelf import HTML, Answer, Shelf, file, shelf

import frameworkhub as hub
from frameworkhub import cli
from frameworkhub.catalogue import refreshing, store, userdata
from frameworkhub.catalogue.refreshing import Refreshed
from frameworkhub.catalogue.simple_api import version_of

WHEEL = "flask-99.0-py3-none-any.whl"
# Entries are read once; every test and every refresh forgets all the same what is made of them.
read_once = functools.cache(store.read)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No configuration of this machine, and a data file of one's own."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("FRAMEWORKHUB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(store, "read", read_once)
    store.forget()
    yield
    store.forget()


@pytest.fixture
def index() -> Iterator[Shelf]:
    with shelf() as served:
        yield served


def refresh(index: Shelf, *names: str, **more: Any) -> Refreshed:
    return refreshing.refresh(names, index.root, **more)


def known(name: str = "flask") -> str:
    return hub.system(name).release.version


def as_known(index: Shelf, name: str) -> None:
    """The index has what the catalogue has."""
    distribution = hub.system(name).distribution.lower()
    index.project(distribution, file(f"{distribution}-{known(name)}.tar.gz"))


# What is taken


def test_a_new_release_is_taken(index: Shelf) -> None:
    before = hub.system("flask").release
    index.project(
        "flask",
        file(f"flask-{before.version}.tar.gz", "2020-01-01"),
        file("flask-99.0.tar.gz", "2030-01-03"),
        file(WHEEL, "2030-01-02", core_metadata={"sha256": "0"}, requires_python=">=3.12"),
    )
    index.metadata(WHEEL, "License-Expression: mit or apache-2.0", "Classifier: Topic :: Any")
    done = refresh(index, "flask")
    after = hub.system("flask").release
    assert (after.version, after.date.isoformat()) == ("99.0", "2030-01-02")
    assert (after.licence, after.python) == ("MIT OR Apache-2.0", ">=3.12")
    assert (after.source.kind, after.source.checked) == ("index", date.today())
    assert [(c.system.key, c.before, c.after) for c in done.changed] == [("flask", before, after)]
    assert (done.unchanged, done.failed, done.nowhere) == ((), {}, ())


def test_nothing_else_of_an_entry_changes(index: Shelf) -> None:
    before = hub.system("flask").to_dict()
    index.project("flask", file("flask-99.0.tar.gz"))
    refresh(index, "flask")
    after = hub.system("flask").to_dict()
    assert {name for name in after if after[name] != before[name]} <= {"release", "status"}
    assert after["release"]["licence"] == before["release"]["licence"]


def test_what_is_known_is_checked_today(index: Shelf) -> None:
    as_known(index, "flask")
    before = hub.system("flask").release
    done = refresh(index, "flask")
    after = hub.system("flask").release
    assert [system.key for system in done.unchanged] == ["flask"]
    assert after.source.checked == date.today()
    assert (after.version, after.date, after.licence) == (
        before.version,
        before.date,
        before.licence,
    )


def test_pre_releases_and_yanked_files_do_not_count(index: Shelf) -> None:
    index.project(
        "flask",
        file("flask-98.0.tar.gz"),
        file("flask-99.0rc1.tar.gz"),
        file("flask-99.0.dev3-py3-none-any.whl"),
        file("flask-100.0.tar.gz", yanked="broken"),
        file("flask-101.0.tar.gz", yanked=True),
        file("flask-nonsense.tar.gz"),
        file("README.html"),
    )
    refresh(index, "flask")
    assert known() == "98.0"


def test_a_project_of_pre_releases_alone_stays(index: Shelf) -> None:
    before = known()
    index.project("flask", file("flask-99.0a1.tar.gz"))
    assert "neither yanked nor a pre-release" in refresh(index, "flask").failed["flask"]
    assert known() == before


def test_an_older_index_takes_nothing_back(index: Shelf) -> None:
    before = known()
    index.project("flask", file("flask-0.1.tar.gz"))
    why = refresh(index, "flask").failed["flask"]
    assert why == f"the newest there is 0.1, older than {before}"
    assert known() == before


def test_a_release_that_was_yanked_is_taken_back(index: Shelf) -> None:
    yanked = file(f"flask-{known()}.tar.gz", yanked=True)
    index.project("flask", file("flask-0.1.tar.gz", "2010-04-16"), yanked)
    refresh(index, "flask")
    assert known() == "0.1"


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        (["License-Expression: BSD-2-Clause"], "BSD-2-Clause"),
        (["License: mit"], "MIT"),
        (["License-Expression: MIT", "License: BSD-2-Clause"], "MIT"),
        (["Classifier: License :: OSI Approved :: MIT License"], "MIT"),
        (["License: MIT License", "Classifier: License :: OSI Approved :: MIT License"], "MIT"),
        (["License: BSD"], None),
        (["Classifier: License :: OSI Approved :: BSD License"], None),
        (["License: UNKNOWN"], None),
        (["License: see LICENSE.txt", "Classifier: Topic :: MIT License"], None),
        (
            [
                "Classifier: License :: OSI Approved :: MIT License",
                "Classifier: License :: OSI Approved :: ISC License (ISCL)",
            ],
            None,
        ),
        ([], None),
    ],
)
def test_only_spdx_replaces_a_licence(index: Shelf, fields: list[str], licence: str | None) -> None:
    before = hub.system("flask").release.licence
    index.project("flask", file(WHEEL, core_metadata=True))
    index.metadata(WHEEL, *fields)
    refresh(index, "flask")
    after = hub.system("flask").release
    assert (after.version, after.licence) == ("99.0", licence or before)


# HTML, and the JSON beside it


def page(*links: str) -> str:
    return f"<!DOCTYPE html><html><body><h1>Links</h1>{''.join(links)}</body></html>"


LINK = '<a href="../../files/flask-99.0.tar.gz#sha256=0" data-requires-python="&gt;=3.12">x</a>'


def test_an_index_that_has_only_html(index: Shelf) -> None:
    yanked = '<a href="../../files/flask-100.0.tar.gz" data-yanked="">x</a><a name="no-file">x</a>'
    index.put("/simple/flask/", page(LINK, yanked), HTML)
    about = {
        "info": {"license_expression": "MIT"},
        "urls": [{"upload_time_iso_8601": "2030-01-02T03:04:05.678901Z"}],
    }
    index.put("/pypi/flask/99.0/json", json.dumps(about), "application/json")
    refresh(index, "flask")
    after = hub.system("flask").release
    assert (after.version, after.date.isoformat()) == ("99.0", "2030-01-02")
    assert (after.licence, after.python) == ("MIT", ">=3.12")


def test_html_with_metadata_beside_a_file(index: Shelf) -> None:
    link = f'<a href="/files/{WHEEL}#sha256=0" data-core-metadata="true">x</a>'
    index.put("/simple/flask/", page(link), HTML)
    index.metadata(WHEEL, "License-Expression: ISC")
    about = {"info": {"license": "MIT"}, "urls": [{"upload_time_iso_8601": "2030-01-02T03:04:05Z"}]}
    index.put("/pypi/flask/99.0/json", json.dumps(about), "application/json")
    refresh(index, "flask")
    assert hub.system("flask").release.licence == "ISC"


@pytest.mark.parametrize("about", ["", "[]", "{", '{"urls": []}'])
def test_a_version_without_a_date_is_not_taken(index: Shelf, about: str) -> None:
    before = known()
    index.put("/simple/flask/", page(LINK), HTML)
    if about:
        index.put("/pypi/flask/99.0/json", about, "application/json")
    why = refresh(index, "flask").failed["flask"]
    assert why == "the index has 99.0, and does not tell its date"
    assert known() == before


def test_html_with_the_version_that_is_known(index: Shelf) -> None:
    index.put("/simple/flask/", page(f'<a href="flask-{known()}.tar.gz">x</a>'), HTML)
    assert len(refresh(index, "flask").unchanged) == 1


def test_json_is_preferred(index: Shelf) -> None:
    as_known(index, "flask")
    refresh(index, "flask")
    (_, headers) = index.asked[0]
    assert headers["accept"].startswith("application/vnd.pypi.simple.v1+json,")


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("flask-3.0.0-py3-none-any.whl", "Flask", "3.0.0"),
        ("web.py-0.62.tar.gz", "web.py", "0.62"),
        ("Zope2-2.13.29.zip", "Zope2", "2.13.29"),
        ("Pylons-1.0.3-py2.7.egg", "Pylons", "1.0.3"),
        ("Twisted-2.4.0.tar.bz2", "Twisted", "2.4.0"),
        ("Twisted-12.0.0.win32-py2.7.msi", "twisted", "12.0.0"),
        ("apache-airflow-1.8.1.tgz", "apache_airflow", "1.8.1"),
        ("Cheroot-4.0.0beta-20140210.zip", "Cheroot", None),
        ("other-4.0.0-py3-none-any.whl", "flask", None),
        ("other-4.0.0.egg", "flask", None),
        ("flask.html", "flask", None),
        ("flask-x.whl", "flask", None),
    ],
)
def test_versions_in_names_of_files(filename: str, name: str, version: str | None) -> None:
    assert version_of(filename, name) == (Version(version) if version else None)


# What fails


def bad_json(index: Shelf) -> None:
    index.put("/simple/flask/", '{"files": [')


def no_files(index: Shelf) -> None:
    index.put("/simple/flask/", '{"meta": {}}')


def odd_json(index: Shelf) -> None:
    index.put("/simple/flask/", '{"files": [{"filename": 3, "url": null}]}')


def no_answer_to_metadata(index: Shelf) -> None:
    index.project("flask", file(WHEEL, core_metadata=True, url="http://127.0.0.1:1/x.whl"))


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda index: None, "the index does not have it"),
        (lambda index: index.status("/simple/flask/", 500), "answers 500 Internal Server Error"),
        (lambda index: index.status("/simple/flask/", 304), "answers 304"),
        (bad_json, "malformed JSON"),
        (no_files, "malformed JSON ('files')"),
        (odd_json, "malformed JSON"),
        (lambda index: index.put("/simple/flask/", b"\xff\xfe", HTML), "neither yanked nor"),
        (no_answer_to_metadata, "connection attempts failed"),
    ],
)
def test_one_failure_leaves_the_others(
    index: Shelf, prepare: Callable[[Shelf], None], reason: str
) -> None:
    before = hub.system("flask").release
    index.project("django", file("django-99.0.tar.gz"))
    prepare(index)
    done = refresh(index, "flask", "django")
    assert reason in done.failed["flask"]
    assert [change.system.key for change in done.changed] == ["django"]
    assert hub.system("flask").release == before
    assert known("django") == "99.0"
    assert list(userdata.records()) == [hub.system("django").distribution]


def test_an_index_that_does_not_answer(index: Shelf) -> None:
    stop = threading.Event()

    def never(_: dict[str, str]) -> Answer:
        stop.wait(20)
        return 200, {}, b""

    index.pages["/simple/flask/"] = never
    as_known(index, "django")
    try:
        done = refresh(index, "flask", "django", timeout=0.3)
    finally:
        stop.set()
    assert done.failed == {"flask": "no answer within 0.3 s"}
    assert len(done.unchanged) == 1


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_offline(index: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    index.project("flask", file("flask-99.0.tar.gz"))
    refresh(index, "flask")
    kept = userdata.file().read_bytes()
    url = f"http://127.0.0.1:{closed_port()}/simple"
    code = cli.main(["refresh", "--index", url])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    reason = r"frameworkhub: can't reach the index \S+ \(--index\): .+; nothing is changed\n"
    assert re.fullmatch(reason, said.err)
    assert userdata.file().read_bytes() == kept
    assert known() == "99.0"


def test_a_redirect_is_followed(index: Shelf) -> None:
    index.pages["/simple/flask/"] = (301, {"location": "/other/flask/"}, b"")
    body = {"files": [file("flask-99.0.tar.gz")]}
    index.put("/other/flask/", json.dumps(body))
    refresh(index, "flask")
    assert known() == "99.0"


# What is not asked again


def test_a_page_with_an_etag_is_asked_by_it(index: Shelf) -> None:
    body = json.dumps({"files": [file("flask-99.0.tar.gz")]}).encode()

    def conditional(headers: dict[str, str]) -> Answer:
        if headers.get("if-none-match") == '"one"':
            return 304, {"etag": '"one"'}, b""
        return 200, {"content-type": "application/json", "etag": '"one"'}, body

    index.pages["/simple/flask/"] = conditional
    refresh(index, "flask")
    first = hub.system("flask").release
    done = refresh(index, "flask")
    pages = [headers for path, headers in index.asked if path == "/simple/flask/"]
    assert [headers.get("if-none-match") for headers in pages] == [None, '"one"']
    assert len(done.unchanged) == 1
    assert hub.system("flask").release == first
    asked = len(index.asked)
    refresh(index, "flask", force=True)
    assert all("if-none-match" not in headers for _, headers in index.asked[asked:])


def age(seconds: float, days: int = 0) -> None:
    """Makes what was asked that old."""
    data = json.loads(userdata.file().read_text())
    for record in data["releases"].values():
        record["asked"] -= seconds
        record["checked"] = (date.today() - timedelta(days)).isoformat()
    userdata.file().write_text(json.dumps(data))
    store.forget()


def test_a_page_without_an_etag_is_asked_once_an_hour(index: Shelf) -> None:
    as_known(index, "flask")
    refresh(index, "flask")
    age(3500)
    assert len(refresh(index, "flask").unchanged) == 1
    assert len(index.asked) == 1
    age(200)
    refresh(index, "flask")
    assert len(index.asked) == 2
    refresh(index, "flask", force=True)
    assert len(index.asked) == 3


def test_what_another_index_said_is_no_answer_of_this_one(index: Shelf) -> None:
    index.project("flask", file("flask-99.0.tar.gz"), etag='"one"')
    refresh(index, "flask")
    with shelf() as other:
        other.project("flask", file("flask-99.1.tar.gz"))
        refresh(other, "flask")
        assert "if-none-match" not in other.asked[0][1]
    assert known() == "99.1"


# The data file


def test_the_file_is_replaced_as_a_whole(index: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    as_known(index, "django")
    refresh(index, "django")
    kept = userdata.file().read_bytes()
    index.project("flask", file("flask-99.0.tar.gz"))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(hub.HubError, match=r"can't write .*: No space left"):
            refresh(index, "flask")
    assert userdata.file().read_bytes() == kept
    assert list(userdata.folder().iterdir()) == [userdata.file()]
    refresh(index, "flask")
    assert set(userdata.records()) == {"Flask", "Django"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"releases": {"Flask": {"version": "1"}}}', '{"releases": 3}', "\xff"]
)
def test_a_damaged_file_is_told_and_written_anew(index: Shelf, text: str) -> None:
    userdata.check_writable()
    userdata.file().write_bytes(text.encode("latin-1"))
    store.forget()
    index.project("flask", file("flask-99.0.tar.gz"))
    with pytest.warns(UserWarning, match=r"catalogue.json is damaged .* writes it anew"):
        refresh(index, "flask")
    assert known() == "99.0"


def test_the_command_tells_damage_once(index: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    userdata.check_writable()
    as_known(index, "flask")
    userdata.file().write_text("{")
    store.forget()
    assert cli.main(["refresh", "flask", "--index", index.root]) == 0
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert set(userdata.records()) == {"Flask"}


def test_a_folder_that_can_not_be_written(
    index: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FRAMEWORKHUB_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(hub.HubError, match="can't write to"):
        refresh(index, "flask")
    assert index.asked == []


def test_an_entry_that_was_checked_later_counts(index: Shelf) -> None:
    before = known()
    index.project("flask", file("flask-99.0.tar.gz"))
    refresh(index, "flask")
    age(0, days=40000)
    assert known() == before


# The way there


def test_credentials_are_used_and_not_told(
    index: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    index.project("flask", file(WHEEL, core_metadata=True))
    index.metadata(WHEEL, "License-Expression: MIT")
    url = index.root.replace("http://", "http://me:s%20cret@")
    assert cli.main(["refresh", "flask", "--index", url]) == 0
    assert [headers["authorization"] for _, headers in index.asked] == ["Basic bWU6cyBjcmV0"] * 2
    said = capsys.readouterr()
    told = said.out + said.err + userdata.file().read_text()
    assert "cret" not in told
    assert index.root in said.out
    assert cli.main(["refresh", "--index", url.replace(str(index.port), str(closed_port()))]) == 2
    assert "cret" not in capsys.readouterr().err


def test_credentials_are_not_sent_elsewhere(index: Shelf) -> None:
    with shelf() as other:
        where = f"{other.root.removesuffix('/simple')}/files/{WHEEL}"
        index.project("flask", {**file(WHEEL, core_metadata=True), "url": where})
        other.metadata(WHEEL, "License-Expression: MIT")
        refreshing.refresh(["flask"], index.root.replace("http://", "http://me:secret@"))
        assert "authorization" not in other.asked[0][1]
    assert hub.system("flask").release.licence == "MIT"


def test_credentials_of_netrc(index: Shelf, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    as_known(index, "flask")
    refresh(index, "flask")
    assert index.asked[0][1]["authorization"].startswith("Basic ")


def test_a_malformed_netrc_is_told(index: Shelf, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("nonsense")
    with pytest.raises(hub.HubError, match="netrc can't be read"):
        refresh(index, "flask")


def test_eight_at_once(index: Shelf) -> None:
    systems = [system for system in hub.systems() if system.distribution][:16]
    eight = threading.Barrier(8, timeout=20)

    def together(_: dict[str, str]) -> Answer:
        eight.wait()
        return 404, {}, b""

    for system in systems:
        index.pages[f"/simple/{re.sub(r'[-_.]+', '-', system.distribution).lower()}/"] = together
    done = refresh(index, *(system.key for system in systems))
    assert set(done.failed.values()) == {"the index does not have it"}
    assert len(index.asked) == 16


# What the command says


def test_the_command_tells_what_has_changed(
    index: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    before = known()
    index.project("flask", file("flask-99.0.tar.gz"))
    as_known(index, "django")
    index.status("/simple/bottle/", 503)
    code = cli.main(["refresh", "flask", "Django", "bottle", "--index", index.root])
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[1].split() == ["Flask", before, "99.0", "2030-01-02", "BSD-3-Clause"]
    assert lines[3] == "Not got, and left as they were:"
    assert lines[4] == "  Bottle  the index answers 503 Service Unavailable"
    assert lines[6] == f"Asked {index.root}: 1 changed, 1 as before."


def test_the_command_gives_json(index: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    as_known(index, "flask")
    assert cli.main(["refresh", "flask", "--index", index.root, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "index": index.root,
        "changed": [],
        "unchanged": ["flask"],
        "failed": {},
        "nowhere": [],
    }


def test_a_system_on_no_index_is_not_asked_for(
    index: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import attrs

    homeless = attrs.evolve(hub.system("flask"), distribution="")
    monkeypatch.setattr(store, "systems", lambda: (homeless,))
    assert cli.main(["refresh", "--index", index.root]) == 0
    assert index.asked == []
    assert capsys.readouterr().out.splitlines()[-1] == "On no index: Flask."


def test_list_and_show_tell_the_day(index: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    as_known(index, "flask")
    refresh(index, "flask")
    cli.main(["show", "flask"])
    assert f"checked {time.strftime('%Y-%m-%d')}" in capsys.readouterr().out
    cli.main(["list"])
    assert f"{time.strftime('%Y-%m-%d')}" in capsys.readouterr().out.splitlines()[-1]
