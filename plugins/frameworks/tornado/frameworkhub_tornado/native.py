"""The control app: what the hub's adapter is measured against, as Tornado's users write it."""

from __future__ import annotations

import json

from tornado.web import Application, RequestHandler, stream_request_body


class Empty(RequestHandler):
    def get(self) -> None:
        self.write("ok")


class Item(RequestHandler):
    def get(self, id: str) -> None:
        q = self.get_query_arguments("q") or [""]
        self.write(f"{int(id)} {q[0]}")


class EchoJson(RequestHandler):
    def post(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(json.loads(self.request.body)))


class Form(RequestHandler):
    def post(self) -> None:
        names = self.request.body_arguments
        self.write({name: self.get_body_argument(name) for name in names})


@stream_request_body
class Upload(RequestHandler):
    def prepare(self) -> None:
        self.size = 0

    def data_received(self, chunk: bytes) -> None:
        self.size += len(chunk)

    def post(self) -> None:
        self.write(str(self.size))


class Stream(RequestHandler):
    async def get(self) -> None:
        self.set_header("Content-Type", "application/octet-stream")
        for _ in range(10):
            self.write(b"x" * 1024)
            await self.flush()


def make_app() -> Application:
    return Application(
        [
            (r"/empty", Empty),
            (r"/items/([0-9]+)", Item),
            (r"/json", EchoJson),
            (r"/form", Form),
            (r"/upload", Upload),
            (r"/stream", Stream),
        ]
    )
