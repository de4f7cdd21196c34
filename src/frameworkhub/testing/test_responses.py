"""What a handler returns, and what of it the client gets: that, and nothing else."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest

from .answers import Answer
from .hosts import Host

# What a server may add (RFC 9110, sections 6.6 and 10.2.4; RFC 9112, sections 6 and 9).
SERVERS_OWN = {
    "date",
    "server",
    "connection",
    "keep-alive",
    "content-length",
    "transfer-encoding",
}
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"


def returned(host: Host, colour: str, name: str) -> Answer:
    return host.get(f"/{colour}/returned/{name}")


def make(host: Host, colour: str, **wish: Any) -> Answer:
    """The response that the handler makes to our wish."""
    body = json.dumps(wish).encode()
    return host.request("POST", f"/{colour}/responses/make", body=body)


def own_headers(answer: Answer) -> list[tuple[str, str]]:
    """The fields that are not the server's, names in lower case, in their order."""
    return [(n.lower(), v) for n, v in answer.headers if n.lower() not in SERVERS_OWN]


@pytest.mark.parametrize(
    ("name", "content_type", "body"),
    [
        ("str", TEXT, "é 雪".encode()),
        ("str-empty", TEXT, b""),
        ("bytes", BINARY, bytes(range(256))),
        ("bytes-empty", BINARY, b""),
        ("bytearray", BINARY, b"x"),
        ("dict", JSON, '{"b":"é","a":[1,2.5,null,true]}'.encode()),
        ("dict-empty", JSON, b"{}"),
        ("list", JSON, b'[1,"2"]'),
        ("list-empty", JSON, b"[]"),
        ("tuple", JSON, b"[1,2]"),
        ("int", JSON, b"200"),
        ("float", JSON, b"1.5"),
        ("true", JSON, b"true"),
        ("false", JSON, b"false"),
        ("zero", JSON, b"0"),
        ("attrs", JSON, b'{"x":1,"y":2}'),
        ("dataclass", JSON, b'{"name":"n","point":{"x":1,"y":2}}'),
        (
            "nested",
            JSON,
            b'{"points":[{"x":1,"y":2}],"named":{"name":"n","point":{"x":3,"y":4}}}',
        ),
        ("generator", BINARY, "bytes str é".encode()),
        ("iterator", BINARY, b"ab"),
    ],
)
def test_returned(host: Host, colour: str, name: str, content_type: str, body: bytes) -> None:
    """Each type that a handler may return has one meaning, to the byte."""
    answer = returned(host, colour, name)
    assert (answer.status, answer.body) == (200, body)
    assert own_headers(answer) == [("content-type", content_type)]


def test_returned_length(host: Host, colour: str) -> None:
    """A body that is known has its Content-Length."""
    for name, size in (("str", 6), ("bytes", 256), ("str-empty", 0), ("response", 0)):
        assert returned(host, colour, name).header("content-length") == str(size)


def test_returned_none(host: Host, colour: str) -> None:
    """None is 204, with no body and no fields."""
    answer = returned(host, colour, "none")
    assert (answer.status, answer.body, own_headers(answer)) == (204, b"", [])


@pytest.mark.parametrize("name", ["response", "response-none"])
def test_returned_empty_response(host: Host, colour: str, name: str) -> None:
    """A Response of nothing is 200, empty, and has no Content-Type."""
    answer = returned(host, colour, name)
    assert (answer.status, answer.body, own_headers(answer)) == (200, b"", [])


@pytest.mark.parametrize(
    ("name", "status", "body", "fields"),
    [
        ("response-json", 201, b'{"a":1}', [("content-type", JSON)]),
        ("text", 202, b"t", [("x-a", "1"), ("content-type", TEXT)]),
        ("json", 203, b'"text"', [("content-type", JSON)]),
        (
            "html",
            200,
            "<p>é".encode(),
            [("x-a", "1"), ("x-a", "2"), ("content-type", "text/html; charset=utf-8")],
        ),
    ],
)
def test_makers(
    host: Host, colour: str, name: str, status: int, body: bytes, fields: list[tuple[str, str]]
) -> None:
    """`Response.text`, `.html` and `.json` give their type, with status and fields."""
    answer = returned(host, colour, name)
    assert (answer.status, answer.body) == (status, body)
    assert sorted(own_headers(answer)) == sorted(fields)


