"""When the client goes, what works for it ends, and leaves nothing behind."""

from __future__ import annotations

import pytest

from . import leaks
from .hosts import Host
from .test_streams import new_run
from .waiting import is_logged, settled, wait_event


def leave(host: Host, target: str) -> None:
    """Take the first chunk, then go."""
    with host.exchange("GET", target) as exchange:
        assert exchange.read()


def test_generator_is_closed_between_chunks(host: Host, colour: str) -> None:
    """When the client goes, the generator is closed where it stands: its `finally` runs."""
    run = new_run()
    leave(host, f"/{colour}/disconnect/between/{run}")
    assert wait_event(host, f"{run} closed, gone: True")


def test_generator_that_waits_is_closed(host: Host, colour: str) -> None:
    """An async generator that waits is closed at once, a sync one as soon as it yields again."""
    run = new_run()
    leave(host, f"/{colour}/disconnect/waiting/{run}")
    assert wait_event(host, f"{run} closed, gone: True")


def test_custom_iterator_is_closed(host: Host, colour: str) -> None:
    """An iterator's `close` or `aclose` is called when the client goes."""
    run = new_run()
    leave(host, f"/{colour}/streams/iterator/{run}/10000000")
    assert wait_event(host, f"{run} closed")
    assert host.events().count(f"{run} closed") == 1
    host.request("POST", "/probe/reset")


def test_generator_of_a_slow_reader_is_closed(host: Host, colour: str) -> None:
    """A generator that is held up by backpressure is closed as well."""
    run = new_run()
    with host.exchange("GET", f"/{colour}/streams/endless/{run}") as exchange:
        assert exchange.read()
        settled(lambda: host.counted(f"endless {run}"))
    assert wait_event(host, f"{run} endless closed")


def test_work_after_the_response_is_done(host: Host, colour: str) -> None:
    """What `request.after` put off is done though the client went, once the stream is closed."""
    run = new_run()
    leave(host, f"/{colour}/disconnect/between/{run}")
    assert wait_event(host, f"{run} after")
    events = host.events()
    assert events.index(f"{run} closed, gone: True") < events.index(f"{run} after")


def test_client_that_goes_is_no_error(
    host: Host, colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that goes is nothing to log as an error."""
    run = new_run()
    leave(host, f"/{colour}/disconnect/between/{run}")
    assert wait_event(host, f"{run} after")
    broken = f"/{colour}/streams/fail/0/{run}"
    host.get(broken)
    assert is_logged(host, caplog, f"the stream broke {run}")
    assert not is_logged(host, caplog, f"/{colour}/disconnect/between/{run}", bound=0)


def test_client_that_is_there(host: Host, colour: str) -> None:
    """`request.is_disconnected` is False while the client is there."""
    assert host.get(f"/{colour}/disconnect/here").text == "False False"


def test_is_disconnected(wire_host: Host, colour: str) -> None:
    """`request.is_disconnected` tells a working handler that its client has gone."""
    run = new_run()
    with wire_host.wire() as wire:
        wire.request("GET", f"/{colour}/disconnect/polling/{run}")
        assert wait_event(wire_host, f"{run} begun, gone: False")
    assert wait_event(wire_host, f"{run} ended, gone: True")


def test_client_that_never_reads(wire_host: Host, colour: str) -> None:
    """A client that goes before it reads anything leaves no generator open."""
    run = new_run()
    with wire_host.wire() as wire:
        wire.request("GET", f"/{colour}/disconnect/between/{run}")
        assert wait_event(wire_host, f"{run} begun")
    assert wait_event(wire_host, f"{run} closed, gone: True")


def test_disconnects_leak_nothing(host: Host, colour: str) -> None:
    """Clients that go leave no thread, task or open file behind."""
    before = host.state()
    for _ in range(20):
        leave(host, f"/{colour}/disconnect/between/{new_run()}")
    leaks.check(host, before)


def test_host_works_after_disconnects(host: Host, colour: str) -> None:
    """More clients may go than there are threads: none of them keeps one."""
    for _ in range(45):
        leave(host, f"/{colour}/disconnect/between/{new_run()}")
    assert host.get(f"/{colour}/disconnect/here").status == 200
