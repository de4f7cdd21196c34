"""Forms: urlencoded and multipart."""

from __future__ import annotations

import hashlib
import itertools
import time
from typing import Any

import pytest

from .answers import Answer
from .hosts import Host

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xyz"
ALL_BYTES = bytes(range(256))


def post(host: Host, colour: str, body: bytes, content_type: str = URLENCODED) -> Answer:
    return host.request("POST", f"/{colour}/forms/show", [("Content-Type", content_type)], body)


def fields(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status == 200, answer
    return [(name, value) for name, value in answer.json()["form"]]


def files(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.json()["files"]
    return found


def part(name: str, content: bytes, extra: str = "", *lines: str) -> bytes:
    """One part of a multipart body, with its delimiter; `extra` ends the Content-Disposition."""
    head = [f'Content-Disposition: form-data; name="{name}"{extra}', *lines]
    return b"--xyz\r\n" + "\r\n".join(head).encode() + b"\r\n\r\n" + content + b"\r\n"


def multipart(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--xyz--\r\n"


def assert_problem(answer: Answer, status: int) -> None:
    assert (answer.status, answer.header("content-type")) == (status, "application/problem+json")


# urlencoded


def test_form(host: Host, colour: str) -> None:
    """Fields are kept in order, with repeats and blanks; `+` and `%20` are spaces."""
    found = fields(post(host, colour, b"b=1&a=2&b=3&c=&d&e=x+y%20%2B"))
    assert found == [("b", "1"), ("a", "2"), ("b", "3"), ("c", ""), ("d", ""), ("e", "x y +")]


def test_form_access(host: Host, colour: str) -> None:
    """`get` gives the first, `getlist` all."""
    headers = [("Content-Type", URLENCODED)]
    answer = host.request("POST", f"/{colour}/forms/access", headers, b"a=1&a=2").json()
    assert answer == {"a": "1", "all_a": ["1", "2"], "none": None}


def test_form_unicode(host: Host, colour: str) -> None:
    """Fields are percent-decoded as UTF-8, unescaped UTF-8 is taken too."""
    assert fields(post(host, colour, b"%D0%BA=%E9%9B%AA")) == [("к", "雪")]
    assert fields(post(host, colour, "к=雪".encode())) == [("к", "雪")]


def test_form_bad_escapes(host: Host, colour: str) -> None:
    """As in the query, what is no escape of UTF-8 stays."""
    assert fields(post(host, colour, b"a=%zz&b=%FF&c=1;2")) == [
        ("a", "%zz"),
        ("b", "%FF"),
        ("c", "1;2"),
    ]


def test_form_that_is_no_utf8(host: Host, colour: str) -> None:
    """A form whose bytes are no UTF-8 is 400."""
    assert_problem(post(host, colour, b"a=\xff"), 400)


def test_form_empty(host: Host, colour: str) -> None:
    """A form without a body has no fields."""
    assert fields(post(host, colour, b"")) == []


def test_form_chunked(host: Host, colour: str) -> None:
    """A form may come chunked."""
    target, headers = f"/{colour}/forms/show", [("Content-Type", URLENCODED)]
    answer = host.request("POST", target, headers, chunks=[b"a=", b"1&b", b"=2"])
    assert fields(answer) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "GET"])
def test_form_of_any_method(host: Host, colour: str, method: str) -> None:
    """The method says nothing about the form."""
    headers = [("Content-Type", URLENCODED)]
    answer = host.request(method, f"/{colour}/forms/show", headers, b"a=1")
    assert fields(answer) == [("a", "1")]


@pytest.mark.parametrize(
    "content_type", ["APPLICATION/X-WWW-FORM-URLENCODED", f"{URLENCODED}; charset=utf-8"]
)
def test_form_type_spellings(host: Host, colour: str, content_type: str) -> None:
    """The type is case-insensitive, and may have parameters."""
    assert fields(post(host, colour, b"a=%C3%A9", content_type)) == [("a", "é")]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json", "nonsense"])
def test_no_form(host: Host, colour: str, content_type: str) -> None:
    """A body of another type is no form: there are no fields, and no error."""
    answer = post(host, colour, b"a=1", content_type)
    assert (fields(answer), files(answer)) == ([], [])


# multipart


def test_multipart(host: Host, colour: str) -> None:
    """Fields keep their order and repeats; files stand apart."""
    body = multipart(
        part("b", b"1"),
        part("f", b"data", '; filename="f.txt"', "Content-Type: text/x-own; v=1", "X-Part: 7"),
        part("a", b"2"),
        part("b", b""),
    )
    answer = post(host, colour, body, MULTIPART)
    assert fields(answer) == [("b", "1"), ("a", "2"), ("b", "")]
    assert files(answer) == [
        {
            "name": "f",
            "filename": "f.txt",
            "type": "text/x-own; v=1",
            "size": 4,
            "sha256": hashlib.sha256(b"data").hexdigest(),
            "content": "data",
            "x": "7",
        }
    ]


def test_multipart_field_is_exact(host: Host, colour: str) -> None:
    """Line breaks and white space of a field are its own."""
    body = multipart(part("a", b" 1\r\n\r\n2\n"), part("b", b"--xy"), part("c", b"\r\n"))
    assert fields(post(host, colour, body, MULTIPART)) == [
        ("a", " 1\r\n\r\n2\n"),
        ("b", "--xy"),
        ("c", "\r\n"),
    ]


def test_multipart_unicode(host: Host, colour: str) -> None:
    """Names and values are UTF-8; a percent sign in them is no escape."""
    body = multipart(part("ключ", "雪 %41+".encode()))
    assert fields(post(host, colour, body, MULTIPART)) == [("ключ", "雪 %41+")]


def test_upload_is_exact(host: Host, colour: str) -> None:
    """Every byte of a file is kept, line breaks at both ends and near-boundaries included."""
    content = b"\r\n" + ALL_BYTES * 3 + b"\r\n--xy\r\n--\r\n\r\n"
    body = multipart(part("f", content, '; filename="f"'))
    assert files(post(host, colour, body, MULTIPART))[0]["content"] == content.decode("latin-1")


def test_upload_empty(host: Host, colour: str) -> None:
    """An empty file is a file of no bytes; an input left empty is one without a name."""
    body = multipart(part("f", b"", '; filename="f"'), part("g", b"", '; filename=""'))
    found = files(post(host, colour, body, MULTIPART))
    assert [(f["name"], f["filename"], f["size"]) for f in found] == [("f", "f", 0), ("g", "", 0)]


def test_upload_repeated(host: Host, colour: str) -> None:
    """Several files of one field are all kept, in order."""
    names = ["1", "2", "3"]
    body = multipart(*(part("f", n.encode(), f'; filename="{n}"') for n in names))
    found = files(post(host, colour, body, MULTIPART))
    assert [(f["name"], f["filename"], f["content"]) for f in found] == [("f", n, n) for n in names]


@pytest.mark.parametrize(
    ("extra", "wanted"),
    [
        ('; filename="café 雪.txt"', "café 雪.txt"),
        ("; filename*=UTF-8''caf%C3%A9.txt", "café.txt"),
        ('; filename="a%22b.txt"', 'a"b.txt'),
        ('; filename="a\\"b.txt"', 'a"b.txt'),
        ('; filename="../../a/b.txt"', "../../a/b.txt"),
        ("; filename=plain.txt", "plain.txt"),
        ('; filename="a;b=c.txt"', "a;b=c.txt"),
    ],
)
def test_upload_filename(host: Host, colour: str, extra: str, wanted: str) -> None:
    """The filename is what the client sent: in UTF-8, quoted or not, and never made safe."""
    found = files(post(host, colour, multipart(part("f", b"x", extra)), MULTIPART))
    assert found[0]["filename"] == wanted


def test_upload_without_a_type(host: Host, colour: str) -> None:
    """A part that names no type has none."""
    found = files(post(host, colour, multipart(part("f", b"x", '; filename="f.png"')), MULTIPART))
    assert found[0]["type"] == ""


def test_part_with_a_type_is_a_field(host: Host, colour: str) -> None:
    """Only a filename makes a file."""
    body = multipart(part("a", b'{"x":1}', "", "Content-Type: application/json"))
    answer = post(host, colour, body, MULTIPART)
    assert (fields(answer), files(answer)) == ([("a", '{"x":1}')], [])


def test_upload_five_megabytes(host: Host, colour: str) -> None:
    """A large file is whole, and larger than the memory that fields may take."""
    content = ALL_BYTES * (5 * 2**20 // 256)
    answer = post(host, colour, multipart(part("f", content, '; filename="f"')), MULTIPART)
    found = files(answer)[0]
    assert (found["size"], found["sha256"]) == (
        len(content),
        hashlib.sha256(content).hexdigest(),
    )


def test_upload_chunked(host: Host, colour: str) -> None:
    """A multipart form may come chunked, cut anywhere."""
    body = multipart(part("a", b"1"), part("f", ALL_BYTES, '; filename="f"'))
    target, headers = f"/{colour}/forms/show", [("Content-Type", MULTIPART)]
    chunks = [body[i : i + 7] for i in range(0, len(body), 7)]
    answer = host.request("POST", target, headers, chunks=chunks)
    assert fields(answer) == [("a", "1")]
    assert files(answer)[0]["content"] == ALL_BYTES.decode("latin-1")


@pytest.mark.parametrize("boundary", ["x'()+_,-./:=?", "-" * 70, "0", "a b"])
def test_multipart_boundaries(host: Host, colour: str, boundary: str) -> None:
    """Any boundary of RFC 2046, section 5.1.1, quoted where it has to be."""
    body = multipart(part("a", b"1")).replace(b"xyz", boundary.encode())
    answer = post(host, colour, body, f'multipart/form-data; boundary="{boundary}"')
    assert fields(answer) == [("a", "1")]


def test_multipart_preamble_and_epilogue(host: Host, colour: str) -> None:
    """What stands before the first and after the last delimiter is nothing."""
    body = b"preamble\r\n" + multipart(part("a", b"1")) + b"epilogue\r\n--xyz\r\n"
    assert fields(post(host, colour, body, MULTIPART)) == [("a", "1")]


def test_multipart_without_parts(host: Host, colour: str) -> None:
    """A multipart form may have no parts."""
    answer = post(host, colour, b"--xyz--\r\n", MULTIPART)
    assert (fields(answer), files(answer)) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing of the kind",
        part("a", b"1"),
        part("a", b"1")[:-5],
        b"--xyz\r\nContent-Dis",
        b"--xyz\r\nX: y\r\n\r\n1\r\n--xyz--\r\n",
        multipart(part("a", b"1")).replace(b"xyz", b"abc"),
    ],
)
def test_malformed_multipart(host: Host, colour: str, body: bytes) -> None:
    """Multipart that is cut, has no delimiter or a part without a name is 400."""
    assert_problem(post(host, colour, body, MULTIPART), 400)


