"""What twisted.web lacks: requests handed over before their body is whole, and without a detour."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Any

from .heads import head_of, standard
from .late import LateRequest

# Bytes of a body that are kept in memory.
SPOOL = 64 * 1024


class StreamedRequest(LateRequest):
    """A request that a root resource may take as soon as its headers are there.

    Twisted collects a whole body before it looks for the resource, and makes much of what nobody
    asks for. A root resource with a method `takes(target)` is asked whether it wants the request as
    it is: it then gets it by its method `take(request)`. What Twisted has set by then of another
    request is made when it is asked for.

    Attributes:
        early: the resource has got it when the headers were there.
    """

    early = False
    _is_taken = False
    _is_whole = False
    _subscriber: Any = None

    def gotLength(self, length: int | None) -> None:
        channel = self.channel
        takes = getattr(channel.site.resource, "takes", None)
        self._is_taken = takes is not None and channel._path[:1] != b"*" and takes(channel._path)
        self.early = self._is_taken and length != 0
        if self.early and (length is None or length > SPOOL):
            # Twisted would make a file; most of these are subscribed to before much has come.
            self.content = SpooledTemporaryFile(SPOOL)  # noqa: SIM115
        else:
            super().gotLength(length)
        if self.early:
            self._begin(channel._command, channel._path, channel._version)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if not self._is_taken:
            super().requestReceived(command, path, version)
            return
        self._is_whole = True
        if not self.early:
            self._begin(command, path, version)
        elif self._subscriber is not None:
            self._subscriber.finish()
            self._subscriber = None

    def _begin(self, command: bytes, target: bytes, version: bytes) -> None:
        """As Twisted's `requestReceived`."""
        self.method, self.uri, self.clientproto = command, target, version
        self.path = target.partition(b"?")[0]
        self.process()

    def process(self) -> None:
        self.site = site = self.channel.site
        site.in_flight.add(self)
        if self._is_taken and not self.requestHeaders.hasHeader(b"upgrade"):
            site.resource.take(self)
        else:
            super().process()

    # The body.

    def subscribe(self, subscriber: Any) -> bool:
        """Whether the rest of the body will go to `subscriber.feed(chunk)` as it comes, then
        `finish()`. What has come, which may be all of it, is in `content`.
        """
        if not self.early or self._is_whole:
            return False
        self._subscriber = subscriber
        return True

    def handleContentChunk(self, data: bytes) -> None:
        if self.finished:
            return
        if self._subscriber is not None:
            self._subscriber.feed(data)
        else:
            super().handleContentChunk(data)

    def pause_upload(self) -> None:
        if not self._disconnected and self.channel is not None:
            self.channel.transport.pauseProducing()

    def resume_upload(self) -> None:
        if not self._disconnected and self.channel is not None:
            self.channel.transport.resumeProducing()

    # The response.

    def respond(
        self, status: int, line: str, fields: list[tuple[str, str]], body: bytes | None
    ) -> bool:
        """Sends the head of a response, with its body unless that is None and will be written.

        It comes to what `setResponseCode`, `setHeader` and `write` do. False, and nothing sent,
        where it has to be done by these. The arguments are those of `head_of`.
        """
        if (head := head_of(self, line, fields)) is None:
            for name, values in standard().items():
                if not self.responseHeaders.hasHeader(name):
                    self.responseHeaders.setRawHeaders(name, values)
            return False
        self.code, self.startedWriting = status, 1
        if body is None:
            body = b""
            if "content-length" not in [name.lower() for name, _ in fields]:
                self.chunked = 1
                head += b"Transfer-Encoding: chunked\r\n"
        self.sentLength = len(body)
        self.channel.write(b"%b\r\n%b" % (head, body))
        return True

    def finish(self) -> None:
        if self.early and not self._is_whole:
            # The rest of the body can't be told from a next request.
            self.channel.persistent = False
        super().finish()
        self._left()

    def connectionLost(self, reason: Any) -> None:
        super().connectionLost(reason)
        self._left()

    def _left(self) -> None:
        if self.site is not None:
            self.site.in_flight.discard(self)
