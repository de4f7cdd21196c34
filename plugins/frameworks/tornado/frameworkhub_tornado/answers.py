"""A response, in the terms of Tornado."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from frameworkhub import hosts
from frameworkhub.responses import IMPLIED


class Answer:
    """What makes a `RequestHandler` send the app's responses as they are.

    Attributes:
        is_begun: a part of a stream has been sent.
        is_direct: nothing of the user's sees what is written, but the application's transforms.
    """

    is_begun = False
    is_direct = False
    application: Any
    request: Any
    _headers: Any

    def set_etag_header(self) -> None:
        """Nothing: a handler's fields are sent as they are."""

    def check_etag_header(self) -> bool:
        """Never called where the app has set an ETag; there is no other."""
        return False

    def begin(self, response: Any) -> None:
        """Sets status and fields."""
        if response.status != 200 or self.get_status() != 200:
            self.set_status(response.status, response.status_line.partition(" ")[2])
        pairs = response.header_list
        if len(pairs) == 2 and pairs[0] in IMPLIED and pairs[1][0] == "content-length":
            # As most are; what `set_header` would look for is not in them.
            self._headers["Content-Type"] = pairs[0][1]
            self._headers["Content-Length"] = pairs[1][1]
        else:
            self._set_fields(pairs)

    def _set_fields(self, pairs: list[tuple[str, str]]) -> None:
        names = set()
        for name, value in pairs:
            key = name.lower()
            (self.add_header if key in names else self.set_header)(name, value)
            names.add(key)
        if "content-type" not in names:
            self.clear_header("Content-Type")

    def emit(self, chunk: bytes) -> Awaitable[None]:
        """Sends a part of the body."""
        if self.is_begun and self.is_direct and not self.application.transforms:
            # What `write` and `flush` come to.
            return self.request.connection.write(chunk)  # type: ignore[no-any-return]
        self.is_begun = True
        self.write(chunk)
        return self.flush()  # type: ignore[no-any-return]

    def cut(self) -> None:
        """Ends the connection, not well."""
        connection = self.request.connection
        if self.request.version == "HTTP/1.0" and connection.stream.socket is not None:
            hosts.reset(connection.stream.socket)
        connection.close()