def test_multipart_field_that_is_no_utf8(host: Host, colour: str) -> None:
    """Bytes of a field that are no UTF-8 become U+FFFD."""
    body = multipart(part("a", b"x\xffy"))
    assert fields(post(host, colour, body, MULTIPART)) == [("a", "x\ufffdy")]


def test_multipart_field_with_a_charset(host: Host, colour: str) -> None:
    """A part may name its charset (RFC 7578, section 4.4)."""
    line = "Content-Type: text/plain; charset=iso-8859-1"
    body = multipart(part("a", b"caf\xe9", "", line))
    assert fields(post(host, colour, body, MULTIPART)) == [("a", "café")]


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
def test_multipart_without_boundary(host: Host, colour: str, content_type: str) -> None:
    """A multipart type without its boundary is 400."""
    assert_problem(post(host, colour, multipart(part("a", b"1")), content_type), 400)


def test_multipart_too_many_parts(host: Host, colour: str) -> None:
    """Up to `max_form_parts` parts; more are 413."""
    limit = 1000
    assert len(fields(post(host, colour, multipart(*[part("a", b"")] * limit), MULTIPART))) == limit
    assert_problem(post(host, colour, multipart(*[part("a", b"")] * (limit + 1)), MULTIPART), 413)


def test_form_too_many_fields(host: Host, colour: str) -> None:
    """The same limit holds for urlencoded forms."""
    assert len(fields(post(host, colour, b"&".join([b"a="] * 1000)))) == 1000
    assert_problem(post(host, colour, b"&".join([b"a="] * 1001)), 413)


