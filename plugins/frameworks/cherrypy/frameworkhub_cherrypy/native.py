"""The control app: the same small app in CherryPy's own idiom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cherrypy


class Root:
    @cherrypy.expose
    @cherrypy.tools.response_headers(headers=[("Content-Type", "text/plain")])
    def empty(self) -> str:
        return "ok"

    @cherrypy.expose
    @cherrypy.tools.response_headers(headers=[("Content-Type", "text/plain")])
    def items(self, id: str, q: str | list[str] = "") -> str:
        return f"{int(id)} {q if isinstance(q, str) else q[0]}"

    @cherrypy.expose
    @cherrypy.tools.json_in()
    @cherrypy.tools.json_out()
    def json(self) -> Any:
        return cherrypy.request.json

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def form(self, **fields: str) -> dict[str, str]:
        return fields

    @cherrypy.expose
    @cherrypy.config(**{"request.body.processors": {}})
    @cherrypy.tools.response_headers(headers=[("Content-Type", "text/plain")])
    def upload(self) -> str:
        return str(len(cherrypy.request.body.read()))

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    @cherrypy.tools.response_headers(headers=[("Content-Type", "application/octet-stream")])
    def stream(self) -> Iterator[bytes]:
        for _ in range(10):
            yield b"x" * 1024


def make_app() -> cherrypy.Application:
    cherrypy.config.update({"environment": "embedded"})  # in a WSGI server of others
    return cherrypy.Application(Root(), "", {"/": {"tools.encode.on": True}})
