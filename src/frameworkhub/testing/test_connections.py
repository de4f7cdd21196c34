"""What stands between messages on a connection: framing, keep-alive, interim answers."""

from __future__ import annotations

import pytest

from .answers import all_of
from .hosts import Host
from .wire import Wire

HOST = b"Host: x\r\n"


def get(colour: str, path: str, *lines: bytes, method: bytes = b"GET") -> bytes:
    """The bytes of a request without a body."""
    head = method + f" /{colour}{path} HTTP/1.1\r\n".encode()
    return head + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(colour: str, path: str, body: bytes, *lines: bytes) -> bytes:
    """The bytes of a request with a body."""
    length = b"Content-Length: %d" % len(body)
    return get(colour, path, length, *lines, method=b"POST") + body


def assert_alive(wire: Wire, colour: str) -> None:
    """The connection is in order: the next request on it gets its own answer."""
    wire.send(get(colour, "/paths/static"))
    answer = wire.answer()
    assert (answer.status, answer.json()["label"]) == (200, "static")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/paths/static", 200),
        ("GET", "/returned/none", 204),
        ("GET", "/returned/str-empty", 200),
        ("GET", "/responses/status/304", 304),
        ("GET", "/responses/status/599", 599),
        ("GET", "/responses/redirect?to=/x", 302),
        ("GET", "/responses/large/1048576", 200),
        ("GET", "/nowhere", 404),
        ("DELETE", "/methods/get", 405),
        ("GET", "/paths/str/%FF", 400),
        ("GET", "/errors/raise/unhandled", 500),
        ("GET", "/errors/raise/detail", 409),
        ("HEAD", "/methods/get", 200),
        ("HEAD", "/methods/own", 200),
        ("HEAD", "/methods/stream", 200),
        ("HEAD", "/methods/counted-stream", 200),
        ("HEAD", "/nowhere", 404),
        ("OPTIONS", "/methods/get", 204),
        ("GET", "/methods/counted-stream", 200),
    ],
)
def test_connection_lives_on(
    wire_host: Host, colour: str, method: str, path: str, status: int
) -> None:
    """After each kind of answer the connection takes the next request, unless it said `close`."""
    with wire_host.wire() as wire:
        for _ in range(2):
            wire.send(get(colour, path, method=method.encode()))
            answer = wire.answer(method)
            assert (answer.status, answer.complete) == (status, True)
            if answer.header("connection") == "close":
                assert wire.at_end()
                return
        assert_alive(wire, colour)


@pytest.mark.parametrize("path", ["/bodies/echo", "/bodies/json", "/forms/show"])
def test_connection_lives_after_a_body(wire_host: Host, colour: str, path: str) -> None:
    """After a request with a body, well-formed or not, the connection takes the next one."""
    with wire_host.wire() as wire:
        for body in (b"{}", b"", b"{malformed", b"x" * 100_000):
            wire.send(post(colour, path, body, b"Content-Type: application/json"))
            assert wire.answer().complete
        assert_alive(wire, colour)


@pytest.mark.parametrize(
    ("method", "path"),
    [(b"POST", "/bodies/ignored"), (b"POST", "/nowhere"), (b"PUT", "/bodies/text")],
)
def test_connection_after_an_unread_body(
    wire_host: Host, colour: str, method: bytes, path: str
) -> None:
    """A body that nobody reads is never taken for the next request: skipped, or the end."""
    smuggled = get(colour, "/methods/get") * 50
    with wire_host.wire() as wire:
        wire.send(get(colour, path, b"Content-Length: %d" % len(smuggled), method=method))
        wire.send(smuggled)
        answer = wire.answer()
        assert answer.status in (200, 404, 405)
        assert_next_or_end(wire, colour)


def assert_next_or_end(wire: Wire, colour: str) -> None:
    """The next request gets its own answer, or the server has closed the connection."""
    try:
        wire.send(get(colour, "/paths/static"))
        answer = wire.answer()
    except (EOFError, ConnectionError):
        return
    assert answer.json()["label"] == "static"


def test_connection_after_413(wire_host: Host, colour: str) -> None:
    """After 413 the rest of the body is never taken for a request."""
    with wire_host.wire() as wire:
        wire.send(post(colour, "/bodies/small", get(colour, "/methods/get") * 50))
        assert wire.answer().status == 413
        assert_next_or_end(wire, colour)


