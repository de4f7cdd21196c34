"""What twisted.web lacks: a site that knows its requests in flight, and can let them end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web import server

from .requests import StreamedRequest

# For the streams that were cut to be closed.
LAST_SECONDS = 5.0


class CountingSite(server.Site):
    """A site that knows its connections, so that it can let requests in flight end."""

    requestFactory = StreamedRequest

    def __init__(self, resource: Any, **options: Any) -> None:
        super().__init__(resource, **options)
        self.in_flight: set[Any] = set()
        self._transports: dict[Any, Any] = {}

    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        made, lost = protocol.makeConnection, protocol.connectionLost

        def make_connection(transport: Any) -> None:
            self._transports[protocol] = transport
            made(transport)

        def connection_lost(reason: Any) -> None:
            self._transports.pop(protocol, None)
            lost(reason)

        protocol.makeConnection, protocol.connectionLost = make_connection, connection_lost
        return protocol

    async def drained(self, reactor: Any, grace: float) -> None:
        """Waits until no request is in flight, for `grace` seconds; then cuts the rest.

        What was cut is waited for once more, as the app may still have streams to close.
        """
        await _until(reactor, lambda: not self.in_flight, grace)
        cut = list(self.in_flight)
        for request in cut:
            request.transport.abortConnection()
        await _until(reactor, lambda: all(map(_is_answered, cut)), LAST_SECONDS)
        for transport in list(self._transports.values()):
            transport.loseConnection()


def _is_answered(request: Any) -> bool:
    """Whether its resource is done with it; one that doesn't tell is taken to be."""
    return bool(getattr(request, "answered", True))


async def _until(reactor: Any, condition: Callable[[], bool], seconds: float) -> None:
    waited = 0.0
    while waited < seconds and not condition():
        pause: Deferred[None] = Deferred()
        reactor.callLater(0.05, pause.callback, None)
        await pause
        waited += 0.05
