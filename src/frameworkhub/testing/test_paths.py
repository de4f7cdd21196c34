"""Which handler a path finds, and what the handler is given."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from .answers import Answer
from .hosts import Host


def value(host: Host, target: str) -> Any:
    """The parameter that the handler of `target` got."""
    answer = host.get(target)
    assert answer.status == 200, answer
    return answer.json()["params"]["value"]


def assert_nowhere(answer: Answer) -> None:
    assert answer.status == 404, answer
    assert answer.header("location") is None
    assert answer.json()["status"] == 404


def test_static_path(host: Host, colour: str) -> None:
    """A path without parameters finds its handler."""
    answer = host.get(f"/{colour}/paths/static")
    assert (answer.status, answer.json()["label"]) == (200, "static")


def test_root(host: Host) -> None:
    """`/` is a path like others."""
    assert host.get("/").json()["label"] == "root"


def test_first_segment_alone(host: Host, colour: str) -> None:
    """A prefix of other paths is a path of its own, and has no trailing slash."""
    assert host.get(f"/{colour}").json()["label"] == "colour's root"
    assert_nowhere(host.get(f"/{colour}/"))


def test_unknown_path(host: Host, colour: str) -> None:
    """What no route matches is 404."""
    assert_nowhere(host.get(f"/{colour}/paths/nowhere"))


def test_prefix_of_a_path_is_not_the_path(host: Host, colour: str) -> None:
    """Paths match as a whole: neither a prefix nor a longer one will do."""
    assert_nowhere(host.get(f"/{colour}/paths/stati"))
    assert_nowhere(host.get(f"/{colour}/paths/statics"))
    assert_nowhere(host.get(f"/{colour}/paths/static/more"))


def test_static_beats_dynamic(host: Host, colour: str) -> None:
    """A path without parameters wins over an earlier one with parameters."""
    assert host.get(f"/{colour}/paths/order/fixed").json()["label"] == "fixed"
    assert host.get(f"/{colour}/paths/order/other").json()["label"] == "dynamic"


def test_order_of_registration(host: Host, colour: str) -> None:
    """Among paths with parameters the first registered that matches wins."""
    assert host.get(f"/{colour}/paths/first/5").json()["label"] == "int_first"
    assert host.get(f"/{colour}/paths/first/x").json()["label"] == "then_str"
    assert host.get(f"/{colour}/paths/reverse/5").json()["label"] == "str_first"


def test_method_decides_among_matching_paths(host: Host, colour: str) -> None:
    """A static path without the method leaves the request to a dynamic one that has it."""
    assert host.request("POST", f"/{colour}/paths/mixed/fixed").text == "fixed"
    assert host.get(f"/{colour}/paths/mixed/fixed").text == "dynamic fixed"


def test_same_shape_different_tails(host: Host, colour: str) -> None:
    """Two paths may name the same place differently."""
    first, second = host.get(f"/{colour}/paths/deep/1/x"), host.get(f"/{colour}/paths/deep/2/y")
    assert (first.json()["label"], first.json()["params"]) == ("deep_x", {"a": "1"})
    assert (second.json()["label"], second.json()["params"]) == ("deep_y", {"b": "2"})


@pytest.mark.parametrize("text", ["5", "-5", "0", "007", "-0", str(10**40)])
def test_int(host: Host, colour: str, text: str) -> None:
    """`int` takes signed decimal integers of any size."""
    assert value(host, f"/{colour}/paths/int/{text}") == int(text)


@pytest.mark.parametrize("text", ["%2B5", "1_0", "%205", "5%20", "5.0", "-", "--5", "0x1", "1e3"])
def test_int_refuses(host: Host, colour: str, text: str) -> None:
    """`int` takes nothing else that Python's int() would."""
    assert_nowhere(host.get(f"/{colour}/paths/int/{text}"))


def test_int_takes_ascii_digits_only(host: Host, colour: str) -> None:
    """Digits of other scripts are no `int`."""
    assert_nowhere(host.get(f"/{colour}/paths/int/%D9%A5"))
    assert_nowhere(host.get(f"/{colour}/paths/int/%EF%BC%95"))


