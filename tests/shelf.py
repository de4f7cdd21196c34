"""A package index on 127.0.0.1, for the tests of `refresh`."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html; charset=utf-8"

Answer = tuple[int, dict[str, str], bytes]
Page = Answer | Callable[[dict[str, str]], Answer]


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that resets its connection is no error, to be told among what a test reads.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Shelf:
    """What the index has, and what it was asked.

    Attributes:
        pages: by path; an answer, or a function of the request's headers that gives one.
        asked: path and headers (names in lower case) of every request.
        root: the address of the Simple API.
    """

    def __init__(self, port: int) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.port = port
        self.root = f"http://127.0.0.1:{port}/simple"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def put(self, path: str, body: str | bytes, kind: str = JSON, **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = (200, {"content-type": kind, **headers}, content)

    def status(self, path: str, status: int) -> None:
        self.pages[path] = (status, {"content-type": "text/plain"}, b"" if status == 304 else b"no")

    def project(self, name: str, *files: dict[str, Any], **headers: str) -> None:
        """The page of a distribution in JSON (PEP 691)."""
        body = {"meta": {"api-version": "1.1"}, "name": name, "files": list(files)}
        self.put(f"/simple/{name}/", json.dumps(body), **headers)

    def metadata(self, filename: str, *fields: str) -> None:
        """The core metadata beside a file (PEP 658)."""
        text = "\n".join(("Metadata-Version: 2.4", *fields, "", "License: not this, but the text"))
        self.put(f"/files/{filename}.metadata", text, "application/octet-stream")


def file(filename: str, uploaded: str | None = "2030-01-02", **more: Any) -> dict[str, Any]:
    """One file of a page in JSON; `uploaded` is its day."""
    found = {"filename": filename, "url": f"/files/{filename}", "hashes": {}}
    if uploaded:
        found["upload-time"] = f"{uploaded}T10:20:30.123456Z"
    return {**found, **{name.replace("_", "-"): value for name, value in more.items()}}


@contextmanager
def shelf() -> Iterator[Shelf]:
    """Serves an index, which is empty at first, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            served.asked.append((self.path, headers))
            page = served.pages.get(self.path, (404, {}, b""))
            status, fields, body = page(headers) if callable(page) else page
            self.send_response(status)
            for name, value in {**fields, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        served = Shelf(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
