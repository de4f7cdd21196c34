"""Options, fixtures and gaps of the conformance suite."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

import frameworkhub as hub

from . import gaps, hosts, leaks, lifespans, options
from .app import COLOURS
from .hosts import Host, Spec
from .reporting import function_of, is_homeless, spec_of

HERE = Path(__file__).parent
SPECS = pytest.StashKey[list[Spec]]()
# The fixtures over hosts, and which hosts they want.
WANTED: dict[str, Callable[[Spec], bool]] = {
    "websocket_wire_host": lambda spec: spec.websocket and bool(spec.server),
    "serve_websocket": lambda spec: spec.websocket and bool(spec.server),
    "serve": lambda spec: bool(spec.server),
    "plugged": lambda spec: spec.framework != options.BARE or bool(spec.server),
    "framework": lambda spec: spec.framework != options.BARE and not spec.server,
    "wire_host": lambda spec: bool(spec.server),
    "websocket_host": lambda spec: spec.websocket,
    "carry": lambda spec: not spec.server,
    "host": lambda spec: True,
}


def _specs(config: pytest.Config) -> list[Spec]:
    if SPECS not in config.stash:
        names, servers = config.getoption("--hub-adapter"), config.getoption("--hub-server")
        with_bare = not config.getoption("--hub-no-bare")
        config.stash[SPECS] = hosts.specs(names, servers, with_bare)
    return config.stash[SPECS]


def _check_enough(config: pytest.Config) -> None:
    specs = _specs(config)
    if not specs:
        raise pytest.UsageError("no adapter is installed, and --hub-no-bare: nothing to test")
    served = {spec.variant for spec in specs if spec.server or spec.helper}
    for spec in specs:
        callable_here = spec.interface in ("wsgi", "asgi")
        chosen = spec.framework == options.BARE or config.getoption("--hub-server")
        if spec.variant not in served and not (callable_here and chosen):
            raise pytest.UsageError(f"no installed server runs {spec.variant}: install one")


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    specs = _specs(config)
    lines = [f"frameworkhub: {', '.join(spec.id for spec in specs)}"]
    if not any(spec.server for spec in specs):
        lines.append("frameworkhub: no server: THE TESTS THAT NEED A SOCKET DO NOT RUN")
    return lines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = next((WANTED[name] for name in WANTED if name in metafunc.fixturenames), None)
    if wanted is not None:
        chosen = [spec for spec in _specs(metafunc.config) if wanted(spec)]
        # With no host at all there is one placeholder, which is deselected, as the report tells.
        params: list[Spec | None] = [*chosen] or [None]
        ids = [spec.id if spec else "no-host" for spec in params]
        metafunc.parametrize("spec", params, ids=ids, indirect=True)


def _param(item: pytest.Item, name: str) -> Any:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get(name) if callspec is not None else None


def _is_ours(item: pytest.Item) -> bool:
    return item.path.parent == HERE


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _check_enough(config)
    ours = [item for item in items if _is_ours(item)]
    homeless = [item for item in ours if is_homeless(item)]
    config.hook.pytest_deselected(items=homeless)
    order: dict[Spec | None, int] = {spec: i for i, spec in enumerate(_specs(config))}
    # One host after the other, so that each is started once.
    kept = [item for item in items if item not in homeless]
    items[:] = sorted(kept, key=lambda item: order.get(spec_of(item), -1))
    for item in ours:
        item.add_marker(pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD"))
    try:
        _apply_gaps([item for item in items if item in ours])
    except gaps.GapError as error:
        raise pytest.UsageError(str(error)) from error


def _apply_gaps(items: list[pytest.Item]) -> None:
    for item in items:
        if spec := spec_of(item):
            test = function_of(item)
            colour = _param(item, "colour")
            for gap in gaps.of_spec(spec):
                if gap.covers(test, colour, spec):
                    item.add_marker(pytest.mark.xfail(reason=gap.reason, strict=True))


@pytest.fixture(params=COLOURS)
def colour(request: pytest.FixtureRequest) -> str:
    """The colour of the handlers: the first part of their paths."""
    return str(request.param)


@pytest.fixture(scope="session")
def spec(request: pytest.FixtureRequest) -> Spec:
    """The variant and its transport."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def served(spec: Spec) -> Iterator[Host]:
    """The conformance app on the host, started once for all tests, and warm."""
    host = hosts.make_host(spec)
    host.start()
    try:
        leaks.warm_up(host)
        yield host
    finally:
        host.stop()


@pytest.fixture(scope="module")
def host(served: Host) -> Iterator[Host]:
    """Every variant by every transport; nothing may leak while a module's tests run."""
    before = served.state()
    yield served
    leaks.check(served, before)


@pytest.fixture
def wire_host(host: Host) -> Host:
    """Only what listens on a socket of its own, for raw bytes: `wire_host.wire()`."""
    return host


@pytest.fixture
def websocket_host(host: Host) -> Host:
    """Only what carries WebSockets."""
    return host


@pytest.fixture
def websocket_wire_host(host: Host) -> Host:
    """Only what carries WebSockets on a socket of its own."""
    return host


@pytest.fixture
def framework(spec: Spec) -> Spec:
    """Only variants of frameworks, in process: for `App.on` and `App.attach`."""
    return spec


@pytest.fixture
def plugged(spec: Spec) -> Spec:
    """Only where a plugin is at work, for what needs no app on it."""
    return spec


@pytest.fixture
def serve(spec: Spec) -> Iterator[Callable[[str], hosts.ProcessHost]]:
    """`serve("module:app")`: a server process of the test's own; stopped, if the test has not."""
    made: list[hosts.ProcessHost] = []

    def start(app: str) -> hosts.ProcessHost:
        host = hosts.ProcessHost(spec, app)
        made.append(host)
        host.start()
        return host

    yield start
    for host in made:
        if host.process.poll() is None:
            host.stop()


@pytest.fixture
def serve_websocket(
    serve: Callable[[str], hosts.ProcessHost],
) -> Callable[[str], hosts.ProcessHost]:
    """`serve`, only where WebSockets are carried."""
    return serve


@pytest.fixture
def carry(spec: Spec) -> Iterator[Callable[..., Host]]:
    """`carry(app, native=None)`: the in-process host of an app of the test's own, started."""
    started: list[Host] = []

    def start(app: hub.App, native: Any = None) -> Host:
        host = hosts.carry(spec, app, native)
        host.start()
        started.append(host)
        return host

    yield start
    for host in reversed(started):
        host.stop()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the apps of `lifespans` wrote so far."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv(lifespans.LOG, str(path))
    return lambda: [line.partition(" ")[2] for line in path.read_text().splitlines()]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    host = getattr(item, "funcargs", {}).get("host")
    if report.failed and _is_ours(item) and isinstance(host, hosts.ProcessHost):
        report.sections.append(("standard error of the server", host.printed()))
    return report
