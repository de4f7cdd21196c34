"""The request's body: the exact bytes, whole or refused."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from .answers import Answer
from .hosts import Host
from .wire import Wire

ALL_BYTES = bytes(range(256))
MEGABYTE = 2**20


def echo(host: Host, colour: str, body: bytes, *headers: tuple[str, str]) -> bytes:
    """The body as the handler saw it."""
    answer = host.request("POST", f"/{colour}/bodies/echo", headers, body)
    assert answer.status == 200, answer
    assert answer.header("x-length") == str(len(answer.body))
    return answer.body


def pieces(size: int, step: int = 50_000) -> Iterator[bytes]:
    """`size` bytes, piece by piece."""
    for start in range(0, size, step):
        yield b"x" * min(step, size - start)


def assert_problem(answer: Answer, status: int) -> None:
    assert (answer.status, answer.header("content-type")) == (status, "application/problem+json")
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "body", [b"x", b"\0", b"\r\n", b"0\r\n\r\n", b"\xff\xfe", b"a" * 65536, b"a" * 65537]
)
def test_body_is_exact(host: Host, colour: str, body: bytes) -> None:
    """The handler sees the bytes that were sent."""
    assert echo(host, colour, body) == body


def test_body_all_bytes(host: Host, colour: str) -> None:
    """Every byte value arrives as itself, many times over."""
    assert echo(host, colour, ALL_BYTES * 1000) == ALL_BYTES * 1000


def test_body_empty(host: Host, colour: str) -> None:
    """An empty body is `b""`."""
    assert echo(host, colour, b"") == b""
    assert host.get(f"/{colour}/bodies/echo").body == b""


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
def test_body_of_any_method(host: Host, colour: str, method: str) -> None:
    """Any method may have a body, GET included."""
    assert host.request(method, f"/{colour}/bodies/echo", body=b"some body").body == b"some body"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "text/plain; charset=utf-16",
        "application/x-unknown",
        "nonsense",
        "",
    ],
)
def test_body_whatever_its_type(host: Host, colour: str, content_type: str) -> None:
    """No Content-Type, right or wrong, makes anything eat or change the body."""
    body = b"a=1&b=%FF\r\n--b\r\n{\xff"
    assert echo(host, colour, body, ("Content-Type", content_type)) == body


def test_body_is_not_decompressed(host: Host, colour: str) -> None:
    """Content-Encoding is the handler's business: the body is what was sent."""
    body = gzip.compress(b"hello" * 100, mtime=0)
    assert echo(host, colour, body, ("Content-Encoding", "gzip")) == body


