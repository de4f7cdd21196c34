"""Context variables (PEP 567) follow a request through both colours, and never into the next."""

from __future__ import annotations

from functools import partial

import pytest

from .hosts import Host
from .test_streams import new_run
from .waiting import together, wait_event

MIDDLEWARES = ["sync", "async"]


@pytest.mark.parametrize("middleware", MIDDLEWARES)
def test_context_in_a_handler(host: Host, colour: str, middleware: str) -> None:
    """What a middleware of either colour sets, a handler of either colour sees."""
    assert host.get(f"/{colour}/context/{middleware}/handler?user=ann").text == "ann"


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("stream", ["own-stream", "other-stream"])
def test_context_in_a_stream(host: Host, colour: str, middleware: str, stream: str) -> None:
    """A stream sees it as well, and what it sets itself, chunk after chunk, whatever its colour."""
    assert host.get(f"/{colour}/context/{middleware}/{stream}?user=ann").text == "ann stream"


def test_context_in_events(host: Host, colour: str) -> None:
    """So do events."""
    text = host.get(f"/{colour}/context/sync/events?user=ann").text
    assert text == ":\n\ndata: ann \n\ndata: stream\n\n"


def test_context_after_the_response(host: Host, colour: str) -> None:
    """So does what `request.after` puts off."""
    run = new_run()
    assert host.get(f"/{colour}/context/sync/later?user=ann&run={run}").text == "later"
    assert wait_event(host, f"{run} ann")


def test_context_is_reset_by_its_middleware(host: Host, colour: str) -> None:
    """A middleware resets its variable with the token it got: it runs in one context."""
    answer = host.get(f"/{colour}/context/reset/handler?user=ann")
    assert (answer.status, answer.text, answer.header("x-after")) == (200, "ann", "ann")


def test_context_of_a_handler_in_its_middleware(host: Host, colour: str) -> None:
    """A plain middleware sees after its `yield` what the handler has set."""
    answer = host.get(f"/{colour}/context/reset/setting?user=ann")
    assert (answer.status, answer.header("x-after")) == (200, "handler")


def test_context_ends_with_the_request(host: Host, colour: str) -> None:
    """Nothing of it is seen by the next request."""
    for name in ("one", "two", "three"):
        assert host.get(f"/{colour}/context/set/{name}").text == "nobody"
    for other in ("sync", "async"):
        assert host.get(f"/{other}/context/outside").text == "nobody"


def test_context_ends_on_a_kept_connection(wire_host: Host, colour: str) -> None:
    """Nor by the next request on the same connection."""
    with wire_host.wire() as wire:
        for target in ("set/one", "set/two", "sync/own-stream?user=ann", "outside"):
            wire.request("GET", f"/{colour}/context/{target}")
            answer = wire.answer()
            assert answer.text in ("nobody", "ann stream")
            if (answer.header("connection") or "").lower() == "close":
                return


def test_contexts_of_requests_at_once(host: Host, colour: str) -> None:
    """Requests at the same time see each their own."""
    names = [f"user{i}" for i in range(10)]
    targets = [f"/{colour}/context/async/handler?user={name}" for name in names]
    answers = together([partial(host.get, target) for target in targets])
    assert [answer.text for answer in answers] == names
