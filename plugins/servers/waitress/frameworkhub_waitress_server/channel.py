"""waitress' connections, with what they change of requests and responses put right."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import cached_property
from io import BufferedReader
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from frameworkhub import hosts
from frameworkhub.routing import Route

from .task import Task
from .upload import ENOUGH, Upload


class Fields(dict[str, str]):
    """Header fields. waitress joins repeated ones by ", "; cookies take "; " (RFC 9113, 8.2.3)."""

    def __setitem__(self, name: str, value: str) -> None:
        if name == "COOKIE" and name in self:
            before = self[name]
            value = f"{before}; {value[len(before) + len(', ') :]}"
        super().__setitem__(name, value)


class Parser(HTTPRequestParser):
    """A request. waitress calls the app when all of it is there; here some are begun before."""

    upload: Upload | None = None

    def __init__(self, adj: Any, channel: Channel) -> None:
        super().__init__(adj)
        self.channel = channel
        self.headers = Fields()

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.headers_finished and not self.completed and self._begins():
            self.upload = self.channel.upload = Upload(self.channel, self)
            self.completed = True
            consumed += self.upload.received(data[consumed:])
        return consumed

    def _begins(self) -> bool:
        """Whether the app gets it now: to read the body as it comes, or to refuse it."""
        route = self._route
        if route is not None and route.stream:
            return True
        limit = ENOUGH if route is None else route.max_body_size
        return limit is not None and max(self.content_length, len(self.body_rcv)) > limit

    @cached_property
    def _route(self) -> Route | None:
        path = self.path.encode("latin-1").decode("utf-8", "replace")
        try:
            found = self.channel.server.router.resolve(self.command, path)
        except Exception:
            return None  # A user's converter fails; the app will tell.
        return found and found[0]

    def get_body_stream(self) -> Any:
        return super().get_body_stream() if self.upload is None else BufferedReader(self.upload)


class Channel(HTTPChannel):
    task_class = Task
    upload: Upload | None = None
    lingering = False

    def parser_class(self, adj: Any) -> Parser:
        return Parser(adj, self)

    @property
    def uploading(self) -> bool:
        """The body of a request that has begun is still on its way."""
        return self.upload is not None and not self.upload.completed

    def received(self, data: bytes) -> bool:
        if self.request is None and self.uploading:
            self.request = self.upload
        return bool(super().received(data))

    def readable(self) -> bool:
        full = self.upload is not None and len(self.upload) >= ENOUGH
        return bool(super().readable()) and not full

    def handle_close(self) -> None:
        if self.will_close and self.connected and self.uploading and not self.lingering:
            self._linger()
            return
        super().handle_close()
        if self.upload is not None:
            self.upload.wake()

    def _linger(self) -> None:
        """Ends our side only: a client that is still sending would lose the response otherwise."""
        self.lingering = True
        self.will_close = False
        with suppress(OSError):  # It has gone by itself.
            self.socket.shutdown(socket.SHUT_WR)

    def close_if_idle(self) -> None:
        """Closes the connection once it is flushed, unless it has a request, or the body of one."""
        with self.requests_lock:
            coming = self.request is not None and self.request.headers_finished
            if not self.requests and (self.lingering or not coming):
                self.close_when_flushed = True

    def reset(self) -> None:
        """Makes closing abort: where the connection's end is the body's, a clean one would lie."""
        # The socket may be gone by now, with the client.
        with suppress(AttributeError, OSError):
            hosts.reset(self.socket)
