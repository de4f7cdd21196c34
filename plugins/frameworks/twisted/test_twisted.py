"""The app under a reactor that is not asyncio's: its loop then runs in a thread of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

SERVER = """
from twisted.internet import selectreactor as chosen
chosen.install()
from twisted.internet import reactor
from twisted.web.server import Site
import asyncio
import frameworkhub as hub

app = hub.App()

@app.get("/sync/{id:int}")
def sync(request, id):
    return f"{id} {request.query.get('q')}"

@app.get("/async/{id:int}")
async def asynchronous(request, id):
    await asyncio.sleep(0)
    return f"{id} {type(asyncio.get_running_loop()).__name__}"

@app.post("/echo")
async def echo(request):
    return request.body

@app.get("/stream")
async def stream(request):
    for i in range(50):
        await asyncio.sleep(0)
        yield b"x" * 10_000

@app.get("/broken")
async def broken(request):
    raise RuntimeError("broken")

root = Site(app.on("twisted"), parsePOSTFormSubmission=False)
port = reactor.listenTCP(0, root, interface="127.0.0.1")
print(port.getHost().port, type(reactor).__name__, flush=True)
reactor.run()
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    script: Path = tmp_path_factory.mktemp("served") / "served.py"
    script.write_text(SERVER)
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        port, reactor = process.stdout.readline().split()
        assert reactor == "SelectReactor"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_handlers(client: httpx.Client) -> None:
    """Sync and async ones, several on one connection."""
    for number in (1, 2):
        assert client.get(f"/sync/{number}?q=x").text == f"{number} x"
        assert client.get(f"/async/{number}").text.startswith(f"{number} _Unix")


def test_bodies(client: httpx.Client) -> None:
    """Small, and so large that Twisted keeps it on disk."""
    for size in (0, 10, 300_000):
        assert client.post("/echo", content=b"y" * size).content == b"y" * size


def test_stream(client: httpx.Client) -> None:
    assert client.get("/stream").content == b"x" * 500_000


def test_errors(client: httpx.Client) -> None:
    assert client.get("/nowhere").status_code == 404
    assert client.put("/echo").status_code == 405
    assert client.get("/broken").status_code == 500
