"""What twisted.web lacks: requests handed over before their body is whole."""

from __future__ import annotations

from functools import lru_cache
from tempfile import SpooledTemporaryFile
from typing import Any

from twisted.web import server
from twisted.web.http_headers import Headers

# Bytes of a body that are kept in memory.
SPOOL = 64 * 1024


class StreamedRequest(server.Request):
    """A request whose body its resource gets chunk by chunk, where the root resource says so.

    Twisted collects a whole body before it looks for the resource. A root resource with a method
    `streams(method, target)` is asked as soon as the headers are there.

    Attributes:
        early: the resource was called when the headers were there.
    """

    early = False
    _is_whole = False
    _subscriber: Any = None

    def gotLength(self, length: int | None) -> None:
        channel = self.channel
        streams = getattr(channel.site.resource, "streams", None)
        self.early = (
            length != 0 and streams is not None and streams(channel._command, channel._path)
        )
        if self.early and (length is None or length > SPOOL):
            # Twisted would make a file; most of these are subscribed to before much has come.
            self.content = SpooledTemporaryFile(SPOOL)  # noqa: SIM115
        else:
            super().gotLength(length)
        if self.early:
            super().requestReceived(channel._command, channel._path, channel._version)

    def process(self) -> None:
        in_flight = self.channel.site.in_flight
        in_flight.add(self)
        self.notifyFinish().addBoth(lambda result: in_flight.discard(self))
        super().process()

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

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if not self.early:
            super().requestReceived(command, path, version)
            return
        self._is_whole = True
        if self._subscriber is not None:
            self._subscriber.finish()
            self._subscriber = None

    def respond(
        self, status: int, line: str, fields: list[tuple[str, str]], body: bytes | None
    ) -> bool:
        """Sends the head of a response, with its body unless that is None and will be written.

        It comes to what `setResponseCode`, `setHeader` and `write` do, in one piece instead of some
        thirty. False, and nothing done, where others have a say in the response of which only
        `write` knows.

        Args:
            line: the status with its reason.
            fields: without line breaks; with a Content-Length, if there is one.
        """
        if self.clientproto != b"HTTP/1.1" or self._encoder is not None or self.cookies:
            return False
        if self.lastModified is not None or self.etag is not None:
            return False
        said = {_spelt(name) for name, _ in fields}
        head = f"HTTP/1.1 {line}\r\n" + "".join(
            [f"{_spelt(name)}: {value}\r\n" for name, value in fields]
        )
        for name, values in self.responseHeaders.getAllRawHeaders():
            if (spelt := name.decode("latin-1")) not in said:
                for value in values:
                    head += f"{spelt}: {value.decode('latin-1')}\r\n"
        self.code, self.startedWriting = status, 1
        if body is None:
            body = b""
            if "Content-Length" not in said:
                self.chunked = 1
                head += "Transfer-Encoding: chunked\r\n"
        self.sentLength = len(body)
        self.channel.write(b"%b\r\n%b" % (head.encode("latin-1"), body))
        return True

    def finish(self) -> None:
        if self.early and not self._is_whole:
            # The rest of the body can't be told from a next request.
            self.channel.persistent = False
        super().finish()


@lru_cache(maxsize=256)
def _spelt(name: str) -> str:
    """The name of a field as Twisted writes it."""
    ((spelt, _),) = Headers({name: [""]}).getAllRawHeaders()
    return spelt.decode("latin-1")
