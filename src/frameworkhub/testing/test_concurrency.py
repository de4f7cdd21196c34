"""Sync and async handlers beside each other: neither holds the other up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import frameworkhub as hub

from .answers import Answer
from .hosts import Host
from .test_streams import new_run
from .waiting import together


def get(host: Host, *targets: str) -> list[Answer]:
    """The answers to requests sent at the same time."""
    return together(partial(host.get, target) for target in targets)


def test_thirty_at_once(host: Host, colour: str) -> None:
    """Thirty handlers are at work at the same time: each waits until all have come."""
    answers = get(host, *[f"/{colour}/concurrency/meet/{new_run()}/30"] * 30)
    assert [answer.json() for answer in answers] == [True] * 30


def test_blocking_handlers_hold_up_no_async_one(host: Host) -> None:
    """While sync handlers block, async ones are answered: the former wait for the latter."""
    name = new_run()
    block, quick = (f"/{colour}/concurrency/meet/{name}/5" for colour in ("sync", "async"))
    answers = get(host, block, block, block, quick, quick)
    assert [answer.json() for answer in answers] == [True] * 5


def test_one_event_loop(host: Host) -> None:
    """All async handlers of a process run on one loop, request after request."""
    loops = {answer.json()["loop"] for answer in get(host, *["/async/concurrency/place"] * 10)}
    loops.add(host.get("/async/concurrency/place").json()["loop"])
    assert len(loops) == 1 and None not in loops


def test_streams_run_on_the_same_loop(host: Host) -> None:
    """An async stream runs on the loop of the handlers."""
    loop = host.get("/async/concurrency/place").json()["loop"]
    assert host.get("/async/concurrency/stream-place").text.split()[1] == str(loop)


def test_sync_handlers_run_outside_the_loop(host: Host) -> None:
    """Sync handlers and streams run in threads where no event loop runs."""
    loop_thread = host.get("/async/concurrency/place").json()["thread"]
    for _ in range(3):
        place = host.get("/sync/concurrency/place").json()
        assert place["loop"] is None and place["thread"] != loop_thread
        thread, loop = host.get("/sync/concurrency/stream-place").text.split()
        assert (loop, thread == str(loop_thread)) == ("None", False)


def test_queue_between_requests(host: Host) -> None:
    """What belongs to an event loop, such as a queue, can be shared by requests."""
    name = new_run()
    take = partial(host.get, f"/async/concurrency/take/{name}")
    put = partial(host.get, f"/async/concurrency/put/{name}/word")
    taken, _ = together([take, put])
    assert taken.text == "word"


def test_lock_between_requests(host: Host) -> None:
    """An asyncio.Lock keeps requests apart."""
    name = new_run()
    answers = get(host, *[f"/async/concurrency/lock/{name}"] * 10)
    assert [answer.json() for answer in answers] == [True] * 10


class Peak:
    """How many were inside at once; each waits until there are as many as there should be."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.changed = threading.Condition()

    def visit(self, expected: int) -> None:
        with self.changed:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most >= expected, 30)
        time.sleep(0.1)  # One too many would come now.
        with self.changed:
            self.inside -= 1


def test_size_of_the_thread_pool(carry: Callable[..., Host]) -> None:
    """`App(threads=N)` bounds the sync handlers on an async host; WSGI servers bring their own."""
    app, peak = hub.App(threads=2), Peak()

    @app.get("/")
    def handler(request: hub.Request) -> str:
        peak.visit(expected)
        return "done"

    host = carry(app)
    expected = 6 if host.spec.interface == "wsgi" else 2
    assert [answer.text for answer in get(host, *["/"] * 6)] == ["done"] * 6
    assert peak.most == expected