def test_int_beyond_all_measure(host: Host, colour: str) -> None:
    """More digits than Python converts don't match; a server may refuse so long a path before."""
    assert host.get(f"/{colour}/paths/int/{'9' * 5000}").status in (404, 400, 414)


@pytest.mark.parametrize("text", ["1.5", "-1.5", "2", "-0.25", "10.0"])
def test_float(host: Host, colour: str, text: str) -> None:
    """`float` takes signed decimal numbers, with or without a fraction."""
    assert value(host, f"/{colour}/paths/float/{text}") == float(text)


@pytest.mark.parametrize("text", ["nan", "inf", "1e5", ".5", "1.", "1.2.3", "1,5"])
def test_float_refuses(host: Host, colour: str, text: str) -> None:
    """`float` takes nothing else that Python's float() would."""
    assert_nowhere(host.get(f"/{colour}/paths/float/{text}"))


def test_uuid(host: Host, colour: str) -> None:
    """`uuid` takes the canonical text, in either case, and gives a uuid.UUID."""
    known = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")
    for text in (str(known), str(known).upper()):
        assert value(host, f"/{colour}/paths/uuid/{text}") == f"uuid {known}"


@pytest.mark.parametrize(
    "text", ["0123456789abcdef0123456789abcdef", "x", "01234567-89ab-cdef-0123-456789abcdeg"]
)
def test_uuid_refuses(host: Host, colour: str, text: str) -> None:
    """`uuid` takes none of the other spellings."""
    assert_nowhere(host.get(f"/{colour}/paths/uuid/{text}"))


def test_str(host: Host, colour: str) -> None:
    """A parameter without a converter is text without a slash, and not empty."""
    assert value(host, f"/{colour}/paths/str/a.b-c_d~e") == "a.b-c_d~e"
    assert_nowhere(host.get(f"/{colour}/paths/str/"))
    assert_nowhere(host.get(f"/{colour}/paths/str/a/b"))


def test_path_converter(host: Host, colour: str) -> None:
    """`path` may hold slashes, is kept as it is, and not empty."""
    assert value(host, f"/{colour}/paths/path/a/b.txt") == "a/b.txt"
    assert value(host, f"/{colour}/paths/path/a/b/") == "a/b/"
    assert_nowhere(host.get(f"/{colour}/paths/path/"))


def test_path_converter_in_the_middle(host: Host, colour: str) -> None:
    """What follows a `path` is still matched."""
    answer = host.get(f"/{colour}/paths/middle/a/end/b/end")
    assert answer.json()["params"] == {"rest": "a/end/b"}
    assert_nowhere(host.get(f"/{colour}/paths/middle/a/b"))
    assert_nowhere(host.get(f"/{colour}/paths/middle/end"))


def test_own_converter(host: Host, colour: str) -> None:
    """An own converter's value reaches the handler."""
    assert value(host, f"/{colour}/paths/hex/ff") == 255


def test_own_converter_that_raises_does_not_match(host: Host, colour: str) -> None:
    """ValueError in `to_python` means that the path does not match: the next route has its turn."""
    answer = host.get(f"/{colour}/paths/hex/100")
    assert (answer.json()["label"], answer.json()["params"]) == ("not_hex", {"word": "100"})


def test_several_parameters(host: Host, colour: str) -> None:
    """Each parameter arrives under its name, in its type."""
    answer = host.get(f"/{colour}/paths/two/x/-3").json()
    assert (answer["params"], answer["path_params"]) == ({"a": "x", "b": -3}, ["a", "b"])


def test_two_parameters_in_a_segment(host: Host, colour: str) -> None:
    """Literal text may separate parameters within a segment."""
    assert host.get(f"/{colour}/paths/pair/3-4").json()["params"] == {"a": 3, "b": 4}
    assert host.get(f"/{colour}/paths/pair/3--4").json()["params"] == {"a": 3, "b": -4}
    assert_nowhere(host.get(f"/{colour}/paths/pair/3"))


def test_literal_after_a_parameter(host: Host, colour: str) -> None:
    """Literal text may follow a parameter within a segment."""
    assert host.get(f"/{colour}/paths/suffix/a.b.json").json()["params"] == {"name": "a.b"}
    assert_nowhere(host.get(f"/{colour}/paths/suffix/a.xml"))
    assert_nowhere(host.get(f"/{colour}/paths/suffix/.json"))