def test_body_five_megabytes(host: Host, colour: str) -> None:
    """A body of 5 MB arrives whole."""
    body = ALL_BYTES * (5 * MEGABYTE // 256)
    answer = host.request("POST", f"/{colour}/bodies/digest", body=body).json()
    assert answer == {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_body_chunked(host: Host, colour: str) -> None:
    """A chunked body is decoded and whole."""
    chunks = [b"one", b"\r\n", ALL_BYTES, b"end"]
    answer = host.request("POST", f"/{colour}/bodies/echo", chunks=chunks)
    assert answer.body == b"".join(chunks)


def test_body_chunked_empty(host: Host, colour: str) -> None:
    """A chunked body may be empty."""
    assert host.request("POST", f"/{colour}/bodies/echo", chunks=[]).body == b""


def test_body_many_small_chunks(host: Host, colour: str) -> None:
    """300 chunks of one byte are 300 bytes."""
    answer = host.request("POST", f"/{colour}/bodies/echo", chunks=[b"x"] * 300)
    assert answer.body == b"x" * 300


def test_body_chunked_five_megabytes(host: Host, colour: str) -> None:
    """A large chunked body arrives whole."""
    answer = host.request("POST", f"/{colour}/bodies/digest", chunks=pieces(5 * MEGABYTE))
    digest = hashlib.sha256(b"x" * 5 * MEGABYTE).hexdigest()
    assert answer.json() == {"size": 5 * MEGABYTE, "sha256": digest}


def test_body_in_slow_pieces(wire_host: Host, colour: str) -> None:
    """A body that comes in several packets is one body."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/bodies/echo HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        for piece in (b"Content-Len", b"gth: 6\r\n\r\n", b"ab", b"cd", b"e"):
            wire.send(piece)
            assert not wire.readable(0.02)
        wire.send(b"f")
        assert wire.answer().body == b"abcdef"


def test_chunk_extensions_and_trailers(wire_host: Host, colour: str) -> None:
    """Chunk extensions and trailer fields are no part of the body (RFC 9112, section 7.1)."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/bodies/echo HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        wire.send(b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n")
        answer = wire.answer()
        assert answer.body == b"abc" or answer.status == 400


def test_body_again_and_again(host: Host, colour: str) -> None:
    """Body, text and JSON can be read in any order, any number of times."""
    body = b'{"a": [1, "\xc3\xa9"]}'
    answer = host.request("POST", f"/{colour}/bodies/again", body=body).json()
    assert answer["same"] == [True, True]
    assert answer["json"] == [{"a": [1, "é"]}] * 2
    assert answer["last"] == body.decode()


def test_body_that_nobody_reads(host: Host, colour: str) -> None:
    """A handler need not look at the body."""
    answer = host.request("POST", f"/{colour}/bodies/ignored", body=b"x" * 100_000)
    assert (answer.status, answer.text) == (200, "never looked")


# What lies about its length.


def ran(host: Host) -> int:
    """How often the counting handler ran so far."""
    return host.counted("bodies.counted")


def rest(wire: Wire) -> bytes:
    """Everything that still comes until the server closes."""
    found = b""
    try:
        while data := wire.read_some():
            found += data
    except ConnectionResetError:
        pass
    return found


def send_and_end(wire: Wire, colour: str, body: bytes, *lines: bytes) -> None:
    """A request with these framing fields and that body; then nothing more comes."""
    head = b"POST /%s/bodies/counted HTTP/1.1\r\nHost: x\r\n" % colour.encode()
    wire.send(head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body)
    wire.finish_sending()


@pytest.mark.parametrize("sent", [b"", b"hello"])
def test_body_cut_short(wire_host: Host, colour: str, sent: bytes) -> None:
    """A client that ends before its Content-Length never makes the handler run."""
    before = ran(wire_host)
    with wire_host.wire() as wire:
        send_and_end(wire, colour, sent, b"Content-Length: 10")
        assert b" 200 " not in rest(wire)
    assert ran(wire_host) == before


@pytest.mark.parametrize("sent", [b"5\r\nhe", b"5\r\nhello\r\n", b"zz\r\nhello\r\n0\r\n\r\n"])
def test_chunked_body_cut_short_or_malformed(wire_host: Host, colour: str, sent: bytes) -> None:
    """A chunked body that has no good end never makes the handler run."""
    before = ran(wire_host)
    with wire_host.wire() as wire:
        send_and_end(wire, colour, sent, b"Transfer-Encoding: chunked")
        assert b" 200 " not in rest(wire)
    assert ran(wire_host) == before


@pytest.mark.parametrize("length", [b"abc", b"-1", b"5, 6", b"0x5", b"5 5"])
def test_malformed_content_length(wire_host: Host, colour: str, length: bytes) -> None:
    """A Content-Length that is no number is refused, and runs nothing."""
    before = ran(wire_host)
    with wire_host.wire() as wire:
        send_and_end(wire, colour, b"hello", b"Content-Length: " + length)
        assert b" 200 " not in rest(wire)
    assert ran(wire_host) == before


def test_contradictory_content_length(wire_host: Host, colour: str) -> None:
    """Two different Content-Lengths are refused (RFC 9112, section 6.3)."""
    before = ran(wire_host)
    with wire_host.wire() as wire:
        send_and_end(wire, colour, b"hello!", b"Content-Length: 5", b"Content-Length: 6")
        assert b" 200 " not in rest(wire)
    assert ran(wire_host) == before


def test_content_length_beside_chunked(wire_host: Host, colour: str) -> None:
    """Chunked framing beats Content-Length, or the request is refused: never the other way."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/bodies/echo HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        wire.send(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
        answer = wire.answer()
        assert answer.status == 400 or answer.body == b"ab"


def test_body_longer_than_declared(wire_host: Host, colour: str) -> None:
    """What follows the declared length is not the body's."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/bodies/echo HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        wire.send(b"Content-Length: 5\r\n\r\nhello, and more")
        answer = wire.answer()
        assert answer.status == 400 or answer.body == b"hello"


# Limits.


def test_body_at_the_limit(host: Host, colour: str) -> None:
    """A body as large as the limit is taken."""
    target = f"/{colour}/bodies/small"
    assert host.request("POST", target, body=b"x" * 1000).json() == {"size": 1000}
    assert host.request("POST", target, chunks=[b"x" * 500] * 2).json() == {"size": 1000}


def test_body_over_the_limit(host: Host, colour: str) -> None:
    """A body over the route's limit is 413, and the handler does not run."""
    before = host.counters()
    answer = host.request("POST", f"/{colour}/bodies/small", body=b"x" * 1001)
    assert_problem(answer, 413)
    assert host.counters() == before


def test_chunked_body_over_the_limit(host: Host, colour: str) -> None:
    """A chunked body over the limit is 413, and the handler does not run."""
    before = host.counters()
    answer = host.request("POST", f"/{colour}/bodies/small", chunks=[b"x" * 400] * 3)
    assert_problem(answer, 413)
    assert host.counters() == before


def test_declared_size_is_refused_unread(wire_host: Host, colour: str) -> None:
    """A declared length over the limit is 413 before any of the body is sent."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/bodies/small HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        wire.send(b"Content-Length: 1000000000\r\n\r\n")
        assert_problem(wire.answer(), 413)


def test_chunked_size_is_refused_before_the_end(wire_host: Host, colour: str) -> None:
    """A chunked body is 413 as soon as it passes the limit: nobody waits for its end."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/bodies/small HTTP/1.1\r\nHost: x\r\n" % colour.encode())
        wire.send(b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000 + b"\r\n")
        assert_problem(wire.answer(), 413)


