"""The request's header fields, and its cookies."""

from __future__ import annotations

from typing import Any

import pytest

from .hosts import Host


def seen(host: Host, colour: str, name: str, *headers: tuple[str, str]) -> dict[str, Any]:
    """What the handler saw of the field `name`."""
    answer = host.get(f"/{colour}/headers?name={name}", *headers)
    assert answer.status == 200, answer
    return answer.json()  # type: ignore[no-any-return]


def test_header_names_ignore_case(host: Host, colour: str) -> None:
    """Field names are case-insensitive on both sides."""
    for name in ("x-mixed-case", "X-MIXED-CASE", "X-Mixed-Case"):
        assert seen(host, colour, name, ("X-mIXED-cASE", "v"))["get"] == "v"


def test_header_missing(host: Host, colour: str) -> None:
    """A field that was not sent is not there."""
    answer = seen(host, colour, "x-none")
    assert (answer["get"], answer["all"], answer["has"]) == (None, [], False)


def test_header_empty(host: Host, colour: str) -> None:
    """An empty value is a value."""
    answer = seen(host, colour, "x-empty", ("X-Empty", ""))
    assert (answer["get"], answer["has"]) == ("", True)


def test_header_repeated(host: Host, colour: str) -> None:
    """Repeated fields are kept in order; where the server joins them, it does so by a comma."""
    answer = seen(host, colour, "x-dup", ("X-Dup", "1"), ("X-Other", "x"), ("X-Dup", "2"))
    values = [value.strip() for joined in answer["all"] for value in joined.split(",")]
    assert values == ["1", "2"]
    if host.spec.interface != "wsgi":
        assert answer["all"] == ["1", "2"]


@pytest.mark.parametrize(
    "value", ['a, "b, c"; d="e\\"f"', "a=1;b=2", "  inner  spaces", "tab\there", "%41", "a:b"]
)
def test_header_value_is_verbatim(host: Host, colour: str, value: str) -> None:
    """A value is not parsed, unquoted or decoded."""
    assert seen(host, colour, "x-v", ("X-V", value))["get"] == value.strip()


def test_header_latin1(host: Host, colour: str) -> None:
    """Bytes outside ASCII are read as latin-1 (RFC 9110, section 5.5)."""
    assert seen(host, colour, "x-l", ("X-L", "caf\xe9"))["get"] == "café"
    utf8 = "é".encode().decode("latin-1")
    assert seen(host, colour, "x-l", ("X-L", utf8))["get"] == utf8


def test_header_underscore_is_no_hyphen(host: Host, colour: str) -> None:
    """A name with `_` never passes for the name with `-`."""
    answer = seen(host, colour, "x-real-ip", ("X_Real_IP", "evil"))
    assert (answer["get"], answer["has"]) == (None, False)
    both = [("X-Real-IP", "true"), ("X_Real_IP", "evil"), ("X_REAL-IP", "evil")]
    assert seen(host, colour, "x-real-ip", *both)["all"] == ["true"]


