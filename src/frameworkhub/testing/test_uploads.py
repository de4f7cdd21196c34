"""Streamed requests: `stream=True` gives the body as it arrives, in constant memory."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import pytest

from .handlers.streams import ENDLESS_CHUNK, ENDLESS_CHUNKS
from .hosts import Host
from .test_streams import new_run
from .waiting import is_logged, wait_event

LARGE = ENDLESS_CHUNK * ENDLESS_CHUNKS
GROWTH = 32 * 1024  # KiB
SOON = 2.0  # seconds; a server that buffers uploads lets each test wait for so long


def large() -> Iterator[bytes]:
    return itertools.repeat(b"u" * ENDLESS_CHUNK, ENDLESS_CHUNKS)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_streamed_request(host: Host, colour: str, chunked: bool) -> None:
    """`request.stream` gives the exact bytes, with either framing."""
    body = bytes(range(256)) * 1000
    chunks = [body[i : i + 7000] for i in range(0, len(body), 7000)] if chunked else None
    target = f"/{colour}/uploads/read/{new_run()}"
    answer = host.request("POST", target, body=b"" if chunked else body, chunks=chunks)
    assert answer.json() == {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_empty_streamed_request(host: Host, colour: str) -> None:
    """A request without a body is a stream without chunks."""
    assert host.request("POST", f"/{colour}/uploads/size").json() == 0
    assert host.request("POST", f"/{colour}/uploads/size", chunks=[]).json() == 0


def test_upload_arrives_as_it_is_sent(host: Host, colour: str) -> None:
    """The handler has the first chunk before the client sends the second."""
    run = new_run()
    seen = []

    def chunks() -> Iterator[bytes]:
        yield b"first"
        seen.append(wait_event(host, f"{run} 5", SOON))
        yield b"second"

    answer = host.request("POST", f"/{colour}/uploads/read/{run}", chunks=chunks())
    assert (answer.json()["size"], seen) == (11, [True])


def test_upload_with_a_length_arrives_as_it_is_sent(wire_host: Host, colour: str) -> None:
    """The same for a body with a Content-Length."""
    run = new_run()
    with wire_host.wire() as wire:
        head = (
            f"POST /{colour}/uploads/read/{run} HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n"
        )
        wire.send(head.encode() + b"first")
        assert wait_event(wire_host, f"{run} 5", SOON)
        wire.send(b"second")
        assert wire.answer().json()["size"] == 11


def test_stream_read_twice(host: Host, colour: str) -> None:
    """A stream is read once: after its end there is nothing more."""
    answer = host.request("POST", f"/{colour}/uploads/twice", body=b"body")
    assert answer.json() == ["body", ""]


def test_echo(host: Host, colour: str) -> None:
    """A stream may answer with what it reads."""
    body = b"abc" * 50_000
    answer = host.request("POST", f"/{colour}/uploads/echo", body=body)
    assert (answer.body, answer.complete) == (body.upper(), True)


def test_echo_while_reading(wire_host: Host, colour: str) -> None:
    """The answer's first chunk arrives while the request is still being sent."""
    head = f"POST /{colour}/uploads/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with wire_host.wire() as wire:
        wire.send(head.encode() + b"5\r\nfirst\r\n")
        assert wire.readable(SOON)
        wire.send(b"6\r\nsecond\r\n0\r\n\r\n")
        assert wire.answer().body == b"FIRSTSECOND"


def test_streamed_request_over_the_limit(host: Host, colour: str) -> None:
    """A limit on a streamed route is answered 413, as problem details."""
    target = f"/{colour}/uploads/limited"
    assert host.request("POST", target, body=b"x" * 1000).json() == 1000
    answer = host.request("POST", target, body=b"x" * 1001)
    assert (answer.status, answer.json()["status"]) == (413, 413)


def test_chunked_request_over_the_limit(host: Host, colour: str) -> None:
    """A limit counts the bytes of a chunked request as they come."""
    target = f"/{colour}/uploads/limited"
    assert host.request("POST", target, chunks=[b"x" * 500] * 2).json() == 1000
    assert host.request("POST", target, chunks=[b"x" * 500] * 3).status == 413