def test_default_limit(host: Host, colour: str) -> None:
    """The app's limit of 16 MB counts where the route sets none."""
    answer = host.request("POST", f"/{colour}/bodies/digest", body=b"x" * (16 * MEGABYTE + 1))
    assert_problem(answer, 413)


def test_route_without_a_limit(host: Host, colour: str) -> None:
    """A route may take bodies of any size."""
    size = 17 * MEGABYTE
    answer = host.request("POST", f"/{colour}/bodies/unlimited", body=b"x" * size)
    assert answer.json() == {"size": size}


def test_large_body_to_nowhere(host: Host, colour: str) -> None:
    """A path that does not exist is 404, however large the body."""
    assert host.request("POST", f"/{colour}/bodies/nowhere", body=b"x" * MEGABYTE).status == 404


# JSON.


def parse(host: Host, colour: str, body: bytes, content_type: str = "application/json") -> Any:
    return host.request("POST", f"/{colour}/bodies/json", [("Content-Type", content_type)], body)


@pytest.mark.parametrize(
    "value",
    [{}, [], {"a": [1, 2.5, None, True, "é🐍"]}, "text", 0, -1.5, None, False, 10**40, {"": ""}],
)
def test_json(host: Host, colour: str, value: Any) -> None:
    """Any JSON value is parsed, at the top level too."""
    body = json.dumps(value, ensure_ascii=False).encode()
    answer = parse(host, colour, body)
    assert answer.json() == {"value": value, "type": type(value).__name__}


def test_json_white_space(host: Host, colour: str) -> None:
    """White space around JSON is nothing."""
    assert parse(host, colour, b' \r\n\t{"a" : 1}\n ').json()["value"] == {"a": 1}


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "text/plain", "application/problem+json"]
)
def test_json_whatever_its_type(host: Host, colour: str, content_type: str) -> None:
    """`json()` parses the body, whatever its Content-Type."""
    assert parse(host, colour, b"[1]", content_type).json()["value"] == [1]


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b'{"a": 1,}', b"{} x", b"{'a': 1}", b"[1 2]", b"nul", b'"\n"', b"01", b"\0"],
)
def test_malformed_json(host: Host, colour: str, body: bytes) -> None:
    """What is no JSON is 400, an empty body included."""
    assert_problem(parse(host, colour, body), 400)


