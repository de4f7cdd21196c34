"""Streamed answers: chunk by chunk, with backpressure, and never ended well when they broke."""

from __future__ import annotations

import itertools
import socket

import pytest

from .handlers.streams import ENDLESS_CHUNK, ENDLESS_CHUNKS, PATIENCE
from .hosts import Host
from .waiting import is_logged, settled, wait_event

MB = 2**20
RUNS = itertools.count()


def new_run() -> str:
    """A name for what one test does, which no other test has."""
    return f"run{next(RUNS)}"


def test_stream(host: Host, colour: str) -> None:
    """A generator is a stream of bytes and str (UTF-8); its chunks stand one after the other."""
    answer = host.get(f"/{colour}/streams/mixed")
    assert (answer.status, answer.body, answer.complete) == (200, "é123".encode(), True)
    assert answer.header("content-type") == "application/octet-stream"
    assert answer.header("content-length") is None


def test_stream_in_a_response(host: Host, colour: str) -> None:
    """A stream goes out with the status and the fields of its Response."""
    answer = host.get(f"/{colour}/streams/typed")
    assert (answer.status, answer.body, answer.complete) == (201, b"<p></p>", True)
    assert (answer.header("content-type"), answer.header("x-a")) == ("text/html", "1")


def test_stream_without_chunks(host: Host, colour: str) -> None:
    """A stream that yields nothing is a whole, empty body."""
    answer = host.get(f"/{colour}/streams/none")
    assert (answer.status, answer.body, answer.complete) == (200, b"", True)


def test_chunks_arrive_one_by_one(host: Host, colour: str) -> None:
    """A chunk reaches the client before the next one is made."""
    run = new_run()
    with host.exchange("GET", f"/{colour}/streams/gated/{run}") as exchange:
        assert exchange.read() == b"one"
        assert host.request("POST", f"/streams/gate/{run}").status == 204
        assert b"".join(iter(exchange.read, b"")) == b"two"
        assert exchange.complete


def test_chunks_arrive_while_the_generator_is_busy(wire_host: Host, colour: str) -> None:
    """Even where the generator works from chunk to chunk, and lets no other task run."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        port = listener.getsockname()[1]
        with wire_host.exchange("GET", f"/{colour}/streams/held/{port}") as exchange:
            for sent, released in ((b"one", b"two"), (b"two", b"three")):
                line, _ = listener.accept()  # the generator has gone on, and works now
                with line:
                    assert exchange.read() == sent
                    line.sendall(released)
            assert b"".join(iter(exchange.read, b"")) == b"three"
            assert exchange.complete


def test_backpressure(host: Host, colour: str) -> None:
    """A client that reads slowly holds the generator up: it never runs further than buffers."""
    run = new_run()
    with host.exchange("GET", f"/{colour}/streams/endless/{run}") as exchange:
        assert exchange.read()
        made = settled(lambda: host.counted(f"endless {run}"))
    limit = 40 * MB // ENDLESS_CHUNK if host.is_socket or host.spec.helper else 5
    assert made <= limit < ENDLESS_CHUNKS


def test_slow_reader_gets_all(host: Host, colour: str) -> None:
    """What waited for a slow client is sent as soon as that reads on."""
    run = new_run()
    with host.exchange("GET", f"/{colour}/streams/endless/{run}") as exchange:
        size = len(exchange.read())
        settled(lambda: host.counted(f"endless {run}"))
        while size < 64 * MB:
            size += len(exchange.read())


def test_iterator_is_closed(host: Host, colour: str) -> None:
    """An iterator with `close` or `aclose` is closed once, after its last chunk."""
    run = new_run()
    answer = host.get(f"/{colour}/streams/iterator/{run}")
    assert (answer.body, answer.complete) == (b"chunk chunk chunk ", True)
    assert wait_event(host, f"{run} closed")
    events = [event for event in host.events() if event.startswith(f"{run} ")]
    assert events == [*[f"{run} next"] * 4, f"{run} closed"]


def test_close_that_fails(host: Host, colour: str, caplog: pytest.LogCaptureFixture) -> None:
    """An error in an iterator's `close` is logged; the answer was whole before it."""
    run = new_run()
    answer = host.get(f"/{colour}/streams/stubborn/{run}")
    assert (answer.body, answer.complete) == (b"chunk chunk chunk ", True)
    assert is_logged(host, caplog, f"{run} does not close")


