"""`url_for`: the path of a route, such that asking for it finds that route again."""

from __future__ import annotations

import pytest

from .handlers.names import VALUES, WRONG
from .hosts import Host


@pytest.mark.parametrize("name", VALUES)
def test_url_for_and_back(host: Host, colour: str, name: str) -> None:
    """The path that `url_for` gives leads back to the route, with the same parameters."""
    made = host.get(f"/{colour}/names-of/url/{name}").json()
    assert made["request"] == made["app"]
    assert made["request"].isascii()
    answer = host.get(made["request"])
    assert (answer.status, answer.json()) == (200, made["params"])


def test_url_for_encodes(host: Host, colour: str) -> None:
    """Values and literal text are percent-encoded, slashes of a `path` are not."""

    def made(name: str) -> str:
        return str(host.get(f"/{colour}/names-of/url/{name}").json()["request"])

    assert made("names_str") == f"/{colour}/names/str/caf%C3%A9%20x%3F%23%25+;"
    assert made("names_path") == f"/{colour}/names/path/a%20b/c%252F/%C3%A9"
    assert made("names_literal") == f"/{colour}/names/a%20b%25%C3%A9/1"
    assert made("names_two") == f"/{colour}/names/two/x/to/3.json"
    assert made("names_hex") == f"/{colour}/names/hex/ff"


def test_url_for_groups(host: Host, colour: str) -> None:
    """Names of a group stand for paths under its prefix; a named group's are `group:route`."""
    in_group, named = host.get(f"/{colour}/names-of/grouped").json()
    assert (in_group, named) == (f"/{colour}/names-group/in", f"/{colour}/names-named/here/1")
    assert host.get(in_group).status == 200
    assert host.get(named).json() == {"x": "1"}


@pytest.mark.parametrize("case", WRONG)
def test_url_for_refuses(host: Host, colour: str, case: str) -> None:
    """An unknown name is LookupError; a missing, unknown or unfit parameter is ValueError."""
    wanted = "LookupError" if case == "unknown" else "ValueError"
    assert host.get(f"/{colour}/names-of/outcome/{case}").text == wanted
