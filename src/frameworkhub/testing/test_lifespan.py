"""Start and stop: `@app.lifespan`, once per process, on every host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest

import frameworkhub as hub

from .hosts import AsgiHost, Host, ProcessHost, Spec
from .hosts import carry as make
from .inprocess import AsgiServer
from .waiting import together

Carry = Callable[..., Host]


class Watched:
    """An app whose lifespans tell what they do."""

    def __init__(self) -> None:
        self.app = hub.App(name="watched")
        self.events: list[str] = []
        self.app.get("/")(self.handler)

    def handler(self, request: hub.Request) -> Any:
        self.events.append("request")
        return getattr(request.app.state, "made", None)

    def sync(self, name: str) -> None:
        @self.app.lifespan
        def lifespan(app: hub.App) -> Iterator[None]:
            self.events.append(f"start {name}")
            app.state.made = name
            yield
            self.events.append(f"stop {name}")

    def asynchronous(self, name: str) -> None:
        @self.app.lifespan
        async def lifespan(app: hub.App) -> AsyncIterator[None]:
            await asyncio.sleep(0)
            self.events.append(f"start {name}")
            app.state.made = name
            yield
            await asyncio.sleep(0)
            self.events.append(f"stop {name}")


def test_order_of_lifespans(spec: Spec, carry: Carry) -> None:
    """They start in order before the first request, sync and async, and stop in reverse."""
    watched = Watched()
    watched.sync("one")
    watched.asynchronous("two")
    watched.sync("three")
    host = make(spec, watched.app)
    host.start()
    assert watched.events == ["start one", "start two", "start three"]
    assert host.get("/").text == "three"
    host.stop()
    assert watched.events[3:] == ["request", "stop three", "stop two", "stop one"]


def test_lifespans_of_included_apps(carry: Carry) -> None:
    """Those of an included app run as well, after the including one's, with the outer app."""
    watched, inner = Watched(), hub.App(name="inner")
    watched.sync("outer")

    @inner.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        watched.events.append(f"start inner in {app.name}, after {app.state.made}")
        yield

    watched.app.include(inner, "/inner")
    carry(watched.app)
    assert watched.events == ["start outer", "start inner in watched, after outer"]


def test_failing_start_stops_what_has_started(spec: Spec, carry: Carry) -> None:
    """Where one fails, those before it are stopped, and the host does not start."""
    watched = Watched()
    watched.sync("one")
    watched.asynchronous("two")

    @watched.app.lifespan
    def failing(app: hub.App) -> Iterator[None]:
        raise RuntimeError("no database today")
        yield

    host = make(spec, watched.app)
    with pytest.raises(Exception, match="no database today"):
        host.start()
    assert watched.events == ["start one", "start two", "stop two", "stop one"]
    if isinstance(host, AsgiHost):
        host.server.loop.stop()


def test_failing_stop_stops_the_others(spec: Spec, carry: Carry) -> None:
    """Where one fails to stop, the others are stopped all the same, and the error is raised."""
    watched = Watched()
    watched.sync("one")

    @watched.app.lifespan
    def failing(app: hub.App) -> Iterator[None]:
        yield
        raise RuntimeError("can't stop")

    watched.asynchronous("three")
    host = make(spec, watched.app)
    host.start()
    with pytest.raises(Exception, match="can't stop"):
        host.stop()
    assert watched.events[-2:] == ["stop three", "stop one"]


def test_host_that_starts_nothing(spec: Spec, carry: Carry) -> None:
    """Where the host runs no lifespan, the first request starts the app, once."""
    watched = Watched()
    watched.sync("one")
    watched.asynchronous("two")
    host = make(spec, watched.app)
    if spec.interface not in ("wsgi", "asgi"):
        host.start()
    answers = together([partial(host.get, "/")] * 5)
    assert [answer.text for answer in answers] == ["two"] * 5
    assert watched.events == ["start one", "start two", *["request"] * 5]
    _stop(host, watched.app)
    assert watched.events[-2:] == ["stop two", "stop one"]


def _stop(host: Host, app: hub.App) -> None:
    if isinstance(host, AsgiHost):
        server: AsgiServer = host.server
        server.loop.run(app.lifecycle.ashutdown())
        server.loop.stop()
    else:
        host.stop()


def test_start_again(spec: Spec, carry: Carry) -> None:
    """An app that has been stopped can be started again."""
    watched = Watched()
    watched.sync("one")
    for _ in range(2):
        host = make(spec, watched.app)
        host.start()
        assert host.get("/").text == "one"
        host.stop()
    assert watched.events == ["start one", "request", "stop one"] * 2


def test_sync_lifespan_blocks_no_loop(carry: Carry) -> None:
    """Sync lifespans run outside of any event loop; async ones on that of the handlers."""
    app, places = hub.App(), dict[str, Any]()

    @app.lifespan
    def sync(app: hub.App) -> Iterator[None]:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        yield

    @app.lifespan
    async def asynchronous(app: hub.App) -> AsyncIterator[None]:
        places["loop"] = asyncio.get_running_loop()
        yield

    @app.get("/")
    async def handler(request: hub.Request) -> bool:
        return asyncio.get_running_loop() is places["loop"]

    assert carry(app).get("/").json() is True


def test_lifespan_of_a_process(
    serve: Callable[[str], ProcessHost], log: Callable[[], list[str]]
) -> None:
    """A server process starts the app before its first request, and stops it when it ends."""
    host = serve("frameworkhub.testing.lifespans:app")
    started = ["start sync", "start async", "start included"]
    assert log() == started
    made = ["sync", "async", "included"]
    assert host.get("/sync").json() == made
    assert host.get("/async").json() == {"made": made, "same loop": True}
    host.stop()
    stopped = ["stop included", "stop async", "stop sync"]
    assert log() == [*started, "request", "request", *stopped]


def test_failing_start_of_a_process(
    serve: Callable[[str], ProcessHost], log: Callable[[], list[str]]
) -> None:
    """A start that fails ends the server process with an error, which it prints."""
    with pytest.raises(RuntimeError, match="no database today"):
        serve("frameworkhub.testing.lifespans:failing")
    assert log() == ["start one", "stop one"]
