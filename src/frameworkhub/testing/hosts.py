"""The hosts that the suite questions: every variant of every adapter, by every transport.

A *variant* is a framework with one of its interfaces (`NAME:wsgi`), or the bare core. A *transport*
is how its requests arrive: in process, or over a socket of an installed server.
"""

from __future__ import annotations

import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Protocol

import attrs

import frameworkhub as hub

from . import websockets
from .answers import Answer, Pairs
from .app import make_app
from .inprocess import NETLOC, AsgiExchange, AsgiServer, Request, WsgiExchange
from .options import BARE as BARE
from .wire import TIMEOUT, BodyReader, Wire

_ADDRESS = re.compile(r"http://([\w.]+):(\d+)")


@attrs.frozen
class Spec:
    """A variant and its transport; `server` is "" in process.

    Attributes:
        framework: the adapter's name, or "bare".
        interface: "wsgi", "asgi", or the framework's own.
        websocket: the variant carries WebSockets by this transport.
        helper: in process, the server that runs a framework with an interface of its own.
    """

    framework: str
    interface: str
    server: str = ""
    websocket: bool = False
    helper: str = ""

    @property
    def variant(self) -> str:
        return f"{self.framework}:{self.interface}"

    @property
    def transport(self) -> str:
        return self.server or "inprocess"

    @property
    def id(self) -> str:
        return f"{self.variant}-{self.transport}"


class Exchange(Protocol):
    """A streamed answer; `complete` tells that the body came to its good end."""

    status: int
    reason: str
    headers: Pairs

    @property
    def complete(self) -> bool: ...

    def read(self) -> bytes:
        """The next arrival, `b""` at the end."""

    def close(self) -> None:
        """The client goes."""


class Host:
    """Something that serves the conformance app, or an app of the test's own.

    Attributes:
        spec: what it is.
        netloc: the `Host` of its requests.
        is_socket: a separate process behind a socket.
    """

    is_socket = False
    netloc = NETLOC

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def start(self) -> None:
        """Raises what makes the start fail."""

    def stop(self) -> None:
        """Ends gracefully; raises if that fails."""

    def open(self, request: Request) -> Exchange:
        raise NotImplementedError

    @contextmanager
    def exchange(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        chunks: Iterable[bytes] | None = None,
    ) -> Iterator[Exchange]:
        """Sends a request, and leaves the answer's body to be read; at the end the client goes."""
        exchange = self.open(Request(method, target, headers, body, chunks))
        try:
            yield exchange
        finally:
            exchange.close()

    def request(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        chunks: Iterable[bytes] | None = None,
    ) -> Answer:
        """The whole answer. `target` is the raw request target; `chunks` are sent chunked."""
        with self.exchange(method, target, headers, body, chunks) as exchange:
            data = b"".join(iter(exchange.read, b""))
        head = exchange.status, exchange.reason, exchange.headers
        return Answer(*head, data, exchange.complete)

    def get(self, target: str, *headers: tuple[str, str]) -> Answer:
        return self.request("GET", target, headers)

    def state(self) -> dict[str, Any]:
        """Counters and events of the app; threads, tasks and open files of its process."""
        result: dict[str, Any] = self.get("/probe/state").json()
        return result

    def events(self) -> list[str]:
        """What the handlers noted; quicker than `state`."""
        result: list[str] = self.get("/probe/notes").json()["events"]
        return result

    def counters(self) -> dict[str, int]:
        """The counters of the handlers; quicker than `state`."""
        result: dict[str, int] = self.get("/probe/notes").json()["counters"]
        return result

    def counted(self, name: str) -> int:
        """One of them; 0 if there is none of that name."""
        return self.counters().get(name, 0)

    def websocket(
        self,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        subprotocols: Iterable[str] = (),
    ) -> websockets.Client:
        raise NotImplementedError

    def wire(self) -> Wire:
        raise NotImplementedError(f"{self.spec.id} has no socket")


class WsgiHost(Host):
    """Calls a WSGI application under wsgiref's validator."""

    def __init__(self, spec: Spec, app: hub.App, native: Any) -> None:
        super().__init__(spec)
        self.app, self.native = app, native

    def start(self) -> None:
        self.app.lifecycle.startup()

    def stop(self) -> None:
        self.app.lifecycle.shutdown()

    def open(self, request: Request) -> WsgiExchange:
        return WsgiExchange(self.native, request)


class AsgiHost(Host):
    """Calls an ASGI application under the suite's own checker."""

    def __init__(self, spec: Spec, native: Any) -> None:
        super().__init__(spec)
        self.server = AsgiServer(native)

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def open(self, request: Request) -> AsgiExchange:
        return AsgiExchange(self.server, request)

    def websocket(
        self,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        subprotocols: Iterable[str] = (),
    ) -> websockets.Client:
        return websockets.MessageClient(self.server, target, headers, subprotocols)


class WireExchange:
    """One request on a connection of its own; see WsgiExchange."""

    def __init__(self, wire: Wire, request: Request) -> None:
        self.wire = wire
        headers = [field for field in request.headers if field != ("Host", NETLOC)]
        target = f"{request.path}?{request.query}" if request.query else request.path
        headers = _unframed(headers, request)
        wire.request(request.method, target, headers, request.body, request.chunks)
        head = wire.final_head()
        self.status, self.reason, self.headers = head.status, head.reason, head.headers
        self._reader = BodyReader(wire, request.method, head)

    @property
    def complete(self) -> bool:
        return self._reader.complete

    def read(self) -> bytes:
        return self._reader.read()

    def close(self) -> None:
        self.wire.close()


