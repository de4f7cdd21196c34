"""The apps of peers_wsgi on ASGI, each as its framework's documentation writes them."""

from __future__ import annotations

from typing import Any

import peers_blacksheep as blacksheep
from peers_wsgi import HEADERS

import frameworkhub
from frameworkhub.bench import by_hand


def hub_item() -> Any:
    app = frameworkhub.App()

    @app.get("/items/{id:int}")
    async def item(request: frameworkhub.Request, id: int) -> str:
        return f"item {id}"

    return app.asgi


def falcon_item() -> Any:
    import falcon
    import falcon.asgi

    class Item:
        async def on_get(self, req: Any, resp: Any, id: int) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = f"item {id}"

    app = falcon.asgi.App()
    app.add_route("/items/{id:int}", Item())
    return app


def starlette_item() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def item(request: Any) -> PlainTextResponse:
        return PlainTextResponse(f"item {request.path_params['id']}")

    return Starlette(routes=[Route("/items/{id:int}", item)])


def fastapi_item() -> Any:
    from fastapi import FastAPI
    from fastapi.responses import PlainTextResponse

    app = FastAPI()

    @app.get("/items/{id}", response_class=PlainTextResponse)
    async def item(id: int) -> str:
        return f"item {id}"

    return app


def litestar_item() -> Any:
    from litestar import Litestar, MediaType, get

    @get("/items/{id:int}", media_type=MediaType.TEXT)
    async def item(id: int) -> str:
        return f"item {id}"

    return Litestar([item])


def quart_item() -> Any:
    from quart import Quart, Response

    app = Quart(__name__)

    @app.get("/items/<int:id>")
    async def item(id: int) -> Response:
        return Response(f"item {id}", mimetype="text/plain")

    return app


ITEM = {
    "hub": hub_item,
    "hand-written": lambda: by_hand.asgi,
    "Falcon": falcon_item,
    "BlackSheep": blacksheep.item,
    "BlackSheep, request only": blacksheep.lean_item,
    "Starlette": starlette_item,
    "Litestar": litestar_item,
    "FastAPI": fastapi_item,
    "Quart": quart_item,
}


def _hub_layered(header: Any) -> Any:
    app = frameworkhub.App()
    for name in HEADERS:
        app.middleware(header(name))

    @app.exception_handler(KeyError)
    def missing(request: frameworkhub.Request, error: KeyError) -> frameworkhub.Response:
        return frameworkhub.Response.text(f"{error} is missing", status=422)

    @app.post("/items/{id:int}")
    async def item(request: frameworkhub.Request, id: int) -> dict[str, Any]:
        data = request.json()
        return {"id": id, "name": data["name"], "tags": data["tags"]}

    return app.asgi


def hub_layered() -> Any:
    def header(name: str) -> Any:
        def layer(request: frameworkhub.Request) -> Any:
            response = yield
            response.headers[name] = "1"

        return layer

    return _hub_layered(header)


def hub_layered_async() -> Any:
    def header(name: str) -> Any:
        async def layer(request: frameworkhub.Request) -> Any:
            response = yield
            response.headers[name] = "1"

        return layer

    return _hub_layered(header)


def falcon_layered() -> Any:
    import falcon
    import falcon.asgi

    class Header:
        def __init__(self, name: str) -> None:
            self.name = name

        async def process_response(
            self, req: Any, resp: Any, resource: Any, succeeded: bool
        ) -> None:
            resp.set_header(self.name, "1")

    class Item:
        async def on_post(self, req: Any, resp: Any, id: int) -> None:
            data = await req.get_media()
            resp.media = {"id": id, "name": data["name"], "tags": data["tags"]}

    async def missing(req: Any, resp: Any, error: KeyError, params: Any) -> None:
        raise falcon.HTTPUnprocessableEntity(description=f"{error} is missing")

    app = falcon.asgi.App(middleware=[Header(name) for name in HEADERS])
    app.add_error_handler(KeyError, missing)
    app.add_route("/items/{id:int}", Item())
    return app


def starlette_layered() -> Any:
    from starlette.applications import Starlette
    from starlette.datastructures import MutableHeaders
    from starlette.middleware import Middleware
    from starlette.responses import JSONResponse, PlainTextResponse
    from starlette.routing import Route

    class Header:
        def __init__(self, app: Any, name: str) -> None:
            self.app = app
            self.name = name

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def mark(message: Any) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message)[self.name] = "1"
                await send(message)

            await self.app(scope, receive, mark)

    async def item(request: Any) -> JSONResponse:
        data = await request.json()
        number = request.path_params["id"]
        return JSONResponse({"id": number, "name": data["name"], "tags": data["tags"]})

    async def missing(request: Any, error: KeyError) -> PlainTextResponse:
        return PlainTextResponse(f"{error} is missing", status_code=422)

    return Starlette(
        routes=[Route("/items/{id:int}", item, methods=["POST"])],
        middleware=[Middleware(Header, name=name) for name in HEADERS],
        exception_handlers={KeyError: missing},
    )


LAYERED = {
    "hub": hub_layered,
    "hub, async middlewares": hub_layered_async,
    "Falcon": falcon_layered,
    "BlackSheep": blacksheep.layered,
    "BlackSheep, request only": blacksheep.lean_layered,
    "Starlette": starlette_layered,
}
