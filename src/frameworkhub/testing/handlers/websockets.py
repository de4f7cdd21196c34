"""WebSockets, where the app may have them."""

from __future__ import annotations

import asyncio
from typing import Any

import frameworkhub as hub

from ..app import Both
from .probe import note


def add(both: Both) -> None:
    @both.app.get("/ws/shared", name="ws_shared_http")
    def shared_http(request: hub.Request) -> str:
        return "http"

    @both.app.get("/ws/http-only", name="ws_http_only")
    def http_only(request: hub.Request) -> str:
        return "http"

    if both.websocket:
        _add_messages(both.app)
        _add_handshakes(both.app)
        _add_ends(both.app)
        _add_places(both.app)


def _add_messages(app: hub.App) -> None:
    @app.websocket("/ws/echo", name="ws_echo")
    async def echo(ws: hub.WebSocket) -> None:
        await ws.accept()
        async for message in ws:
            await ws.send(message)

    @app.websocket("/ws/json", name="ws_json")
    async def json(ws: hub.WebSocket) -> None:
        await ws.accept()
        while True:
            try:
                await ws.send_json({"got": await ws.receive_json()})
            except ValueError:
                await ws.send_text("ValueError")

    @app.websocket("/ws/typed", name="ws_typed")
    async def typed(ws: hub.WebSocket) -> None:
        await ws.accept()
        for receive in (ws.receive_text, ws.receive_bytes, ws.receive_text, ws.receive_bytes):
            try:
                await ws.send(await receive())
            except TypeError as error:
                await ws.send(f"TypeError: {error}")
        await ws.send_bytes(b"bytes")

    @app.websocket("/ws/push/{number:int}", name="ws_push")
    async def push(ws: hub.WebSocket, number: int) -> None:
        await ws.accept()
        for i in range(number):
            await ws.send(str(i))


def _add_handshakes(app: hub.App) -> None:
    @app.websocket("/ws/subprotocol", name="ws_subprotocol")
    async def subprotocol(ws: hub.WebSocket) -> None:
        chosen = ws.query.get("choose")
        try:
            await ws.accept(subprotocol=chosen)
        except ValueError:
            await ws.accept()
            await ws.send("ValueError")
        await ws.send_json([ws.subprotocols, ws.subprotocol])

    @app.websocket("/ws/headers", name="ws_headers")
    async def headers(ws: hub.WebSocket) -> None:
        fields = [("X-One", "1"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; Secure")]
        await ws.accept(headers=fields)
        await ws.send(ws.headers.get("x-asked", "none"))

    @app.websocket("/ws/bad-header", name="ws_bad_header")
    async def bad_header(ws: hub.WebSocket) -> None:
        try:
            await ws.accept(headers={"x-a": "1\r\nx-evil: 1"})
        except ValueError:
            await ws.accept()
            await ws.send("ValueError")

    @app.websocket("/ws/refuse", name="ws_refuse")
    async def refuse(ws: hub.WebSocket) -> None:
        await ws.close()

    @app.websocket("/ws/refuse/{status:int}", name="ws_refuse_with")
    async def refuse_with(ws: hub.WebSocket, status: int) -> None:
        raise hub.HTTPError(status, "not you", headers={"x-why": "because"})

    @app.websocket("/ws/refuse-by-error", name="ws_refuse_by_error")
    async def refuse_by_error(ws: hub.WebSocket) -> None:
        raise RuntimeError("secret before accept")

    @app.websocket("/ws/never-accepts", name="ws_never_accepts")
    async def never_accepts(ws: hub.WebSocket) -> None:
        return None

    @app.websocket("/ws/misuse", name="ws_misuse")
    async def misuse(ws: hub.WebSocket) -> None:
        told = [await _error(ws.receive()), await _error(ws.send("x"))]
        await ws.accept()
        await ws.send_json([*told, await _error(ws.accept())])


async def _error(awaitable: Any) -> str:
    try:
        await awaitable
    except Exception as error:
        return type(error).__name__
    return "no error"


def _add_ends(app: hub.App) -> None:
    @app.websocket("/ws/close/{code:int}", name="ws_close")
    async def close(ws: hub.WebSocket, code: int) -> None:
        await ws.accept()
        await ws.close(code, ws.query.get("reason", ""))

    @app.websocket("/ws/bad-close", name="ws_bad_close")
    async def bad_close(ws: hub.WebSocket) -> None:
        await ws.accept()
        codes = [await _error(ws.close(code)) for code in (0, 999, 1004, 1005, 1006, 1015, 5000)]
        await ws.send_json([*codes, await _error(ws.close(1000, "é" * 62))])

    @app.websocket("/ws/end", name="ws_end")
    async def end(ws: hub.WebSocket) -> None:
        await ws.accept()
        await ws.send("last")

    @app.websocket("/ws/fail", name="ws_fail")
    async def fail(ws: hub.WebSocket) -> None:
        await ws.accept()
        raise RuntimeError(f"handler failed {ws.query['run']}")

    @app.websocket("/ws/late-http-error", name="ws_late_http_error")
    async def late_http_error(ws: hub.WebSocket) -> None:
        await ws.accept()
        raise hub.HTTPError(404)

    @app.websocket("/ws/watch/{run}", name="ws_watch")
    async def watch(ws: hub.WebSocket, run: str) -> None:
        await ws.accept()
        try:
            while True:
                await ws.receive()
        except hub.WebSocketClosed as closed:
            note(f"{run} closed {closed.code} {closed.reason!r}")
            for action in (ws.receive(), ws.send("x"), ws.close()):
                note(f"{run} then {await _error(action)}")

    @app.websocket("/ws/iterate/{run}", name="ws_iterate")
    async def iterate(ws: hub.WebSocket, run: str) -> None:
        await ws.accept()
        messages = [message async for message in ws]
        note(f"{run} iterated {messages}")

    @app.websocket("/ws/ticks/{run}", name="ws_ticks")
    async def ticks(ws: hub.WebSocket, run: str) -> None:
        await ws.accept()
        try:
            while True:
                await ws.send("tick")
                await asyncio.sleep(0.01)
        except hub.WebSocketClosed as closed:
            note(f"{run} closed {closed.code}")
            raise


def _add_places(app: hub.App) -> None:
    @app.websocket("/ws/room/{name}/{number:int}", name="ws_room")
    async def room(ws: hub.WebSocket, name: str, number: int) -> None:
        await ws.accept()
        assert ws.route is not None
        ws.state.seen = True
        found = {
            "params": [name, number, ws.path_params],
            "path": ws.path,
            "root_path": ws.root_path,
            "query": ws.query.multi_items(),
            "cookies": ws.cookies.to_dict(),
            "header": ws.headers.getlist("x-a"),
            "client": ws.client[0] if ws.client else None,
            "url": ws.url,
            "scheme": ws.scheme,
            "route": ws.route.name,
            "url_for": [ws.url_for("ws_echo"), ws.app.url_for("ws_room", name="é", number=1)],
            "native": ws.native is not None,
            "app": ws.app.name,
        }
        await ws.send_json(found)

    @app.websocket("/ws/shared", name="ws_shared")
    async def shared(ws: hub.WebSocket) -> None:
        await ws.accept()
        await ws.send("websocket")

    @app.websocket("/ws/order/fixed", name="ws_fixed")
    async def fixed(ws: hub.WebSocket) -> None:
        await ws.accept()
        await ws.send("fixed")

    @app.websocket("/ws/order/{name}", name="ws_dynamic")
    async def dynamic(ws: hub.WebSocket, name: str) -> None:
        await ws.accept()
        await ws.send(f"dynamic {name}")