def test_form_fields_too_large(host: Host, colour: str) -> None:
    """Fields over `max_form_memory` bytes are 413, in both kinds of form."""
    value = b"x" * (600 * 1024)
    assert_problem(post(host, colour, multipart(part("a", value)), MULTIPART), 413)
    assert_problem(post(host, colour, b"a=" + value), 413)


def test_form_fields_together_too_large(host: Host, colour: str) -> None:
    """The limit counts the fields of a form together."""
    value = b"x" * (100 * 1024)
    assert_problem(post(host, colour, multipart(*[part("a", value)] * 6), MULTIPART), 413)
    assert len(fields(post(host, colour, multipart(*[part("a", value)] * 4), MULTIPART))) == 4


@pytest.mark.parametrize("order", list(itertools.permutations(["body", "form", "files"])))
def test_form_and_body_in_any_order(host: Host, colour: str, order: tuple[str, ...]) -> None:
    """Reading the form never eats the body, nor the other way round."""
    body = multipart(part("a", b"1"), part("f", b"2", '; filename="f"'))
    found = in_order(host, colour, body, MULTIPART, *order, *order)
    wanted: dict[str, Any] = {"body": hashlib.sha256(body).hexdigest(), "form": [["a", "1"]]}
    for what, value in zip(order * 2, found, strict=True):
        if what == "files":
            assert [(f["filename"], f["content"]) for f in value] == [("f", "2")]
        else:
            assert value == wanted[what]


