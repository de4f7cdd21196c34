"""Apps that a test serves in a process of their own, to watch their start and stop.

They write to the file that the environment variable `HUB_LIFESPAN_LOG` names.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import frameworkhub as hub

LOG = "HUB_LIFESPAN_LOG"


def write(line: str) -> None:
    with Path(os.environ[LOG]).open("a") as log:
        log.write(f"{os.getpid()} {line}\n")


app = hub.App(name="lifespans")
group = hub.App(name="group")


@app.lifespan
def sync_one(app: hub.App) -> Iterator[None]:
    write("start sync")
    app.state.made = ["sync"]
    yield
    write("stop sync")


@app.lifespan
async def async_one(app: hub.App) -> AsyncIterator[None]:
    write("start async")
    app.state.made.append("async")
    app.state.loop = id(asyncio.get_running_loop())
    yield
    await asyncio.sleep(0.01)
    write("stop async")


@group.lifespan
def included(app: hub.App) -> Iterator[None]:
    write("start included")
    app.state.made.append("included")
    yield
    write("stop included")


@app.get("/slow")
def slow(request: hub.Request) -> str:
    time.sleep(0.4)
    return "slow"


@app.post("/upload")
def upload(request: hub.Request) -> str:
    return request.text


@app.websocket("/echo", optional=True)
async def echo(ws: hub.WebSocket) -> None:
    await ws.accept()
    async for message in ws:
        await ws.send(message)
    write("end echo")


@app.get("/sync")
def sync_handler(request: hub.Request) -> list[str]:
    write("request")
    made: list[str] = request.app.state.made
    return made


@app.get("/async")
async def async_handler(request: hub.Request) -> dict[str, Any]:
    write("request")
    state = request.app.state
    return {"made": state.made, "same loop": state.loop == id(asyncio.get_running_loop())}


app.include(group, "/group")


failing = hub.App(name="failing")


@failing.lifespan
def started(app: hub.App) -> Iterator[None]:
    write("start one")
    yield
    write("stop one")


@failing.lifespan
def no_database(app: hub.App) -> Iterator[None]:
    raise RuntimeError("no database today")
    yield


@failing.get("/")
def never(request: hub.Request) -> None:
    print("a request was answered", file=sys.stderr)