def test_literal_metacharacters(host: Host, colour: str) -> None:
    """Characters that mean something to a pattern language are only themselves."""
    answer = host.get(f"/{colour}/paths/literal/a.b+(c)*%5Bd%5D$%5E%7C")
    assert answer.json()["label"] == "metacharacters"
    assert_nowhere(host.get(f"/{colour}/paths/literal/aXb+(c)*%5Bd%5D$%5E%7C"))


def test_literal_unicode(host: Host, colour: str) -> None:
    """A registered path is text: it matches its percent-encoded UTF-8."""
    answer = host.get(f"/{colour}/paths/literal/caf%C3%A9/%E9%9B%AA")
    assert answer.json()["label"] == "unicode"


def test_literal_percent_and_space(host: Host, colour: str) -> None:
    """`%` and space in a registered path are those characters."""
    assert host.get(f"/{colour}/paths/literal/100%25").json()["label"] == "percent"
    assert host.get(f"/{colour}/paths/literal/a%20b").json()["label"] == "space"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("caf%C3%A9", "café"), ("%F0%9F%90%8D", "🐍"), ("a%20b", "a b"), ("%E9%9b%AA", "雪")],
)
def test_percent_decoding(host: Host, colour: str, text: str, wanted: str) -> None:
    """Paths are percent-decoded as UTF-8."""
    assert value(host, f"/{colour}/paths/str/{text}") == wanted


def test_unneeded_escapes(host: Host, colour: str) -> None:
    """An escaped character is the character, in literal text as well."""
    assert host.get(f"/{colour}/%70aths/st%61tic").json()["label"] == "static"


def test_decoded_once(host: Host, colour: str) -> None:
    """`%25` is a percent sign, whatever follows."""
    assert value(host, f"/{colour}/paths/str/%2541") == "%41"
    assert value(host, f"/{colour}/paths/str/%252F") == "%2F"


def test_encoded_slash_is_a_slash(host: Host, colour: str) -> None:
    """`%2F` counts as `/`: some hosts can't tell them apart."""
    assert value(host, f"/{colour}/paths/path/a%2Fb") == "a/b"
    assert value(host, f"/{colour}/paths/path/a%2fb") == "a/b"
    assert_nowhere(host.get(f"/{colour}/paths/str/a%2Fb"))
    assert host.get(f"/{colour}%2Fpaths%2Fstatic").json()["label"] == "static"


@pytest.mark.parametrize("text", ["%FF", "a%C3", "%C0%AF", "%ED%A0%80", "%F5%80%80%80"])
def test_bad_utf8(host: Host, colour: str, text: str) -> None:
    """Bytes that are no UTF-8 are 400, and reach no handler."""
    answer = host.get(f"/{colour}/paths/str/{text}")
    assert (answer.status, answer.json()["status"]) == (400, 400)


def test_bad_utf8_anywhere(host: Host) -> None:
    """Bytes that are no UTF-8 are 400, also where there is no route."""
    assert host.get("/nowhere/%FF").status == 400


def test_replacement_character_is_a_character(host: Host, colour: str) -> None:
    """U+FFFD, well encoded, is no error."""
    assert value(host, f"/{colour}/paths/str/%EF%BF%BD") == "\ufffd"


@pytest.mark.parametrize("text", ["%", "%zz", "%4", "a%"])
def test_bad_escapes_stay(host: Host, colour: str, text: str) -> None:
    """A `%` that begins no escape stays as it is, or the server refuses the request."""
    answer = host.get(f"/{colour}/paths/str/{text}")
    assert answer.status == 400 or answer.json()["params"]["value"] == text


def test_double_slash_is_kept(host: Host, colour: str) -> None:
    """`//` is not collapsed."""
    assert_nowhere(host.get(f"/{colour}//paths/static"))
    assert_nowhere(host.get(f"/{colour}/paths//static"))
    assert value(host, f"/{colour}/paths/path/a//b") == "a//b"
    assert value(host, f"/{colour}/paths/path//a") == "/a"


def test_leading_double_slash(host: Host, colour: str) -> None:
    """`//` at the start is neither collapsed, nor taken for a host name."""
    assert_nowhere(host.get(f"//{colour}/paths/static"))


