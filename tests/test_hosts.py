"""What hosts with a protocol of their own share."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

import frameworkhub as hub
from frameworkhub import asgi, hosts
from frameworkhub.asgi import Message, Scope
from frameworkhub.errors import ClientDisconnect, HTTPError
from frameworkhub.hosts import HIGH_WATER, Inbox, WebSocketBridge, http_scope

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = [
    (b"Upgrade", b"WebSocket"),
    (b"Connection", b"keep-alive, Upgrade"),
    (b"Sec-WebSocket-Version", b"13"),
    (b"Sec-WebSocket-Key", KEY),
    (b"Sec-WebSocket-Protocol", b"a, b"),
    (b"Sec-WebSocket-Protocol", b"c"),
]


# Scopes.


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        (b"/a%20b%2Fc?x=1&x=?", "/a b/c", b"/a%20b%2Fc", b"x=1&x=?"),
        (b"//a", "//a", b"//a", b""),
        (b"/%FF", "/\ufffd", b"/%FF", b""),
        (b"/\xc3\xa9", "/é", b"/\xc3\xa9", b""),
        (b"/x?u=http://y/z", "/x", b"/x", b"u=http://y/z"),
        (b"http://example.test/a?b", "/a", b"/a", b"b"),
        (b"http://example.test", "/", b"/", b""),
        (b"http://example.test?q=/", "/", b"/", b"q=/"),
        (b"*", "*", b"*", b""),
    ],
)
def test_target(target: bytes, path: str, raw_path: bytes, query: bytes) -> None:
    scope = http_scope("GET", target, [])
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == (path, raw_path, query)


def test_fields_keep_order_and_repeats() -> None:
    scope = http_scope("GET", b"/", [(b"X-A", b"1"), (b"B", b"2"), (b"x-a", b"3")])
    assert scope["headers"] == [(b"x-a", b"1"), (b"b", b"2"), (b"x-a", b"3")]


def test_websocket_scope() -> None:
    scope = http_scope("GET", b"/ws", HANDSHAKE, scheme="https")
    assert hosts.is_websocket(scope)
    found = hosts.websocket_scope(scope)
    assert (found["type"], found["scheme"], found["path"]) == ("websocket", "wss", "/ws")
    assert found["subprotocols"] == ["a", "b", "c"]
    assert "method" not in found


@pytest.mark.parametrize(
    ("method", "version", "headers"),
    [
        ("POST", "1.1", HANDSHAKE),
        ("GET", "1.0", HANDSHAKE),
        ("GET", "1.1", HANDSHAKE[1:]),
        ("GET", "1.1", HANDSHAKE[:1]),
        ("GET", "1.1", [(b"Upgrade", b"h2c"), *HANDSHAKE[1:]]),
    ],
)
def test_no_websocket(method: str, version: str, headers: list[tuple[bytes, bytes]]) -> None:
    assert not hosts.is_websocket(http_scope(method, b"/", headers, http_version=version))


# Bodies.


def body(message: Message) -> tuple[Any, ...]:
    return message["type"], message.get("body"), message.get("more_body")


def test_inbox() -> None:
    async def main() -> list[tuple[Any, ...]]:
        inbox = Inbox()
        inbox.feed(b"one")
        inbox.feed(b"two")
        inbox.finish()
        inbox.disconnect()
        assert inbox.complete and not inbox.wanted.is_set()
        found = [body(await inbox.receive()) for _ in range(5)]
        assert inbox.wanted.is_set()
        return found

    gone = ("http.disconnect", None, None)
    pieces = [("http.request", b"one", True), ("http.request", b"two", True)]
    assert asyncio.run(main()) == [*pieces, ("http.request", b"", False), gone, gone]


def test_inbox_waits() -> None:
    async def main() -> None:
        inbox = Inbox()
        reading = asyncio.create_task(inbox.receive())
        await asyncio.sleep(0)
        assert not reading.done()
        inbox.feed(b"x")
        assert body(await reading) == ("http.request", b"x", True)
        reading = asyncio.create_task(inbox.receive())
        await asyncio.sleep(0)
        inbox.disconnect()
        assert (await reading)["type"] == "http.disconnect"

    asyncio.run(main())


def test_inbox_as_a_stream() -> None:
    """Who leaves off reading goes on where it was; the client that goes is told."""

    async def main() -> None:
        inbox = Inbox()
        stream = hosts.InboxStream(inbox, None)
        inbox.feed(b"one")
        inbox.feed(b"two")
        inbox.feed(b"three")
        async for chunk in stream:
            assert chunk == b"one"
            break
        assert await stream.aread() == b"two"
        inbox.disconnect()
        chunks = aiter(stream)
        assert await anext(chunks) == b"three"
        with pytest.raises(ClientDisconnect):
            await anext(chunks)

    asyncio.run(main())


def test_limit_of_an_inbox_as_a_stream() -> None:
    async def main() -> None:
        inbox = Inbox()
        inbox.feed(b"one")
        inbox.finish()
        assert [chunk async for chunk in hosts.InboxStream(inbox, 3)] == [b"one"]
        inbox = Inbox()
        inbox.feed(b"four")
        with pytest.raises(HTTPError):
            [chunk async for chunk in hosts.InboxStream(inbox, 3)]

    asyncio.run(main())


def test_backpressure() -> None:
    async def main() -> None:
        calls: list[str] = []
        inbox = Inbox(lambda: calls.append("pause"), lambda: calls.append("resume"))
        inbox.feed(b"x" * HIGH_WATER)
        await inbox.room()
        inbox.feed(b"y")
        inbox.feed(b"z")
        waiting = asyncio.create_task(inbox.room())
        await asyncio.sleep(0)
        assert (calls, waiting.done()) == (["pause"], False)
        await inbox.receive()
        await waiting
        assert calls == ["pause", "resume"]

    asyncio.run(main())


@pytest.mark.parametrize("end", ["disconnect", "finish"])
def test_discard(end: str) -> None:
    """What nobody wants takes no room, and is over at the body's end, or the client's."""

    async def main() -> None:
        inbox = Inbox()
        inbox.feed(b"x" * (HIGH_WATER + 1))
        dropping = asyncio.create_task(inbox.discard())
        await inbox.room()
        inbox.feed(b"x" * (HIGH_WATER + 1))
        await inbox.room()
        assert not dropping.done()
        getattr(inbox, end)()
        await dropping

    asyncio.run(main())


def test_discard_has_an_end() -> None:
    asyncio.run(Inbox().discard(0.01))


def test_reset_is_no_good_end() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        ours, _ = server.accept()
        hosts.reset(ours)
        ours.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


# WebSockets.


class Host(WebSocketBridge):
    """Notes what it is told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[Any, ...]] = []

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        self.done.append(("accept", subprotocol, headers))

    async def transmit(self, data: str | bytes) -> None:
        self.done.append(("transmit", data))

    async def close(self, code: int, reason: str) -> None:
        self.done.append(("close", code, reason))

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.done.append(("refuse", status, dict(headers).get("sec-websocket-version")))