def test_header_underscore_content_length(wire_host: Host, colour: str) -> None:
    """`Content_Length` and `Transfer_Encoding` frame nothing."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/bodies/echo HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        wire.send(b"Content_Length: 9\r\nTransfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nab")
        answer = wire.answer()
        assert answer.status == 400 or answer.body == b"ab"


def test_header_token_characters(host: Host, colour: str) -> None:
    """Any token is a name (RFC 9110, section 5.6.2)."""
    assert seen(host, colour, "x.dot", ("X.Dot", "1"))["get"] == "1"
    assert seen(host, colour, "x1", ("X1", "1"))["get"] == "1"


def test_header_long_value(host: Host, colour: str) -> None:
    """A value of 6000 characters arrives whole."""
    assert seen(host, colour, "x-long", ("X-Long", "v" * 6000))["get"] == "v" * 6000


def test_many_headers(host: Host, colour: str) -> None:
    """80 fields are 80 fields."""
    fields = [(f"X-Many-{i}", str(i)) for i in range(80)]
    answer = seen(host, colour, "x-many-79", *fields)
    kept = [item for item in answer["items"] if item[0].lower().startswith("x-many-")]
    assert len(kept) == 80 and answer["get"] == "79"


def test_header_whitespace_is_trimmed(wire_host: Host, colour: str) -> None:
    """White space around a value does not belong to it."""
    with wire_host.wire() as wire:
        wire.send(b"GET /%s/headers?name=x-v HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        wire.send(b"X-V: \t  a b \t \r\n\r\n")
        assert wire.answer().json()["get"] == "a b"


def test_header_authorization(host: Host, colour: str) -> None:
    """Credentials reach the handler, and nothing on the way takes an interest in them."""
    value = "Basic dXNlcjpwYXNz"
    assert seen(host, colour, "authorization", ("Authorization", value))["get"] == value


def test_header_host(host: Host, colour: str) -> None:
    """The Host field is among the fields."""
    assert seen(host, colour, "host")["get"] == host.netloc


def test_no_content_type(host: Host, colour: str) -> None:
    """A request without a Content-Type has none."""
    answer = seen(host, colour, "content-type")
    assert (answer["get"], answer["has"], answer["type"]) == (None, False, "")


def test_content_type(host: Host, colour: str) -> None:
    """`content_type` is lower case, without parameters; the field is verbatim."""
    field = ("Content-Type", 'Text/Plain; Charset="UTF-8"')
    answer = host.request("POST", f"/{colour}/headers?name=content-type", [field], b"x").json()
    assert (answer["type"], answer["get"]) == ("text/plain", field[1])


def test_content_length_is_a_field(host: Host, colour: str) -> None:
    """A declared length is among the fields."""
    target = f"/{colour}/headers?name=content-length"
    assert host.request("POST", target, body=b"12345").json()["get"] == "5"


def test_request_line_facts(host: Host, colour: str) -> None:
    """Method, scheme, host, version and peer are those of the connection."""
    answer = host.get(f"/{colour}/target").json()
    assert (answer["method"], answer["scheme"]) == ("GET", "http")
    assert (answer["host"], answer["http_version"]) == (host.netloc, "1.1")
    address, port = answer["client"]
    assert address == "127.0.0.1" and isinstance(port, int)


def test_host_of_the_client(host: Host, colour: str) -> None:
    """`host` is the Host field as it was sent, with its port."""
    assert host.get(f"/{colour}/target", ("Host", "example.org:81")).json()["host"] == (
        "example.org:81"
    )


def cookies(host: Host, colour: str, *fields: str) -> list[tuple[str, str]]:
    """The cookies that the handler saw."""
    answer = host.get(f"/{colour}/cookies", *[("Cookie", field) for field in fields])
    assert answer.status == 200, answer
    return [(name, value) for name, value in answer.json()["items"]]


def test_cookies(host: Host, colour: str) -> None:
    """Cookies come in the order in which they were sent."""
    assert cookies(host, colour, "b=2; a=1") == [("b", "2"), ("a", "1")]


def test_no_cookies(host: Host, colour: str) -> None:
    """Without the field there are no cookies."""
    assert cookies(host, colour) == []


def test_cookies_repeated_name(host: Host, colour: str) -> None:
    """Cookies of one name are all kept; the first counts (RFC 6265, section 5.4)."""
    answer = host.get(f"/{colour}/cookies", ("Cookie", "a=1; b=x; a=2")).json()
    assert ([v for n, v in answer["items"] if n == "a"], answer["a"]) == (["1", "2"], "1")


def test_cookie_fields_joined(host: Host, colour: str) -> None:
    """Several Cookie fields count as one, joined by `; ` (RFC 9113, section 8.2.3)."""
    assert cookies(host, colour, "a=1", "b=2; c=3") == [("a", "1"), ("b", "2"), ("c", "3")]


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("a=b=c", [("a", "b=c")]),
        ("a=", [("a", "")]),
        ("a=%20%41", [("a", "%20%41")]),
        ("a=1,b=2", [("a", "1,b=2")]),
        ("a=1;b=2", [("a", "1"), ("b", "2")]),
        (" a=1 ;  b=2 ; ", [("a", "1"), ("b", "2")]),
        ('a="b c"', [("a", "b c")]),
        ("a.b-c=1", [("a.b-c", "1")]),
    ],
)
def test_cookie_values(host: Host, colour: str, field: str, wanted: list[tuple[str, str]]) -> None:
    """A value goes to the next `;`; quotes around it are taken off, and nothing else is decoded."""
    assert cookies(host, colour, field) == wanted


def test_cookie_unicode(host: Host, colour: str) -> None:
    """Cookies are read as UTF-8, as browsers send them."""
    assert cookies(host, colour, "a=caf\xc3\xa9") == [("a", "café")]


@pytest.mark.parametrize("field", ["", ";", "=", "a", ";;a=1;;", "a=1; =2", '"', 'a="', "[]={}"])
def test_malformed_cookies(host: Host, colour: str, field: str) -> None:
    """A Cookie field that makes no sense is no error; good cookies in it are kept."""
    found = cookies(host, colour, field)
    assert ("a", "1") in found or "a=1" not in field
