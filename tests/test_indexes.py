"""Which package index is asked: what uv and pip are configured for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from frameworkhub import HubError
from frameworkhub.catalogue import indexes, installers

UV = '[[index]]\nname = "more"\nurl = "https://more.example/simple"\n'
UV_DEFAULT = '[[index]]\nurl = "{}"\ndefault = true\n'


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A home, a project and a machine without any configuration."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    for name in ("home", "project/inner", "prefix"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(installers, "MACHINE", tmp_path / "machine")
    monkeypatch.chdir(tmp_path / "project" / "inner")
    yield tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def url(host: str) -> str:
    return f"https://{host}.example/simple"


# The places, the weightiest first.
PLACES = [
    ("UV_DEFAULT_INDEX", ""),
    ("UV_INDEX_URL", ""),
    ("PIP_INDEX_URL", ""),
    ("project/uv.toml", UV + UV_DEFAULT),
    ("home/.config/uv/uv.toml", "index-url = '{}'\n"),
    ("etc/uv/uv.toml", UV_DEFAULT),
    ("machine/uv/uv.toml", UV_DEFAULT),
    ("prefix/pip.conf", "[install]\nindex_url = {}\n"),
    ("home/.config/pip/pip.conf", "[install]\nindex-url = {}\n"),
    ("home/.pip/pip.conf", "[global]\nindex-url: {}\n"),
    ("machine/pip.conf", "[global]\nindex-url={}\n"),
    ("etc/pip/pip.conf", "[global]\nindex-url = {}\n[list]\nindex-url = https://no.example\n"),
]


def tell(here: Path, place: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = url(f"n{PLACES.index((place, form))}")
    if form:
        write(here / place, form.format(told))
    else:
        monkeypatch.setenv(place, f" {told}/ ")


@pytest.mark.parametrize("first", range(len(PLACES)))
def test_the_weightiest_place_counts(
    here: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    for place, form in PLACES[first:]:
        tell(here, place, form, monkeypatch)
    found = indexes.index()
    assert found.url == url(f"n{first}")
    assert PLACES[first][0].rpartition("/")[2] in (found.told_by.rpartition("/")[2], "pip.conf")


def test_one_that_is_named_counts_before_all(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(here, *PLACES[0], monkeypatch)
    found = indexes.index("http://127.0.0.1:3141/team/simple/")
    assert found == indexes.Index("http://127.0.0.1:3141/team/simple", "--index")
    assert found.page("flask") == "http://127.0.0.1:3141/team/simple/flask/"
    assert found.about("flask") == "http://127.0.0.1:3141/team/pypi/flask/json"
    assert indexes.index("https://host.example/+api").about("flask") is None


def test_pyproject_counts_where_it_has_settings_of_uv(here: Path) -> None:
    write(
        here / "project" / "pyproject.toml", f"[[tool.uv.index]]\nurl='{url('a')}'\ndefault=true\n"
    )
    write(here / "project" / "inner" / "pyproject.toml", "[project]\nname = 'inner'\n")
    assert indexes.index().url == url("a")
    write(here / "project" / "uv.toml", f"index-url = '{url('b')}'\n")
    assert indexes.index().url == url("b")


def test_uv_can_be_told_to_read_another_file_or_none(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here / "project" / "uv.toml", f"index-url = '{url('a')}'\n")
    write(here / "other.toml", f"index-url = '{url('b')}'\n")
    write(here / "etc/pip/pip.conf", f"[global]\nindex-url = {url('c')}\n")
    monkeypatch.setenv("UV_CONFIG_FILE", str(here / "other.toml"))
    assert indexes.index().url == url("b")
    monkeypatch.delenv("UV_CONFIG_FILE")
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert indexes.index().url == url("c")


def test_pip_can_be_told_to_read_another_file_or_none(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here / "home/.config/pip/pip.conf", f"[global]\nindex-url = {url('user')}\n")
    write(here / "prefix/pip.conf", f"[global]\nindex-url = {url('site')}\n[x]\ncert = no\n")
    write(here / "other.conf", f"[global]\nindex-url = {url('other')}\n")
    assert installers.pip_option("index-url") == url("site")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(here / "other.conf"))
    assert installers.pip_option("index-url") == url("other")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert installers.pip_option("index-url") is None


def test_the_folders_of_other_systems(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPDATA", str(here / "roaming"))
    monkeypatch.setenv("PROGRAMDATA", str(here / "data"))
    write(here / "data/pip/pip.ini", f"[global]\nindex-url = {url('machine')}\n")
    write(
        here / "home/Library/Application Support/pip/pip.conf",
        f"[global]\nindex-url = {url('mac')}\n",
    )
    monkeypatch.setattr(sys, "platform", "win32")
    assert indexes.index().url == url("machine")
    write(here / "roaming/uv/uv.toml", f"index-url = '{url('roaming')}'\n")
    assert indexes.index().url == url("roaming")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert indexes.index().url == url("mac")


def test_without_any_configuration_it_is_that_of_pip() -> None:
    found = indexes.index()
    assert found.told_by == "pip"
    assert found.url.startswith("https://")
    assert found.url == (installers._bundled() or found.url).rstrip("/")


def test_without_pip_it_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers, "pips_own", lambda: None)
    with pytest.raises(HubError, match="name one: --index URL"):
        indexes.index()


@pytest.mark.parametrize(
    "bad", ["file:///srv/index", "/srv/index", "ftp://host.example/x", "https://"]
)
def test_what_is_not_asked_over_http_is_refused(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", bad)
    with pytest.raises(HubError, match=r"PIP_INDEX_URL: the index has no http\(s\) address"):
        indexes.index()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(HubError, match="--index: the index has no valid address"):
        indexes.index("https://host.example:port/simple")


@pytest.mark.parametrize(
    ("place", "text", "reason"),
    [
        ("project/uv.toml", "index-url =", "uv.toml can't be read"),
        ("project/uv.toml", "index = ['x']", "uv.toml: its index is no table"),
        ("project/pyproject.toml", "[tool", "pyproject.toml can't be read"),
        ("etc/pip/pip.conf", "index-url = 3", "pip.conf can't be read"),
    ],
)
def test_a_malformed_file_is_told(here: Path, place: str, text: str, reason: str) -> None:
    write(here / place, text)
    with pytest.raises(HubError, match=reason):
        indexes.index()


def test_credentials_are_not_shown() -> None:
    found = indexes.index("https://me:secret@host.example/simple")
    assert found.shown == "https://host.example/simple"
    assert "secret" not in repr(found)
    assert indexes.credentials(found) is None


def test_certificates(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi

    assert indexes.certificates() is True
    write(here / "etc/pip/pip.conf", f"[global]\ncert = {certifi.where()}\n")
    assert indexes.certificates() is not True
    monkeypatch.setenv("PIP_CERT", str(here / "missing.pem"))
    with pytest.raises(HubError, match=r"cert, .*missing.pem, can't be read"):
        indexes.certificates()
