"""The differential run: whatever is asked, every host answers as the bare core does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import frameworkhub as hub

from . import leaks
from .answers import Answer, Pairs
from .app import Both, make_app
from .handlers import rich
from .hosts import BARE, Host, Spec, bare
from .hosts import carry as make

HOST = ("Host", "example.test")
# What hosts add of their own: the framing and the clock.
OWN = {"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length"}
IN_PROCESS, ON_SOCKETS = 250, 80


class Asked(NamedTuple):
    """A request that Hypothesis made."""

    method: str
    target: str
    headers: Pairs
    body: bytes
    chunked: bool


def routes() -> list[tuple[str, str]]:
    """The methods and paths of the rich app, without their colour."""
    app = hub.App()
    rich.add(Both(app, False, colours=["sync"], topic="rich"))
    found = {(m, r.path.removeprefix("/sync")) for r in app.routes() for m in sorted(r.methods)}
    return sorted(found)


def mostly(times: int) -> st.SearchStrategy[bool]:
    """True, but for one in so many times."""
    return st.sampled_from([True] * (times - 1) + [False])


ATOMS = st.sampled_from(
    ["a", "new", "leaf", "5", "-5", "007", "2.5", "1e5", "é", "雪", "+", "%", "a b", ";x", "..",
     ".", "x.txt", "a-b.txt", "", "A", "~", '"', "\\", "|", "{", "\x7f", "\x00", "\n", "@", ":",
     "=", "&", "12345678-1234-5678-1234-567812345678", "9" * 30, "/", "//"]
)  # fmt: skip
WORDS = st.lists(ATOMS, min_size=1, max_size=3).map("".join)


@st.composite
def escaped(draw: st.DrawFn) -> str:
    """A piece of a target: text, percent-encoded in one of the ways, or bytes that are no UTF-8."""
    text = draw(WORDS)
    how = draw(st.integers(0, 9))
    if how < 6:
        return quote(text, safe="/:@!$&'()*+,;=~")
    if how < 8:
        return "".join(f"%{byte:02x}" for byte in text.encode())
    return draw(
        st.sampled_from(["%FF", "%C3", "%2F", "%2f", "%252F", "%00", "%C3%A9", "%0A", "%7e"])
    )


FITTING: dict[str, list[str]] = {
    "int": ["5", "-5", "0", "007", "9" * 30, "200", "201", "304", "404", "451", "599"],
    "float": ["2.5", "-1", "0.10"],
    "uuid": ["12345678-1234-5678-1234-567812345678"],
    "path": ["a/b", "a", "leaf", "a/leaf/leaf", "..", "a//b", "a/"],
    "str": ["a", "new", "caf%C3%A9", "a%20b", "-", "x.txt", "%2e%2e", "+"],
}


@st.composite
def parameters(draw: st.DrawFn, kind: str) -> str:
    """What fits a converter, most of the time."""
    if draw(mostly(8)):
        return draw(st.sampled_from(FITTING[kind]))
    return draw(escaped())


@st.composite
def paths(draw: st.DrawFn, pattern: str) -> str:
    """A path for a pattern; one in eight is changed."""
    pieces = pattern.replace("{", "}").split("}")
    kinds = [piece.partition(":")[2] or "str" for piece in pieces]
    filled = [
        draw(parameters(kind)) if i % 2 else quote(piece)
        for i, (piece, kind) in enumerate(zip(pieces, kinds, strict=True))
    ]
    path = "".join(filled)
    changes = [path + "/", path[:-1], path.replace("/", "//", 1), path + draw(escaped())]
    return path if draw(mostly(8)) else draw(st.sampled_from(changes))


COLOURS = st.sampled_from(["/sync"] * 9 + ["/async"] * 9 + ["", "/SYNC"])


@st.composite
def targets(draw: st.DrawFn, pattern: str) -> str:
    query = draw(st.none() | queries())
    path = draw(COLOURS) + draw(paths(pattern)) or "/"
    return path if query is None else f"{path}?{query}"


def queries() -> st.SearchStrategy[str]:
    pair = st.tuples(escaped(), st.sampled_from(["=", "", "=="]), escaped()).map("".join)
    plus = st.sampled_from(
        ["a=1+2", "a", "=", "&&", "a=%", "a=%zz", "to=/x?y", "detail=no", "a=b;c=d"]
    )
    return st.lists(pair | plus, max_size=4).map("&".join)


FIELDS = st.lists(
    st.sampled_from(
        [
            ("Cookie", "a=1; b=2; a=3"),
            ("Cookie", 'q="x y"; bad; =; e='),
            ("X-Test", "1"),
            ("X-Test", " spaced  out "),
            ("X-Test", "caf\xe9"),
            ("X_Test", "underscore"),
            ("Accept", "text/html, */*;q=0.1"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Prefix", "/evil"),
            ("Range", "bytes=0-1"),
            ("If-None-Match", "*"),
            ("Accept-Encoding", "gzip, br"),
            ("Origin", "http://elsewhere.test"),
        ]
    ),
    max_size=3,
    unique_by=lambda field: field[0],
)
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\n\x00\xff\r\n--b--\r\n"
)
BODIES: st.SearchStrategy[tuple[str, bytes]] = st.one_of(
    st.tuples(st.just("application/json"), st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode())),
    st.tuples(st.just("application/json"), st.sampled_from([b"{", b"", b"NaN", b"\xff", b"[1,]"])),
    st.tuples(st.just("application/x-www-form-urlencoded"), queries().map(str.encode)),
    st.tuples(st.just("multipart/form-data; boundary=b"),
              st.sampled_from([MULTIPART, MULTIPART[:-5], b"", b"--b--", b"junk"])),
    st.tuples(st.sampled_from(["text/plain", "text/plain; charset=latin-1", "text/plain;charset=x",
                               "", "TEXT/Plain", "nonsense"]), st.binary(max_size=40)),
    st.tuples(st.just("application/octet-stream"), st.sampled_from([b"x" * 21, b"x" * 70_000])),
)  # fmt: skip
OTHER_METHODS = st.sampled_from(["HEAD", "HEAD", "OPTIONS", "DELETE", "PATCH", "BREW", "GET"])


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    method, pattern = draw(st.sampled_from(routes()))
    if not draw(mostly(6)):
        method = draw(OTHER_METHODS)
    headers = [HOST, *draw(FIELDS)]
    body, chunked = b"", False
    if method in ("POST", "PUT", "PATCH"):
        kind, body = draw(BODIES)
        headers += [("Content-Type", kind)] if kind else []
        chunked = draw(st.booleans())
    return Asked(method, draw(targets(pattern)), headers, body, chunked)


def ask(host: Host, asked: Asked) -> Answer:
    method, target, headers, body, chunked = asked
    if chunked:
        return host.request(method, target, headers, chunks=[body[:7], body[7:]])
    return host.request(method, target, headers, body)


def comparable(answer: Answer) -> Any:
    """What must be equal."""
    headers = sorted((n.lower(), v) for n, v in answer.headers if n.lower() not in OWN)
    return answer.status, headers, answer.body, answer.complete


def is_refusable(asked: Asked) -> bool:
    """A server may refuse these before they come to any app (RFC 9112, sections 3.2 and 5.1)."""
    target = asked.target.upper()
    return "%00" in target or any(name == "X_Test" for name, _ in asked.headers)


@pytest.fixture(scope="session")
def core() -> Iterator[Host]:
    """The bare core, to which all others are held."""
    app = make_app(websocket=False)
    host = make(Spec(BARE, "asgi"), app, bare(app, Spec(BARE, "asgi")))
    host.start()
    leaks.warm_up(host)
    yield host
    host.stop()


def test_same_answers_as_the_core(host: Host, core: Host) -> None:
    """Any request is answered alike: status, fields and body, byte for byte."""
    examples = ON_SOCKETS if host.is_socket or host.spec.helper else IN_PROCESS

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=examples,
        suppress_health_check=list(HealthCheck),
    )
    @given(asked())
    def same(asked: Asked) -> None:
        ours = ask(host, asked)
        if is_refusable(asked) and ours.status == 400:
            return
        assert comparable(ours) == comparable(ask(core, asked))

    same()