@pytest.mark.parametrize("name", ["object", "set", "nan"])
def test_returned_nonsense(host: Host, colour: str, name: str) -> None:
    """What has no meaning as a response is an error of the handler: 500."""
    assert returned(host, colour, name).status == 500


def test_large_body(host: Host, colour: str) -> None:
    """A body of 5 MB leaves whole."""
    size = 5 * 2**20
    answer = host.get(f"/{colour}/responses/large/{size}")
    assert answer.complete and answer.body == bytes(range(256)) * (size // 256)


# Header fields.


def test_headers_as_set(host: Host, colour: str) -> None:
    """What the handler set is what is sent, and nothing is added to it."""
    fields = [
        ("content-type", "application/x-own"),
        ("x-one", "1"),
        ("cache-control", 'no-store, private="x"'),
        ("content-disposition", "attachment; filename*=UTF-8''caf%C3%A9.txt"),
        ("vary", "Accept, *"),
        ("etag", 'W/"a"'),
        ("x-empty", ""),
        ("content-language", "en,de"),
        ("link", "</a>; rel=next"),
    ]
    answer = make(host, colour, body="x", headers=fields)
    assert sorted(own_headers(answer)) == sorted(fields)


def test_headers_repeated(host: Host, colour: str) -> None:
    """Repeated fields stay apart, in their order."""
    fields = [["x-dup", "1"], ["x-dup", "2"], ["x-dup", "1"], ["link", "<a>"], ["link", "<b>"]]
    answer = make(host, colour, body="x", headers=fields)
    assert answer.all("x-dup") == ["1", "2", "1"]
    assert answer.all("link") == ["<a>", "<b>"]


def test_header_latin1_sent(host: Host, colour: str) -> None:
    """Characters of latin-1 leave as their bytes."""
    assert make(host, colour, headers=[["x-l", "caf\xe9 \xff"]]).header("x-l") == "café ÿ"


def test_header_value_sent_verbatim(host: Host, colour: str) -> None:
    """Values are neither quoted nor folded nor split."""
    value = 'a, b; c="d\\"e" f  g=%41 (h)'
    assert make(host, colour, headers=[["x-v", value]]).all("x-v") == [value]


def test_header_long_and_many_sent(host: Host, colour: str) -> None:
    """A field of 5000 characters, and 60 fields."""
    fields = [["x-long", "v" * 5000], *[[f"x-{i}", str(i)] for i in range(60)]]
    answer = make(host, colour, headers=fields)
    assert answer.header("x-long") == "v" * 5000
    assert [answer.header(f"x-{i}") for i in range(60)] == [str(i) for i in range(60)]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "text/plain",
        "TEXT/HTML;charset=ISO-8859-1",
        "text/plain; charset=utf-8; format=flowed",
        "application/json",
        "application/xml",
        "image/svg+xml",
        "nonsense",
    ],
)
def test_content_type_as_set(host: Host, colour: str, content_type: str) -> None:
    """No charset is added to a type, nothing in it is changed, and the body is not recoded."""
    for wish in ({"type": content_type}, {"headers": [["Content-Type", content_type]]}):
        answer = make(host, colour, body="\xe9", **wish)
        assert (answer.all("content-type"), answer.body) == ([content_type], b"\xe9")


def test_no_content_type_invented(host: Host, colour: str) -> None:
    """A body from which the handler took the Content-Type has none."""
    answer = make(host, colour, body="x", delete=["content-type"])
    assert (answer.body, answer.header("content-type")) == (b"x", None)


def test_wrong_content_length_is_mended(host: Host, colour: str) -> None:
    """A body that is known is sent with its own length, whatever the handler said."""
    for wrong in ("1", "100"):
        answer = make(host, colour, body="hello", headers=[["content-length", wrong]])
        assert (answer.body, answer.all("content-length")) == (b"hello", ["5"])


