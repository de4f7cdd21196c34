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
    """Thirty handlers that wait for 0.2 s each are done in far less than six seconds."""
    start = time.monotonic()
    answers = get(host, *[f"/{colour}/concurrency/wait/0.2"] * 30)
    assert [answer.text for answer in answers] == ["done"] * 30
    assert time.monotonic() - start < 2


def test_blocking_handlers_hold_up_no_async_one(host: Host) -> None:
    """While sync handlers block, async ones are answered."""
    took = []

    def quick() -> Answer:
        time.sleep(0.1)
        start = time.monotonic()
        answer = host.get("/async/concurrency/wait/0")
        took.append(time.monotonic() - start)
        return answer

    block = partial(host.get, "/sync/concurrency/wait/0.5")
    calls: list[Callable[[], Answer]] = [block, block, block, quick, quick]
    answers = together(calls)
    assert [answer.text for answer in answers] == ["done"] * 5
    assert max(took) < 0.35


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
    """How many were inside at once."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.lock = threading.Lock()

    def visit(self) -> None:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.1)
        with self.lock:
            self.inside -= 1


def test_size_of_the_thread_pool(carry: Callable[..., Host]) -> None:
    """`App(threads=N)` bounds the sync handlers on an async host; WSGI servers bring their own."""
    app, peak = hub.App(threads=2), Peak()

    @app.get("/")
    def handler(request: hub.Request) -> str:
        peak.visit()
        return "done"

    host = carry(app)
    assert [answer.text for answer in get(host, *["/"] * 6)] == ["done"] * 6
    assert peak.most == (6 if host.spec.interface == "wsgi" else 2)
