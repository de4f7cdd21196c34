"""The control app: what the hub's adapter is measured against, as Starlette's users write it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route


async def empty(request: Request) -> Response:
    return PlainTextResponse("ok")


async def item(request: Request) -> Response:
    q = request.query_params.getlist("q")[:1]
    return PlainTextResponse(f"{request.path_params['id']} {''.join(q)}")


async def echo_json(request: Request) -> Response:
    return JSONResponse(await request.json())


async def form(request: Request) -> Response:
    async with request.form() as fields:
        return JSONResponse(dict(fields))


async def upload(request: Request) -> Response:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return PlainTextResponse(str(size))


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(10):
        yield b"x" * 1024


async def stream(request: Request) -> Response:
    return StreamingResponse(chunks(), media_type="application/octet-stream")


def make_app() -> Starlette:
    return Starlette(
        routes=[
            Route("/empty", empty),
            Route("/items/{id:int}", item),
            Route("/json", echo_json, methods=["POST"]),
            Route("/form", form, methods=["POST"]),
            Route("/upload", upload, methods=["POST"]),
            Route("/stream", stream),
        ]
    )