def test_conditional_request_changes_nothing(host: Host, colour: str) -> None:
    """Only the handler decides about 304, 206 and 412: nobody else looks at validators."""
    conditions = [
        ("If-None-Match", '"1"'),
        ("If-None-Match", "*"),
        ("If-Modified-Since", "Tue, 02 Jan 2029 00:00:00 GMT"),
        ("If-Match", '"2"'),
        ("If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"),
        ("Range", "bytes=0-3"),
    ]
    for condition in conditions:
        answer = host.get(f"/{colour}/responses/fixed", condition)
        assert (answer.status, answer.body) == (200, b"fixed " * 200), condition


def test_no_validators_invented(host: Host, colour: str) -> None:
    """No ETag and no Last-Modified is made up, and If-None-Match finds nothing."""
    answer = host.get(f"/{colour}/returned/str", ("If-None-Match", "*"))
    assert (answer.status, own_headers(answer)) == (200, [("content-type", TEXT)])


def test_no_compression_invented(host: Host, colour: str) -> None:
    """Nobody compresses on his own account."""
    answer = host.get(f"/{colour}/responses/fixed", ("Accept-Encoding", "gzip, deflate, br"))
    assert (answer.header("content-encoding"), len(answer.body)) == (None, 1200)
    assert answer.header("vary") is None


def test_no_cookie_invented(host: Host, colour: str) -> None:
    """No session, no CSRF token: only the handler sets cookies."""
    for method in ("GET", "POST"):
        answer = host.request(method, f"/{colour}/paths/static", [("Cookie", "sessionid=1")])
        assert answer.all("set-cookie") == []


@pytest.mark.parametrize(
    "bad", ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "a\r\n b", "a\x01b", "a\x1bb", "a\x7fb"]
)
def test_header_injection_is_refused(host: Host, colour: str, bad: str) -> None:
    """CR, LF, NUL and their like are refused with ValueError wherever a field is set.

    A cookie's path is percent-encoded, and its value quoted, as RFC 6265 wants it.
    """
    outcomes = host.get(f"/{colour}/responses/refused?bad={quote(bad)}").json()
    encoded = {name for name, outcome in outcomes.items() if outcome == "encoded"}
    assert encoded <= {"cookie path", "cookie value"}
    assert {name for name, outcome in outcomes.items() if outcome == "taken"} == set()


@pytest.mark.parametrize("bad", ["雪", "\u2028", "€"])
def test_header_outside_latin1_is_refused(host: Host, colour: str, bad: str) -> None:
    """Characters outside latin-1 are refused where a field is set; cookies and Location encode."""
    outcomes = host.get(f"/{colour}/responses/refused?bad={quote(bad)}").json()
    encoded = {name for name, outcome in outcomes.items() if outcome == "encoded"}
    assert all(name.startswith("cookie") or name == "redirect" for name in encoded)
    assert {name for name, outcome in outcomes.items() if outcome == "taken"} == set()


def test_header_white_space_around_sent(host: Host, colour: str) -> None:
    """White space around a value is no part of it, and breaks nothing."""
    assert make(host, colour, headers=[["x-v", "  a b\t "]]).all("x-v") == ["a b"]


def test_header_names_are_tokens(host: Host, colour: str) -> None:
    """A name that is no token is refused."""
    for bad in (" ", ":", "(", "é", '"', "\t"):
        outcomes = host.get(f"/{colour}/responses/refused?bad={quote(bad)}").json()
        assert (outcomes["name"], outcomes["item name"]) == ("refused", "refused")


# Cookies.


def test_set_cookie(host: Host, colour: str) -> None:
    """Each cookie is a field of its own, with every attribute, in the order they were set."""
    assert host.get(f"/{colour}/responses/cookies").all("set-cookie") == [
        "plain=1; Path=/",
        "all=v; Domain=example.org; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Max-Age=60; "
        "Secure; HttpOnly; Path=/p; SameSite=Strict; Partitioned",
        "plain=2; Path=/other",
        'odd="a\\073 b\\054\\"c\\""; Path=/',
        "gone=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/p",
    ]


def test_set_cookie_is_verbatim(host: Host, colour: str) -> None:
    """A Set-Cookie that the handler wrote is sent to the byte, attributes nobody knows included."""
    values = [
        "a=1; Path=/; SameSite=None; Secure; Partitioned; Priority=High",
        'b="quoted, value"; expires=Thu, 01-Jan-70 00:00:00 GMT; path=/; httponly',
        "a=2;Path=/x;;  Foo=bar",
        "novalue",
        "c=caf\xe9; max-age=0",
        "d=; Domain=.example.org; SAMESITE=lax",
    ]
    answer = make(host, colour, body="x", headers=[["set-cookie", value] for value in values])
    assert answer.all("set-cookie") == values


