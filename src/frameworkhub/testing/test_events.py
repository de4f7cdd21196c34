"""Server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json

import pytest

from .handlers.events import INJECTIONS
from .hosts import Host
from .test_streams import new_run
from .waiting import wait_event

OPEN = ":\n\n"


def events(host: Host, colour: str, kind: str) -> str:
    """What the stream says after its opening comment."""
    answer = host.get(f"/{colour}/events/kind/{kind}")
    assert (answer.status, answer.complete) == (200, True)
    assert answer.text.startswith(OPEN)
    return answer.text.removeprefix(OPEN)


def test_event_stream_fields(host: Host, colour: str) -> None:
    """An event stream is `text/event-stream`, not cached, and of no declared length."""
    answer = host.get(f"/{colour}/events/kind/text")
    assert answer.all("content-type") == ["text/event-stream"]
    assert answer.all("cache-control") == ["no-cache"]
    assert answer.header("content-length") is None


def test_event_stream_with_own_fields(host: Host, colour: str) -> None:
    """Status and fields may be set; an own Cache-Control wins."""
    answer = host.get(f"/{colour}/events/typed")
    assert (answer.status, answer.header("x-a"), answer.text) == (201, "1", f"{OPEN}data: x\n\n")
    assert answer.all("cache-control") == ["no-store"]


def test_text_events(host: Host, colour: str) -> None:
    """A str is the data of one event, in UTF-8."""
    assert events(host, colour, "text") == "data: plain\n\ndata: é雪\n\n"


def test_lines_of_an_event(host: Host, colour: str) -> None:
    """Each line of the data has its own field; CR LF, CR and LF end a line."""
    assert events(host, colour, "lines") == (
        "data: one\ndata: two\ndata: three\ndata: four\ndata: \n\n"
    )


def test_other_separators_end_no_line(host: Host, colour: str) -> None:
    """What else Python takes for the end of a line is data."""
    assert events(host, colour, "separators") == "data: a\u2028b\u2029c\x85d\x0be\x0cf\n\n"


def test_json_events(host: Host, colour: str) -> None:
    """Anything JSON-able becomes one line of JSON."""
    lines = events(host, colour, "json").split("\n\n")[:-1]
    values = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert values == [{"a": "é", "b": [1, None]}, ["x"], {"amount": 3}]


def test_fields_of_an_event(host: Host, colour: str) -> None:
    """`Event` has a type, an id (it may be empty) and a retry time."""
    assert events(host, colour, "fields") == (
        'event: tick\nid: 7\nretry: 100\ndata: x\n\nid: \ndata: {"n":1}\n\n'
    )


def test_empty_event(host: Host, colour: str) -> None:
    """An event with empty data is sent."""
    assert events(host, colour, "empty") == "data: \n\n"


def test_no_events(host: Host, colour: str) -> None:
    """A stream without events is its opening comment."""
    assert events(host, colour, "none") == ""


def test_comment_comes_first(host: Host, colour: str) -> None:
    """The client learns that the stream is open before there is any event."""
    run = new_run()
    with host.exchange("GET", f"/{colour}/events/gated/{run}") as exchange:
        assert exchange.read() == OPEN.encode()
        host.request("POST", f"/streams/gate/{run}")
        assert b"".join(iter(exchange.read, b"")) == b"data: open\n\n"


def test_last_event_id(host: Host, colour: str) -> None:
    """A client that reconnects tells the last id it saw."""
    target = f"/{colour}/events/last"
    assert host.get(target, ("Last-Event-ID", "41")).text == f"{OPEN}data: 41\n\n"
    assert host.get(target).text == f"{OPEN}data: none\n\n"


@pytest.mark.parametrize("name", INJECTIONS)
def test_injection_into_an_event(host: Host, colour: str, name: str) -> None:
    """A line break in a type or an id, and a NUL in an id, is a ValueError."""
    assert host.get(f"/{colour}/events/injected/{name}").text.startswith("ValueError: ")


def test_source_of_events_is_closed(host: Host, colour: str) -> None:
    """When the client goes, the generator that makes the events is closed."""
    run = new_run()
    with host.exchange("GET", f"/{colour}/events/endless/{run}") as exchange:
        seen = b""
        while b"tick" not in seen:
            seen += exchange.read()
    assert wait_event(host, f"{run} closed")


def test_head_of_events(host: Host, colour: str) -> None:
    """HEAD of an event stream ends at once."""
    answer = host.request("HEAD", f"/{colour}/events/endless/{new_run()}")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-type") == "text/event-stream"
