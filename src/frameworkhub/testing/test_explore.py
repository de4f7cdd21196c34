"""The catalogue's own pages: a real app, which every host must send as the bare core does."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import frameworkhub as hub

from .. import catalogue
from .answers import Answer, Pairs
from .hosts import BARE, Host, ProcessHost, Spec
from .hosts import carry as make

APP = "frameworkhub.explore.app:app"
# What the app sets; hosts add their own beside it.
SET = {
    "cache-control", "content-language", "content-length", "content-security-policy",
    "content-type", "etag", "location", "referrer-policy", "vary", "x-content-type-options",
}  # fmt: skip
CHINESE = ("Accept-Language", "zh-CN,en;q=0.5")


def explore() -> hub.App:
    """The app, imported when it is asked for: it needs a template engine."""
    from ..explore.app import app

    return app


def targets() -> list[str]:
    """Pages of each kind, and some that are not there."""
    one, other = (system.key for system in catalogue.systems()[:2])
    return [
        "/",
        "/?kind=frameworks&sort=-released&lang=en",
        f"/systems/{one}?lang=zh",
        f"/systems/{one.upper()}.",
        "/matrix",
        f"/compare?with={one}&with={other}",
        "/overhead",
        "/recommend?feature=routing",
        "/api/systems",
        f"/api/systems/{one}",
        "/assets/style.css",
        "/systems/none%20such",
        "/api/systems?kind=none",
        "/no/such/page",
    ]


@cache
def expected() -> dict[str, tuple[int, Pairs, bytes]]:
    """What the bare core answers, in process."""
    host = make(Spec(BARE, "wsgi"), explore())
    host.start()
    try:
        return {target: told(host.get(target, CHINESE)) for target in targets()}
    finally:
        host.stop()


def told(answer: Answer) -> tuple[int, Pairs, bytes]:
    """Status, fields that the app set, and body."""
    fields = sorted((n.lower(), v) for n, v in answer.headers if n.lower() in SET)
    return answer.status, fields, answer.body


def check(host: Host) -> None:
    """Every page is as the bare core has it."""
    for target, wanted in expected().items():
        assert told(host.get(target, CHINESE)) == wanted, target
    assert expected()["/"][0] == 200


def test_pages_of_the_catalogue(carry: Callable[..., Any]) -> None:
    """The pages come out byte for byte, in process."""
    expected()
    check(carry(explore()))


def test_pages_of_the_catalogue_over_sockets(serve: Callable[[str], ProcessHost]) -> None:
    """The pages come out byte for byte, from a server."""
    check(serve(APP))


def test_pages_that_the_client_has(carry: Callable[..., Any]) -> None:
    """A page that the client has already is answered 304, with its fields and no body."""
    host = carry(explore())
    for target in ("/matrix", "/assets/style.css"):
        page = host.get(target)
        again = host.get(target, ("If-None-Match", page.header("etag")))
        assert (again.status, again.body) == (304, b"")
        assert again.header("etag") == page.header("etag")