def test_many_requests_on_one_connection(wire_host: Host, colour: str) -> None:
    """A connection serves fifty requests, one after the other."""
    with wire_host.wire() as wire:
        for number in range(50):
            wire.send(get(colour, f"/paths/int/{number}"))
            assert wire.answer().json()["params"] == {"value": number}


def test_pipelined_requests(wire_host: Host, colour: str) -> None:
    """Requests sent without waiting are answered in their order."""
    with wire_host.wire() as wire:
        wire.send(b"".join(get(colour, f"/paths/int/{number}") for number in range(5)))
        for number in range(5):
            assert wire.answer().json()["params"] == {"value": number}


def test_pipelined_bodies(wire_host: Host, colour: str) -> None:
    """Each of several requests sent at once gets its own body."""
    with wire_host.wire() as wire:
        bodies = [b"first", b"", b"third" * 100]
        wire.send(b"".join(post(colour, "/bodies/echo", body) for body in bodies))
        for body in bodies:
            assert wire.answer().body == body


def test_connection_close(wire_host: Host, colour: str) -> None:
    """`Connection: close` is honoured."""
    with wire_host.wire() as wire:
        wire.send(get(colour, "/returned/str", b"Connection: close"))
        answer = wire.answer()
        assert (answer.status, answer.complete, wire.at_end()) == (200, True, True)


def test_expect_continue(wire_host: Host, colour: str) -> None:
    """A client that waits for 100 gets it, sends its body, and gets its answer."""
    with wire_host.wire() as wire:
        lines = (b"Content-Length: 5", b"Expect: 100-continue")
        wire.send(get(colour, "/bodies/echo", *lines, method=b"POST"))
        assert wire.head().status == 100
        wire.send(b"hello")
        answer = wire.answer()
        assert (answer.status, answer.body) == (200, b"hello")


def test_expect_continue_too_large(wire_host: Host, colour: str) -> None:
    """A client that waits for 100 with too large a body is told 413 instead of sending it."""
    with wire_host.wire() as wire:
        lines = (b"Content-Length: 5000", b"Expect: 100-continue")
        wire.send(get(colour, "/bodies/small", *lines, method=b"POST"))
        assert wire.answer().status == 413


def test_http_1_0(wire_host: Host, colour: str) -> None:
    """A client of HTTP/1.0 gets the whole body, and the end of the connection."""
    with wire_host.wire() as wire:
        wire.send(f"GET /{colour}/returned/bytes HTTP/1.0\r\n\r\n".encode())
        answer = wire.answer()
        assert (answer.status, answer.body) == (200, bytes(range(256)))
        assert wire.at_end()


def test_http_1_0_is_told(wire_host: Host, colour: str) -> None:
    """`http_version` is the client's."""
    with wire_host.wire() as wire:
        wire.send(f"GET /{colour}/target HTTP/1.0\r\nHost: example.org\r\n\r\n".encode())
        answer = wire.answer().json()
        assert (answer["http_version"], answer["host"]) == ("1.0", "example.org")


def test_http_1_0_stream(wire_host: Host, colour: str) -> None:
    """A stream to a client of HTTP/1.0 is not chunked: it ends with the connection."""
    with wire_host.wire() as wire:
        wire.send(f"GET /{colour}/methods/stream HTTP/1.0\r\n\r\n".encode())
        answer = wire.answer()
        assert all_of(answer.headers, "transfer-encoding") == []
        assert answer.body == b"onetwo"


def test_http_1_0_without_a_host(wire_host: Host, colour: str) -> None:
    """Without a Host field, `host` is the server's own name."""
    with wire_host.wire() as wire:
        wire.send(f"GET /{colour}/target HTTP/1.0\r\n\r\n".encode())
        host = wire.answer().json()["host"]
        assert host and host.rpartition(":")[2] == wire_host.netloc.rpartition(":")[2]


@pytest.mark.parametrize("garbage", [b"\0\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n"])
def test_garbage_harms_nobody(wire_host: Host, colour: str, garbage: bytes) -> None:
    """What is no HTTP is refused or dropped, and the next client is served."""
    with wire_host.wire() as wire:
        wire.send(garbage)
        wire.finish_sending()
        assert b" 200 " not in b"".join(iter(lambda: _some(wire), b""))
    assert wire_host.get(f"/{colour}/paths/static").status == 200


def _some(wire: Wire) -> bytes:
    try:
        return wire.read_some()
    except ConnectionResetError:
        return b""