def socket_app() -> hub.App:
    app = hub.App()

    @app.websocket("/echo")
    async def echo(ws: hub.WebSocket) -> None:
        await ws.accept("b", [("x-a", "1")])
        async for message in ws:
            await ws.send(message)

    @app.websocket("/refuse")
    async def refuse(ws: hub.WebSocket) -> None:
        raise hub.HTTPError(401)

    return app


def handshake(path: bytes, headers: list[tuple[bytes, bytes]] = HANDSHAKE) -> Scope:
    return http_scope("GET", path, headers)


async def carry(host: Host, app: hub.App, scope: Scope) -> list[tuple[Any, ...]]:
    await host.run(app.site(), scope)
    return host.done


def test_bridge() -> None:
    async def main() -> list[tuple[Any, ...]]:
        host = Host()
        host.feed("text")
        host.feed(b"bytes")
        host.disconnect(None)
        return await carry(host, socket_app(), handshake(b"/echo"))

    accepted = ("accept", "b", [("x-a", "1")])
    assert asyncio.run(main()) == [accepted, ("transmit", "text"), ("transmit", b"bytes")]


@pytest.mark.parametrize(
    ("path", "headers", "wanted"),
    [
        (b"/refuse", HANDSHAKE, ("refuse", 401, None)),
        (b"/nowhere", HANDSHAKE, ("refuse", 404, None)),
        (b"/echo", HANDSHAKE[:2], ("refuse", 426, "13")),
        (b"/echo", HANDSHAKE[:3], ("refuse", 400, None)),
        (b"/echo", [*HANDSHAKE[:3], (b"Sec-WebSocket-Key", b"x")], ("refuse", 400, None)),
    ],
)
def test_bridge_refuses(
    path: bytes, headers: list[tuple[bytes, bytes]], wanted: tuple[Any, ...]
) -> None:
    assert asyncio.run(carry(Host(), socket_app(), handshake(path, headers))) == [wanted]