def test_limit_by_the_declared_length(wire_host: Host, colour: str) -> None:
    """A Content-Length over the limit is 413 before any of the body was sent."""
    head = f"POST /{colour}/uploads/limited HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"
    with wire_host.wire() as wire:
        wire.send(head.encode())
        assert wire.readable(SOON)
        assert wire.answer().status == 413


@pytest.mark.parametrize("attribute", ["body", "text", "json", "form", "files"])
def test_whole_body_of_a_streamed_request(host: Host, colour: str, attribute: str) -> None:
    """On a streamed route everything that needs the whole body is a RuntimeError."""
    answer = host.request("POST", f"/{colour}/uploads/whole/{attribute}", body=b"1")
    assert "RuntimeError: this route has stream=True" in answer.text


def test_stream_of_an_ordinary_request(host: Host, colour: str) -> None:
    """`request.stream` without `stream=True` is a RuntimeError."""
    assert "stream=True" in host.request("POST", f"/{colour}/uploads/plain", body=b"1").text


def test_upload_that_nobody_reads(wire_host: Host, colour: str) -> None:
    """What a handler leaves unread is never taken for the next request."""
    with wire_host.wire() as wire:
        body = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
        # At once: `wire.request` would not send the body after an early answer.
        head = f"POST /{colour}/uploads/ignored HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
        wire.send(head.encode() + b"\r\n\r\n" + body)
        assert wire.answer().text == "not read"
        if wire.readable(0.2):
            assert wire.at_end()
            return
        wire.request("GET", f"/{colour}/methods/get")
        assert wire.answer().text == "hello"


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_client_gone_in_mid_upload(
    wire_host: Host, colour: str, framing: str, caplog: pytest.LogCaptureFixture
) -> None:
    """When the client goes in mid-upload, reading on raises ClientDisconnect; that is no error."""
    run = new_run()
    head = f"POST /{colour}/uploads/gone/{run} HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n"
    with wire_host.wire() as wire:
        wire.send(head.encode() + b"5\r\nfirst\r\n")
        assert wait_event(wire_host, f"{run} begun", SOON)
    assert wait_event(wire_host, f"{run} ClientDisconnect True")
    assert not is_logged(
        wire_host, caplog, f"error in POST /{colour}/uploads/gone/{run}", bound=0.2
    )


def memory(host: Host) -> int:
    """The most that the serving process held since `POST /probe/reset`, in KiB."""
    peak: int = host.state()["memory"]
    return peak


def test_large_upload_in_constant_memory(wire_host: Host, colour: str) -> None:
    """A 200 MB upload takes the serving process less than 32 MB."""
    wire_host.request("POST", "/probe/reset")
    before = memory(wire_host)
    with wire_host.wire() as wire:
        headers = [("Content-Length", str(LARGE))]
        wire.request("POST", f"/{colour}/uploads/size", headers)
        for chunk in large():
            wire.send(chunk)
        assert wire.answer().json() == LARGE
    assert memory(wire_host) - before < GROWTH


def test_large_chunked_upload_in_constant_memory(wire_host: Host, colour: str) -> None:
    """The same for a chunked upload."""
    wire_host.request("POST", "/probe/reset")
    before = memory(wire_host)
    answer = wire_host.request("POST", f"/{colour}/uploads/size", chunks=large())
    assert answer.json() == LARGE
    assert memory(wire_host) - before < GROWTH


def download(host: Host, target: str) -> int:
    with host.exchange("GET", target) as exchange:
        size = sum(map(len, iter(exchange.read, b"")))
        assert exchange.complete
    return size


def test_large_download_in_constant_memory(wire_host: Host, colour: str) -> None:
    """A 200 MB download takes the serving process less than 32 MB."""
    wire_host.request("POST", "/probe/reset")
    before = memory(wire_host)
    assert download(wire_host, f"/{colour}/streams/endless/{new_run()}") == LARGE
    assert memory(wire_host) - before < GROWTH
