"""The control app: what the hub's adapter is measured against, as FastAPI's users write it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Body, FastAPI, Query, Request
from fastapi.responses import PlainTextResponse, StreamingResponse


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/empty", response_class=PlainTextResponse)
    async def empty() -> str:
        return "ok"

    @app.get("/items/{id}", response_class=PlainTextResponse)
    async def item(id: int, q: Annotated[list[str], Query(default_factory=list)]) -> str:
        return f"{id} {''.join(q[:1])}"

    @app.post("/json")
    async def echo_json(value: Annotated[Any, Body()]) -> Any:
        return value

    @app.post("/form")
    async def form(request: Request) -> dict[str, str]:
        async with request.form() as fields:
            return {name: str(value) for name, value in fields.items()}

    @app.post("/upload", response_class=PlainTextResponse)
    async def upload(request: Request) -> str:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return str(size)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks(), media_type="application/octet-stream")

    return app


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(10):
        yield b"x" * 1024