def _unframed(headers: Pairs, request: Request) -> Pairs:
    added = ("transfer-encoding",) if request.chunks is not None else ()
    return [field for field in headers if field[0].lower() not in added]


class SocketHost(Host):
    """What listens on `self.address`."""

    address: tuple[str, int]

    def wire(self) -> Wire:
        return Wire(*self.address)

    def open(self, request: Request) -> WireExchange:
        wire = self.wire()
        try:
            return WireExchange(wire, request)
        except BaseException:
            wire.close()
            raise

    def websocket(
        self,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        subprotocols: Iterable[str] = (),
    ) -> websockets.Client:
        return websockets.SocketClient(self.wire(), target, headers, subprotocols)

    def _listens(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.netloc = f"{host}:{port}"


class ThreadHost(SocketHost):
    """A framework's own server in a thread of this process: its way to be called in process."""

    def __init__(self, spec: Spec, app: hub.App, native: Any) -> None:
        super().__init__(spec)
        self.app, self.native = app, native

    def start(self) -> None:
        from ..servers import Config, Target

        target = Target(app=self.app, native=self.native, protocol=self.spec.interface)
        hook = adapter("servers", self.spec.helper).hook
        self.running = hook.start(target=target, config=Config())
        self._listens(self.running.host, self.running.port)

    def stop(self) -> None:
        self.running.stop()


class ProcessHost(SocketHost):
    """`frameworkhub run` in a process of its own.

    Raises:
        RuntimeError: it does not start within 2 `TIMEOUT`, or not stop well on SIGTERM; tells
            what it printed.
    """

    is_socket = True

    def __init__(self, spec: Spec, app: str = "", *arguments: str) -> None:
        super().__init__(spec)
        default = "websocket_app" if spec.websocket else "app"
        self.command = [sys.executable, "-m", "frameworkhub", "run"]
        self.command += [app or f"frameworkhub.testing.app:{default}", "--on", spec.variant]
        self.command += ["--server", spec.server, "--port", "0", *arguments]
        self._log: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by stop()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        found = _ADDRESS.search(self._first_line())
        if found is None:
            self._fail("it did not tell its address")
        else:
            self._listens(found[1], int(found[2]))

    def _first_line(self) -> str:
        output = self.process.stdout
        assert output is not None
        ready = select.select([output], [], [], 2 * TIMEOUT)[0]
        return output.readline() if ready else ""

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._fail("it did not stop on SIGTERM")
        else:
            if code:
                self._fail(f"it stopped on SIGTERM with exit code {code}")
        self._close()

    def _close(self) -> None:
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()

    def _fail(self, what: str) -> None:
        self.process.kill()
        self.process.wait()
        printed = self.printed()
        self._close()
        raise RuntimeError(f"{self.spec.id}: {what}\n{' '.join(self.command)}\n{printed}")

    def printed(self) -> str:
        """What the process wrote on standard error so far; "" once it has been stopped."""
        if self._log.closed:
            return ""
        size = self._log.seek(0, 2)
        self._log.seek(0)
        return self._log.read(size)


def adapter(kind: str, name: str) -> Any:
    """The installed plugin of that name."""
    return next(found for found in hub.adapters(kind) if found.name == name)


def make_host(spec: Spec) -> Host:
    """The host that serves the conformance app; not started."""
    if spec.server:
        return ProcessHost(spec)
    return carry(spec, make_app(spec.websocket))


def carry(spec: Spec, app: hub.App, native: Any = None) -> Host:
    """The in-process host of any app, not started; `native` carries it, default `app.on(...)`."""
    if native is None:
        native = bare(app, spec) if spec.framework == BARE else on(app, spec)
    if spec.interface == "wsgi":
        return WsgiHost(spec, app, native)
    if spec.interface == "asgi":
        return AsgiHost(spec, native)
    return ThreadHost(spec, app, native)


def bare(app: hub.App, spec: Spec) -> Any:
    return app.wsgi if spec.interface == "wsgi" else app.asgi


def on(app: hub.App, spec: Spec, **options: Any) -> Any:
    """The app on the variant's framework; `interface=` only where there is a choice."""
    if len(adapter("frameworks", spec.framework).features.interfaces) > 1:
        options["interface"] = spec.interface
    return app.on(spec.framework, **options)


def specs(
    frameworks: Iterable[str] | None, servers: Iterable[str] | None, with_bare: bool
) -> list[Spec]:
    """Every variant by every transport; None means all that are installed."""
    found = list(_bare_variants()) if with_bare else []
    for framework in hub.adapters("frameworks"):
        if frameworks is None or framework.name in frameworks:
            features = framework.features
            for interface in features.interfaces:
                websocket = interface in features.websocket
                found.append(Spec(framework.name, interface, websocket=websocket))
    installed = hub.adapters("servers")
    chosen = [server.name for server in installed if servers is None or server.name in servers]
    return [spec for variant in found for spec in _transports(variant, installed, chosen)]


def _bare_variants() -> Iterator[Spec]:
    yield Spec(BARE, "wsgi")
    yield Spec(BARE, "asgi", websocket=True)


def _transports(
    variant: Spec, installed: Iterable[hub.Adapter], chosen: list[str]
) -> Iterator[Spec]:
    fitting = [s for s in installed if variant.interface in s.features.protocols]
    if variant.interface in ("wsgi", "asgi") or not fitting:
        yield variant
    else:
        yield attrs.evolve(variant, helper=fitting[0].name)
    for server in fitting:
        if server.name in chosen:
            websocket = variant.websocket and server.features.websocket
            yield attrs.evolve(variant, server=server.name, websocket=websocket)
