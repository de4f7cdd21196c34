"""What a request held is given back at once, and not when the garbage collector comes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .hosts import Host
from .test_streams import new_run
from .waiting import wait_until

BODIES = {
    "json": ("application/json", b'{"a": 1}'),
    "form": ("application/x-www-form-urlencoded", b"a=1"),
}
TIMES = 5


@pytest.fixture
def no_collector(host: Host) -> Iterator[None]:
    """The serving process has no garbage collection meanwhile."""
    host.request("POST", "/freed/collector/off")
    yield
    host.request("POST", "/freed/collector/on")


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("kind", ["text", "native", "json", "form", "stream", "later"])
def test_answered_requests_are_freed(host: Host, colour: str, kind: str) -> None:
    """After the answer nothing has the request any more: it is in no cycle, and nobody's."""
    run = new_run()
    target = f"/{colour}/freed/{kind}/{run}"
    for _ in range(TIMES):
        if kind in BODIES:
            media, body = BODIES[kind]
            answer = host.request("POST", target, [("Content-Type", media)], body)
        else:
            answer = host.get(target)
        assert answer.status in (200, 201)
    assert host.get(f"/freed/count/{run}").json()[0] == TIMES
    assert wait_until(lambda: host.get(f"/freed/count/{run}").json() == [TIMES, 0])