def in_order(host: Host, colour: str, body: bytes, content_type: str, *order: str) -> list[Any]:
    target = f"/{colour}/forms/orders?order={','.join(order)}"
    answer = host.request("POST", target, [("Content-Type", content_type)], body)
    assert answer.status == 200, answer
    return list(answer.json())


def test_urlencoded_and_body_in_any_order(host: Host, colour: str) -> None:
    """The same for urlencoded forms, and text."""
    digest = hashlib.sha256(b"a=1").hexdigest()
    found = in_order(host, colour, b"a=1", URLENCODED, "form", "body", "text", "form", "files")
    assert found == [[["a", "1"]], digest, "a=1", [["a", "1"]], []]


def test_upload_file_reads(host: Host, colour: str) -> None:
    """An UploadFile is read, sought, iterated and saved; `save` writes all of it."""
    body = multipart(part("f", b"hello world", '; filename="f"'))
    target, headers = f"/{colour}/forms/file", [("Content-Type", MULTIPART)]
    assert host.request("POST", target, headers, body).json() == {
        "first": "hel",
        "rest": "lo world",
        "end": 0,
        "saved": "hello world",
        "chunks": "ello world",
    }


def test_upload_file_is_closed(host: Host, colour: str) -> None:
    """When the response has been sent, the files of the request are closed."""
    file = part("f", b"x" * 100, '; filename="f"')
    body, headers = multipart(file, file), [("Content-Type", MULTIPART)]
    assert host.request("POST", f"/{colour}/forms/keep", headers, body).status == 204
    deadline = time.monotonic() + 5
    while not (closed := host.get(f"/{colour}/forms/kept").json()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert closed