# Status.


@pytest.mark.parametrize("status", [s.value for s in HTTPStatus if s.value >= 200])
def test_status(host: Host, colour: str, status: int) -> None:
    """Every standard status leaves as it is; 204 and 304 have no body, the others theirs."""
    if status == 205:
        # RFC 9110, section 15.3.6 forbids content with 205.
        assert make(host, colour, status=205).status == 205
        return
    answer = host.get(f"/{colour}/responses/status/{status}")
    body = b"" if status in (204, 304) else f"body of {status}".encode()
    assert (answer.status, answer.body, answer.complete) == (status, body, True)


@pytest.mark.parametrize("status", [218, 299, 399, 420, 450, 499, 509, 599])
def test_status_that_nobody_knows(host: Host, colour: str, status: int) -> None:
    """Statuses without a name are statuses."""
    answer = host.get(f"/{colour}/responses/status/{status}")
    assert (answer.status, answer.body) == (status, f"body of {status}".encode())


@pytest.mark.parametrize("status", [0, 99, 100, 101, 199, 600, 1000])
def test_status_out_of_range(host: Host, colour: str, status: int) -> None:
    """A status under 200 or over 599 is an error of the handler."""
    assert host.get(f"/{colour}/responses/status/{status}").status == 500


def test_reason_phrases(wire_host: Host, colour: str) -> None:
    """The status line has the standard reason phrase."""
    for status in (200, 201, 204, 302, 304, 404, 405, 418, 422, 429, 500, 503):
        answer = wire_host.get(f"/{colour}/responses/status/{status}")
        assert (answer.status, answer.reason) == (status, HTTPStatus(status).phrase)


@pytest.mark.parametrize("status", [204, 304])
def test_bodiless_status(host: Host, colour: str, status: int) -> None:
    """204 and 304 have neither a body nor the fields that describe one, but keep all others."""
    fields = [["etag", '"1"'], ["x-a", "1"], ["set-cookie", "a=1"]]
    answer = make(host, colour, status=status, body="ignored", headers=fields)
    assert (answer.status, answer.body) == (status, b"")
    assert sorted(own_headers(answer)) == sorted((n, v) for n, v in fields)
    assert answer.header("content-length") is None
    assert answer.header("transfer-encoding") is None


# Redirects.


@pytest.mark.parametrize(
    "location",
    [
        "/x?y=1&z=%20#f",
        "x",
        "../x",
        "?a=1",
        "#f",
        "//other.example/x",
        "https://example.org/a%2Fb",
        "mailto:a@example.org",
        "/a;b,c'd(e)",
    ],
)
def test_location_as_written(host: Host, colour: str, location: str) -> None:
    """Location is not resolved, not normalised, not completed."""
    answer = host.get(f"/{colour}/responses/redirect?to={quote(location, safe='')}")
    assert (answer.status, answer.all("location")) == (302, [location])
    assert (answer.body, own_headers(answer)) == (b"", [("location", location)])
    answer = make(host, colour, status=201, headers=[["Location", location]])
    assert (answer.status, answer.all("location")) == (201, [location])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_status(host: Host, colour: str, status: int) -> None:
    """A redirect has the status that it was given."""
    assert host.get(f"/{colour}/responses/redirect?to=/x&status={status}").status == status


def test_redirect_with_another_status(host: Host, colour: str) -> None:
    """A redirect with a status that is none is an error of the handler."""
    for status in (200, 300, 304, 400):
        assert host.get(f"/{colour}/responses/redirect?to=/x&status={status}").status == 500


def test_location_non_ascii(host: Host, colour: str) -> None:
    """Characters outside ASCII in a redirect's Location are percent-encoded as UTF-8."""
    answer = host.get(f"/{colour}/responses/redirect?to={quote('/café/雪?q=é')}")
    assert answer.header("location") == "/caf%C3%A9/%E9%9B%AA?q=%C3%A9"
