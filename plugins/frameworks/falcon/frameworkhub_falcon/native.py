"""The control app: the same small app in Falcon's own idiom, on both of its interfaces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import falcon
import falcon.asgi


class Empty:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "ok"


class Item:
    def on_get(self, req: falcon.Request, resp: falcon.Response, id: int) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = f"{id} {req.get_param_as_list('q', default=[''])[0]}"


class Echo:
    """JSON or a form, by the content type of the request; both come back as JSON."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = req.get_media()


class Upload:
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = str(len(req.bounded_stream.read()))


class Stream:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.content_type = "application/octet-stream"
        resp.stream = chunks()


def chunks() -> Iterator[bytes]:
    for _ in range(10):
        yield b"x" * 1024


class AsyncEmpty:
    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "ok"


class AsyncItem:
    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, id: int) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = f"{id} {req.get_param_as_list('q', default=[''])[0]}"


class AsyncEcho:
    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await req.get_media()


class AsyncUpload:
    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = str(len(await req.stream.read()))


class AsyncStream:
    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.content_type = "application/octet-stream"
        resp.stream = async_chunks()


async def async_chunks() -> AsyncIterator[bytes]:
    for _ in range(10):
        yield b"x" * 1024


def make_app(interface: str = "wsgi") -> Any:
    if interface == "wsgi":
        return add_routes(falcon.App(), Empty(), Item(), Echo(), Upload(), Stream())
    app = falcon.asgi.App()
    return add_routes(app, AsyncEmpty(), AsyncItem(), AsyncEcho(), AsyncUpload(), AsyncStream())


def add_routes(app: Any, empty: Any, item: Any, echo: Any, upload: Any, stream: Any) -> Any:
    app.add_route("/empty", empty)
    app.add_route("/items/{id:int}", item)
    app.add_route("/json", echo)
    app.add_route("/form", echo)
    app.add_route("/upload", upload)
    app.add_route("/stream", stream)
    return app