def test_trailing_slash_counts(host: Host, colour: str) -> None:
    """`/a` is not `/a/`, either way round, and nothing redirects."""
    assert_nowhere(host.get(f"/{colour}/paths/static/"))
    assert_nowhere(host.get(f"/{colour}/paths/slash"))
    assert host.get(f"/{colour}/paths/slash/").json()["label"] == "slash"
    assert_nowhere(host.get(f"/{colour}/paths/str/a/"))


def test_trailing_slash_counts_for_other_methods(host: Host, colour: str) -> None:
    """Nothing redirects a POST, a HEAD or an OPTIONS to another slash."""
    for method in ("POST", "HEAD", "OPTIONS"):
        answer = host.request(method, f"/{colour}/paths/slash")
        assert (answer.status, answer.header("location")) == (404, None)


def test_case_counts(host: Host, colour: str) -> None:
    """Paths are case-sensitive."""
    assert host.get(f"/{colour}/paths/MixedCase").json()["label"] == "mixed_case"
    assert_nowhere(host.get(f"/{colour}/paths/mixedcase"))
    assert_nowhere(host.get(f"/{colour}/PATHS/static"))


def test_dot_segments_are_kept(host: Host, colour: str) -> None:
    """`.` and `..` are not resolved: the client's business (RFC 3986, section 5.2.4)."""
    assert value(host, f"/{colour}/paths/path/a/../b/./c") == "a/../b/./c"
    assert value(host, f"/{colour}/paths/path/a/%2E%2E/b") == "a/../b"
    assert_nowhere(host.get(f"/{colour}/paths/order/../static"))


@pytest.mark.parametrize("text", ["a;b=1", "a+b", "a:b", "a@b", "a,b", "!$&'()*", "a=b", "~", "-."])
def test_reserved_characters_are_plain(host: Host, colour: str, text: str) -> None:
    """Characters that a path may hold unescaped (RFC 3986) are themselves; `+` is no space."""
    assert value(host, f"/{colour}/paths/str/{text}") == text


@pytest.mark.parametrize("text", ["%3F", "%23", "%3B", "%2B", "%26", "%5C", "%22", "%7B%7D"])
def test_escaped_delimiters_are_plain(host: Host, colour: str, text: str) -> None:
    """An escaped `?`, `#` and so on belongs to the path."""
    wanted = bytes.fromhex(text.replace("%", "")).decode()
    assert value(host, f"/{colour}/paths/str/{text}") == wanted


def test_line_breaks_are_characters(host: Host, colour: str) -> None:
    """An escaped line break matches a parameter, and never ends a pattern early."""
    assert value(host, f"/{colour}/paths/str/a%0Ab") == "a\nb"
    assert value(host, f"/{colour}/paths/path/a/%0Ab%0A") == "a/\nb\n"
    assert_nowhere(host.get(f"/{colour}/paths/static%0A"))
    assert_nowhere(host.get(f"/{colour}/paths/int/5%0A"))


def test_long_segment(host: Host, colour: str) -> None:
    """A segment of 2000 characters arrives whole."""
    assert value(host, f"/{colour}/paths/str/{'x' * 2000}") == "x" * 2000


def test_request_path_and_url(host: Host, colour: str) -> None:
    """`path` is decoded, `url` is encoded, with the query as it was sent."""
    answer = host.get(f"/{colour}/paths/path/caf%C3%A9%20x/b?q=%20+&q=").json()
    assert answer["path"] == f"/{colour}/paths/path/café x/b"
    assert answer["root_path"] == ""
    wanted = f"http://{host.netloc}/{colour}/paths/path/caf%C3%A9%20x/b?q=%20+&q="
    assert answer["url"] == wanted


def test_empty_query_is_no_part_of_the_path(host: Host, colour: str) -> None:
    """A lone `?` changes nothing."""
    assert host.get(f"/{colour}/paths/static?").json()["path"] == f"/{colour}/paths/static"


def test_request_route(host: Host, colour: str) -> None:
    """`request.route` is the route as it was registered."""
    answer = host.get(f"/{colour}/paths/route/x").json()
    assert answer["name"] == f"{colour}_paths_route"
    assert answer["path"] == f"/{colour}/paths/route/{{name}}"
    assert answer["methods"] == ["GET", "POST"]
