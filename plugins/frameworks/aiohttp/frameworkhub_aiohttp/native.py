"""The control app: what the hub's adapter is measured against, as aiohttp's users write it."""

from __future__ import annotations

from aiohttp import web

routes = web.RouteTableDef()


@routes.get("/empty")
async def empty(request: web.Request) -> web.Response:
    return web.Response(text="ok")


@routes.get(r"/items/{id:\d+}")
async def item(request: web.Request) -> web.Response:
    id = int(request.match_info["id"])
    return web.Response(text=f"{id} {request.query.get('q', '')}")


@routes.post("/json")
async def echo_json(request: web.Request) -> web.Response:
    return web.json_response(await request.json())


@routes.post("/form")
async def form(request: web.Request) -> web.Response:
    return web.json_response(dict(await request.post()))


@routes.post("/upload")
async def upload(request: web.Request) -> web.Response:
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
    return web.Response(text=str(size))


@routes.get("/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(10):
        await response.write(b"x" * 1024)
    return response


def make_app() -> web.Application:
    app = web.Application(client_max_size=16 * 2**20)
    app.add_routes(routes)
    return app
