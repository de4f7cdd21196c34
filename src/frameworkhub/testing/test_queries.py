"""The query: order, repeats and blanks are kept, and nothing is guessed."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from .hosts import Host


def items(host: Host, colour: str, query: str) -> list[tuple[str, str]]:
    """The flat list of fields that the handler saw."""
    answer = host.get(f"/{colour}/query?{query}")
    assert answer.status == 200, answer
    return [(name, value) for name, value in answer.json()["items"]]


def test_query_order_and_repeats(host: Host, colour: str) -> None:
    """Repeated names are kept, in the order over all names."""
    assert items(host, colour, "b=1&a=2&b=3&a=2") == [
        ("b", "1"),
        ("a", "2"),
        ("b", "3"),
        ("a", "2"),
    ]


def test_query_access(host: Host, colour: str) -> None:
    """`get` gives the first, `getlist` all; None and [] where there is none."""
    answer = host.get(f"/{colour}/query?a=1&a=2").json()
    assert (answer["a"], answer["all_a"]) == ("1", ["1", "2"])
    answer = host.get(f"/{colour}/query?b=1").json()
    assert (answer["a"], answer["all_a"]) == (None, [])


def test_query_blanks(host: Host, colour: str) -> None:
    """Blank values and names are kept; `a` is `a=`; nothing between two `&` is nothing."""
    assert items(host, colour, "a=&b&=c&&d=1&") == [("a", ""), ("b", ""), ("", "c"), ("d", "1")]


def test_query_spaces(host: Host, colour: str) -> None:
    """`+` is a space, `%2B` a plus, `%20` a space, in names too."""
    assert items(host, colour, "a+b=c+d&e=%2B&f=%20") == [("a b", "c d"), ("e", "+"), ("f", " ")]


def test_query_bad_escapes(host: Host, colour: str) -> None:
    """A percent sign that begins no escape stays."""
    assert items(host, colour, "a=%zz&b=%&c=%4&d=100%") == [
        ("a", "%zz"),
        ("b", "%"),
        ("c", "%4"),
        ("d", "100%"),
    ]


def test_query_bad_utf8(host: Host, colour: str) -> None:
    """Escapes that are no UTF-8 stay as they are; the good ones beside them are decoded."""
    assert items(host, colour, "a=%FF&b=caf%C3%A9%FF") == [("a", "%FF"), ("b", "café%FF")]


def test_query_unicode(host: Host, colour: str) -> None:
    """Names and values are percent-decoded as UTF-8."""
    query = f"{quote('ключ')}={quote('雪🐍')}"
    assert items(host, colour, query) == [("ключ", "雪🐍")]


def test_query_semicolon_is_no_separator(host: Host, colour: str) -> None:
    """Only `&` separates fields."""
    assert items(host, colour, "a=1;b=2&c=3") == [("a", "1;b=2"), ("c", "3")]


@pytest.mark.parametrize("query", ["a=b=c", "a==", "a=?", "a=/../", "a=:@", "a[]=1", "a=1,2"])
def test_query_other_delimiters_are_plain(host: Host, colour: str, query: str) -> None:
    """The first `=` ends the name; everything else is itself."""
    name, _, value = query.partition("=")
    assert items(host, colour, query) == [(name, value)]


def test_query_decoded_once(host: Host, colour: str) -> None:
    """`%2526` is `%26`, and an escaped `&` or `=` separates nothing."""
    assert items(host, colour, "a=%2526&b=%26c%3Dd") == [("a", "%26"), ("b", "&c=d")]


@pytest.mark.parametrize("query", ["", "&", "&&&"])
def test_query_empty(host: Host, colour: str, query: str) -> None:
    """A query without fields is empty."""
    assert items(host, colour, query) == []


def test_no_query(host: Host, colour: str) -> None:
    """Without a `?` the query is empty."""
    answer = host.get(f"/{colour}/query").json()
    assert (answer["items"], answer["raw"]) == ([], "")


def test_query_string_is_raw(host: Host, colour: str) -> None:
    """`query_string` is the text as it was sent."""
    raw = "b=%7e+%c3%a9&&a=%zz&=;x"
    assert host.get(f"/{colour}/query?{raw}").json()["raw"] == raw


def test_query_line_breaks(host: Host, colour: str) -> None:
    """Escaped control characters are characters."""
    assert items(host, colour, "a=1%0D%0A2&b=%00") == [("a", "1\r\n2"), ("b", "\0")]


def test_query_of_many_fields(host: Host, colour: str) -> None:
    """800 fields are 800 fields."""
    assert items(host, colour, "&".join(["a=1"] * 800)) == [("a", "1")] * 800


def test_query_of_one_long_value(host: Host, colour: str) -> None:
    """A value of 3000 characters arrives whole."""
    assert items(host, colour, f"a={'x' * 3000}") == [("a", "x" * 3000)]