def test_json_of_a_get(host: Host, colour: str) -> None:
    """A request with no body at all has no JSON: 400."""
    assert_problem(host.get(f"/{colour}/bodies/json"), 400)


@pytest.mark.parametrize("body", [b'"\xff"', b'{"a": "\xc3"}', b"\xff\xfe", b'"\xed\xa0\x80"'])
def test_json_that_is_no_utf8(host: Host, colour: str, body: bytes) -> None:
    """JSON that is no UTF-8 is 400."""
    assert_problem(parse(host, colour, body), 400)


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b'{"a": -Infinity}'])
def test_json_without_nan(host: Host, colour: str, body: bytes) -> None:
    """NaN and Infinity are no JSON (RFC 8259, section 6): 400."""
    assert_problem(parse(host, colour, body), 400)


def test_json_surrogates(host: Host, colour: str) -> None:
    """An escaped lone surrogate is JSON (RFC 8259, section 8.2), and goes out as it came."""
    answer = parse(host, colour, rb'"\ud83d\udc0d \ud83d"')
    assert answer.body == b'{"value":"\xf0\x9f\x90\x8d \\ud83d","type":"str"}'


def test_json_byte_order_mark(host: Host, colour: str) -> None:
    """A byte order mark before JSON is passed over (RFC 8259, section 8.1)."""
    assert parse(host, colour, b"\xef\xbb\xbf[1]").json()["value"] == [1]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-32"])
def test_json_in_other_encodings(host: Host, colour: str, codec: str) -> None:
    """JSON is UTF-8 (RFC 8259, section 8.1): 400 for others."""
    assert_problem(parse(host, colour, "[1]".encode(codec)), 400)


def test_json_nested_too_deep(host: Host, colour: str) -> None:
    """JSON nested deeper than Python goes is 400, and harms nobody."""
    answer = host.request("POST", f"/{colour}/bodies/nested", body=b"[" * 100_000 + b"]" * 100_000)
    assert_problem(answer, 400)
    answer = host.request("POST", f"/{colour}/bodies/nested", body=b"[" * 100 + b"]" * 100)
    assert answer.text == "list"


def test_json_number_too_long(host: Host, colour: str) -> None:
    """A number of more digits than Python converts is 400."""
    assert_problem(parse(host, colour, b"9" * 5000), 400)


def test_json_of_a_megabyte(host: Host, colour: str) -> None:
    """Large JSON is parsed whole."""
    body = json.dumps(["x" * 1000] * 1000).encode()
    assert len(parse(host, colour, body).json()["value"]) == 1000


# Text.


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", "é🐍".encode()),
        ("", "é🐍".encode()),
        ("text/plain; charset=iso-8859-1", "é".encode("latin-1")),
        ('text/plain; Charset="UTF-16"', "é🐍".encode("utf-16")),
        ("text/plain; format=flowed; charset=cp1252", "€".encode("cp1252")),
    ],
)
def test_text_charset(host: Host, colour: str, content_type: str, body: bytes) -> None:
    """`text` is decoded by the charset of the Content-Type, by UTF-8 where it names none."""
    answer = host.request("POST", f"/{colour}/bodies/text", [("Content-Type", content_type)], body)
    charset = content_type.lower().partition("charset=")[2].strip('"') or "utf-8"
    assert answer.text == body.decode(charset)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"\xff"),
        ("text/plain; charset=ascii", b"\x80"),
        ("text/plain; charset=klingon", b"x"),
        ("text/plain; charset=base64", b"x"),
        ("text/plain; charset=", b"\xff"),
    ],
)
def test_text_that_can_not_be_decoded(
    host: Host, colour: str, content_type: str, body: bytes
) -> None:
    """Text that is not in its charset, or a charset that is unknown or no charset, is 400."""
    answer = host.request("POST", f"/{colour}/bodies/text", [("Content-Type", content_type)], body)
    assert_problem(answer, 400)


def test_text_keeps_line_breaks(host: Host, colour: str) -> None:
    """Line breaks and a byte order mark are part of the text."""
    body = "\ufeffa\r\nb\rc\n".encode()
    assert host.request("POST", f"/{colour}/bodies/text", body=body).body == body