def test_close_websockets() -> None:
    """A server that stops closes the WebSockets of its own app, and waits for their handlers."""

    async def main() -> None:
        app, other = socket_app(), socket_app()
        host, neighbour = Host(), Host()
        tasks = [
            asyncio.create_task(carry(host, app, handshake(b"/echo"))),
            asyncio.create_task(carry(neighbour, other, handshake(b"/echo"))),
        ]
        await asyncio.sleep(0.01)
        await hosts.close_websockets(app)
        assert (tasks[0].done(), host.done[-1]) == (True, ("close", 1001, ""))
        assert (tasks[1].done(), len(neighbour.done)) == (False, 1)
        await hosts.close_websockets(other)

    asyncio.run(main())


# Guarded work.


class Watched:
    """A request, and its source: the client goes when `lost` is done."""

    def __init__(self) -> None:
        self.source = self
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.watched = 0

    def watch(self) -> asyncio.Future[None]:
        self.watched += 1
        return self.lost


def test_guarded_work_that_never_waits() -> None:
    """It needs no watch, and what it gives or raises comes through."""

    async def main() -> None:
        source = Watched()

        async def work(fail: bool) -> str:
            if fail:
                raise KeyError("fail")
            return "done"

        assert await asgi.guarded(source, work(False)) == "done"
        with pytest.raises(KeyError):
            await asgi.guarded(source, work(True))
        await asyncio.sleep(0)
        assert source.watched == 0

    asyncio.run(main())


def test_guarded_work_that_waits() -> None:
    async def main() -> None:
        source = Watched()

        async def work() -> str:
            for _ in range(3):
                await asyncio.sleep(0)
            return "done"

        assert await asgi.guarded(source, work()) == "done"
        assert source.watched == 1
        source.lost.set_result(None)  # Nobody is cancelled any more.
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None and not task.cancelling()

    asyncio.run(main())


@pytest.mark.parametrize("stubborn", [False, True])
def test_guarded_work_whose_client_goes(stubborn: bool) -> None:
    """It is cancelled where it waits, may wait again while it ends, and is told apart."""

    async def main() -> None:
        source, ended = Watched(), []

        async def work() -> str:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if not stubborn:
                    raise
            finally:
                await asyncio.sleep(0)
                ended.append(True)
            return "done"

        asyncio.get_running_loop().call_later(0.01, source.lost.set_result, None)
        with pytest.raises(hub.ClientDisconnect):
            await asgi.guarded(source, work())
        task = asyncio.current_task()
        assert ended and task is not None and not task.cancelling()

    asyncio.run(main())


def test_guarded_work_that_others_cancel() -> None:
    async def main() -> None:
        async def work() -> None:
            await asyncio.sleep(60)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asgi.guarded(Watched(), work())

    asyncio.run(main())
