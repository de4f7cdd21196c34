"""CherryPy's request and response, as far as they would judge or change what is the app's."""

from __future__ import annotations

from contextlib import suppress
from http.cookies import CookieError
from typing import Any

import cherrypy
from cherrypy import Application
from cherrypy._cpwsgi import AppResponse

Pairs = list[tuple[str, str]]


class Exchange(AppResponse):
    """A request and its response. It ends as itself, whatever its thread has answered meanwhile.

    CherryPy holds the current request by thread. One thread may have two at a time: a test reads a
    stream of the one while it makes the other.
    """

    def run(self) -> None:
        try:
            super().run()
        finally:
            self._served = cherrypy.serving.request, cherrypy.serving.response

    def close(self) -> None:
        cherrypy.serving.load(*self._served)
        super().close()


class Request(Application.request_class):
    """Finds fault with no header and no query: what the app makes of them counts."""

    def process_headers(self) -> None:
        # A dict's own methods, as the names are in title case, which the map's would see to.
        fields = {name.title(): value.strip() for name, value in self.header_list}
        # CherryPy fails at a malformed one, and needs it for parts of a body only.
        fields.pop("Content-Disposition", None)
        dict.update(self.headers, fields)
        if "Cookie" in fields:
            with suppress(CookieError):
                self.cookie.load(fields["Cookie"])
        host = dict.setdefault(self.headers, "Host", self.local.name)
        self.base = f"{self.scheme}://{host}"

    def process_query_string(self) -> None:
        with suppress(cherrypy.HTTPError, ValueError):
            super().process_query_string()


class Response(Application.response_class):
    """Sends the app's fields as they were set. CherryPy holds one value of a name, and edits it.

    What a tool or a hook has changed since is sent as it wants it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._exact: dict[tuple[str, str], list[tuple[bytes, bytes]]] = {}

    def take(self, fields: Pairs) -> None:
        """Sets the app's fields, repeated ones joined."""
        by_name: dict[str, Pairs] = {}
        for field in fields:
            by_name.setdefault(field[0].title(), []).append(field)
        dict.pop(self.headers, "Content-Type", None)
        for name, same in by_name.items():
            joined = same[0][1] if len(same) == 1 else ", ".join(value for _, value in same)
            dict.__setitem__(self.headers, name, joined)
            self._exact[name, joined] = [(_encode(name), _encode(value)) for name, value in same]

    def finalize(self) -> None:
        super().finalize()
        # CherryPy's list begins with the headers, in their order; cookies come after them.
        listed: list[tuple[bytes, bytes]] = []
        for item, field in zip(self.headers.items(), self.header_list, strict=False):
            listed += self._exact.get(item, [field])
        self.header_list = listed + self.header_list[len(self.headers) :]


def _encode(text: Any) -> bytes:
    return str(text).encode("latin-1")