@pytest.mark.parametrize("kind", ["length", "alength"])
def test_stream_with_content_length(host: Host, colour: str, kind: str) -> None:
    """A stream with a declared Content-Length has that framing."""
    answer = host.get(f"/{colour}/streams/{kind}/5/5")
    assert (answer.body, answer.complete) == (b"xxxxx", True)
    assert answer.header("content-length") == "5"
    assert answer.header("transfer-encoding") is None


@pytest.mark.parametrize("kind", ["length", "alength"])
def test_stream_too_short(host: Host, colour: str, kind: str) -> None:
    """A stream shorter than its Content-Length cuts the connection."""
    answer = host.get(f"/{colour}/streams/{kind}/10/5")
    assert (answer.status, answer.complete) == (200, False)
    assert b"xxxxx".startswith(answer.body)


@pytest.mark.parametrize("kind", ["length", "alength"])
def test_stream_too_long(
    host: Host, colour: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a stream longer than its Content-Length no byte too many is sent; the error is logged."""
    with host.exchange("GET", f"/{colour}/streams/{kind}/5/10") as exchange:
        body = b"".join(iter(exchange.read, b""))
        assert (exchange.status, b"xxxxx".startswith(body)) == (200, True)
        assert is_logged(host, caplog, "longer than its Content-Length")


def test_nothing_follows_a_stream_too_long(wire_host: Host, colour: str) -> None:
    """A client never takes the surplus of a stream for the next answer."""
    with wire_host.wire() as wire:
        wire.request("GET", f"/{colour}/streams/length/5/10")
        assert b"xxxxx".startswith(wire.answer().body)
        assert wire.at_end()


def test_error_before_the_first_chunk(
    host: Host, colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream that fails before its first chunk is a clean 500, logged."""
    run = new_run()
    answer = host.get(f"/{colour}/streams/fail/0/{run}")
    assert (answer.status, answer.complete) == (500, True)
    assert answer.json() == {"type": "about:blank", "title": "Internal Server Error", "status": 500}
    assert is_logged(host, caplog, f"the stream broke {run}", "Traceback")
    assert wait_event(host, f"{run} closed")


def test_first_chunk_of_a_wrong_type(host: Host, colour: str) -> None:
    """A first chunk that is neither bytes nor str is a clean 500."""
    answer = host.get(f"/{colour}/streams/not-bytes")
    assert (answer.status, answer.complete) == (500, True)


@pytest.mark.parametrize("after", [1, 100])
def test_error_in_mid_stream(
    host: Host, colour: str, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    """An error after the first chunk cuts the connection, and is logged with its traceback."""
    run = new_run()
    answer = host.get(f"/{colour}/streams/fail/{after}/{run}")
    assert (answer.status, answer.complete) == (200, False)
    assert (b"fine " * after).startswith(answer.body)
    assert is_logged(host, caplog, f"the stream broke {run}", "Traceback")
    assert wait_event(host, f"{run} closed")


def test_connection_ends_after_a_broken_stream(wire_host: Host, colour: str) -> None:
    """After an error in mid-stream there is no further answer on the connection."""
    with wire_host.wire() as wire:
        wire.request("GET", f"/{colour}/streams/fail/3/{new_run()}")
        assert not wire.answer().complete
        assert wire.at_end()


def test_head_never_runs_the_stream(host: Host, colour: str) -> None:
    """HEAD closes the stream without taking a chunk from it."""
    run = new_run()
    answer = host.request("HEAD", f"/{colour}/streams/iterator/{run}")
    assert (answer.status, answer.body) == (200, b"")
    assert wait_event(host, f"{run} closed")
    assert f"{run} next" not in host.events()


def test_connection_lives_after_a_stream(wire_host: Host, colour: str) -> None:
    """After a stream the connection takes the next request, or the server says that it closes."""
    with wire_host.wire() as wire:
        for _ in range(3):
            wire.request("GET", f"/{colour}/streams/mixed")
            answer = wire.answer()
            assert (answer.body, answer.complete) == ("é123".encode(), True)
            if (answer.header("connection") or "").lower() == "close":
                assert wire.at_end()
                return


def test_stream_to_http_1_0(wire_host: Host, colour: str) -> None:
    """HTTP/1.0 has no chunked coding: the stream ends with the connection."""
    with wire_host.wire() as wire:
        wire.send(f"GET /{colour}/streams/mixed HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        answer = wire.answer()
        assert answer.header("transfer-encoding") is None
        assert (answer.body, wire.at_end()) == ("é123".encode(), True)
