"""cheroot's connections, and its way to a WSGI application, with what it changes put right."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from functools import partial
from typing import Any

from cheroot.server import HTTPConnection
from cheroot.wsgi import Gateway_10

from frameworkhub.hosts import is_gone, reset

from .body import CHUNK
from .requests import Request

LINGER = 1.0


class Connection(HTTPConnection):
    """A client's connection.

    Attributes:
        is_clean: nothing of a request is left unread.
        is_broken: to be reset, not closed.
    """

    RequestHandlerClass = Request
    rbufsize = CHUNK
    is_clean = True
    is_broken = False

    def close(self) -> None:
        if not (self.is_clean or self.is_broken):
            self._linger()
        super().close()

    def _linger(self) -> None:
        """Ends our side and reads on for a moment.

        To close while bytes arrive resets the connection, and the client may lose our answer.
        """
        end = time.monotonic() + LINGER
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(LINGER)
            while self.socket.recv(CHUNK) and time.monotonic() < end:
                pass

    def _close_kernel_socket(self) -> None:
        if self.is_broken:
            reset(self.socket)
        else:
            super()._close_kernel_socket()


class Gateway(Gateway_10):
    """From a request to the WSGI application, and back."""

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["SERVER_NAME"] = self.req.server.bind_addr[0]
        environ["wsgi.input_terminated"] = True
        environ["frameworkhub.is_disconnected"] = partial(is_gone, self.req.conn.socket)
        return environ

    def respond(self) -> None:
        """Ends the response before it closes the iterable: much may be done in there."""
        chunks = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            for chunk in filter(None, chunks):
                self.write(b"" if self.req.is_bare else chunk)
            self.req.finish()
        finally:
            if close := getattr(chunks, "close", None):
                close()
