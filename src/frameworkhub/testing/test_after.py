"""Work after the response: `request.after`."""

from __future__ import annotations

import pytest

from .hosts import Host
from .test_streams import new_run
from .waiting import is_logged, wait_event


def noted(host: Host, run: str) -> list[str]:
    """What the request noted, in its order."""
    events = [event.partition(" ") for event in host.events()]
    return [what for name, _, what in events if name == run]


def test_after(host: Host, colour: str) -> None:
    """Sync and async functions run in the order of the calls, with their arguments."""
    run = new_run()
    assert host.get(f"/{colour}/after/order/{run}").text == "answered"
    assert wait_event(host, f"{run} three twice")
    assert noted(host, run) == ["one", "two", "three twice"]


@pytest.mark.parametrize("kind", ["slow", "aslow"])
def test_after_comes_after_the_response(host: Host, colour: str, kind: str) -> None:
    """The client has the whole response before the work is done."""
    run = new_run()
    with host.exchange("GET", f"/{colour}/after/{kind}/{run}") as exchange:
        assert b"".join(iter(exchange.read, b"")) == b"answered"
        assert noted(host, run) == []
    assert wait_event(host, f"{run} slow")


def test_error_after_the_response(
    host: Host, colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An error there is logged with its traceback; what comes next is done all the same."""
    run = new_run()
    assert host.get(f"/{colour}/after/fail/{run}").text == "answered"
    assert wait_event(host, f"{run} still done")
    assert is_logged(host, caplog, f"{run} after", f"{run} async after", "Traceback")


def test_after_a_stream(host: Host, colour: str) -> None:
    """After a stream it is done when the stream is closed; it can be asked for in mid-stream."""
    run = new_run()
    answer = host.get(f"/{colour}/after/stream/{run}")
    assert (answer.text, answer.complete) == ("one two", True)
    assert wait_event(host, f"{run} after")
    assert noted(host, run) == ["closed", "after"]


@pytest.mark.parametrize(
    ("kind", "status"), [("error", 500), ("http-error", 404), ("nothing", 204), ("broken", 200)]
)
def test_after_other_answers(host: Host, colour: str, kind: str, status: int) -> None:
    """It is done after errors, empty answers and broken streams as well."""
    run = new_run()
    assert host.get(f"/{colour}/after/{kind}/{run}").status == status
    assert wait_event(host, f"{run} done")


def test_after_head(host: Host, colour: str) -> None:
    """It is done after the answer to HEAD."""
    run = new_run()
    assert host.request("HEAD", f"/{colour}/after/order/{run}").body == b""
    assert wait_event(host, f"{run} three twice")


def test_request_after_the_response(host: Host, colour: str) -> None:
    """The request can still be read then: body, method and fields."""
    run = new_run()
    # Large enough to be spooled to disk.
    host.request("POST", f"/{colour}/after/body/{run}", body=b"x" * 2_000_000)
    assert wait_event(host, f"{run} POST 2000000")


def test_after_runs_once(host: Host, colour: str) -> None:
    """Each call runs once, and none of the request before."""
    runs = [new_run() for _ in range(3)]
    for run in runs:
        host.get(f"/{colour}/after/order/{run}")
    for run in runs:
        assert wait_event(host, f"{run} three twice")
        assert len(noted(host, run)) == 3
