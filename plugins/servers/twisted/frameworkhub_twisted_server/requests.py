"""What twisted.web lacks: requests handed over before their body is whole, and their count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web import server

# For the streams that were cut to be closed.
LAST_SECONDS = 5.0


class StreamedRequest(server.Request):
    """A request whose body its resource gets chunk by chunk, where the root resource says so.

    Twisted collects a whole body before it looks for the resource. A root resource with a method
    `streams(method, target)` is asked as soon as the headers are there.
    """

    early = False
    _subscriber: Any = None

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        streams = getattr(self.channel.site.resource, "streams", None)
        channel = self.channel
        if length != 0 and streams is not None and streams(channel._command, channel._path):
            self.early = True
            super().requestReceived(channel._command, channel._path, channel._version)

    def process(self) -> None:
        in_flight = self.channel.site.in_flight
        in_flight.add(self)
        self.notifyFinish().addBoth(lambda result: in_flight.discard(self))
        super().process()

    def subscribe(self, subscriber: Any) -> bool:
        """Whether the body will go to `subscriber.feed(chunk)` as it comes, then `finish()`."""
        self._subscriber = subscriber if self.early else None
        return self.early

    def handleContentChunk(self, data: bytes) -> None:
        if not self.early:
            super().handleContentChunk(data)
        elif not self.finished:
            self._subscriber.feed(data)

    def pause_upload(self) -> None:
        if not self._disconnected and self.channel is not None:
            self.channel.transport.pauseProducing()

    def resume_upload(self) -> None:
        if not self._disconnected and self.channel is not None:
            self.channel.transport.resumeProducing()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self.early:
            self._subscriber.finish()
            self._subscriber = None
        else:
            super().requestReceived(command, path, version)

    def finish(self) -> None:
        if self.early and self._subscriber is not None:
            # The rest of the body can't be told from a next request.
            self.channel.persistent = False
        super().finish()


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
