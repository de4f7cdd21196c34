"""One request's body, response and WebSocket, in the terms of aiohttp."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from frameworkhub import HTTPError, hosts
from frameworkhub.asgi import Message

# Seconds that a client has to answer the closing handshake of a WebSocket.
CLOSE_SECONDS = 3.0


class Watched(asyncio.Protocol):
    """Stands before a connection's own protocol to tell when the connection is lost.

    Attributes:
        lost: set when it is.
        content: the body of the latest request.
    """

    def __init__(self, protocol: Any) -> None:
        self.lost = asyncio.Event()
        self.content: Any = None
        self._protocol = protocol
        for name in ("data_received", "eof_received", "pause_writing", "resume_writing"):
            setattr(self, name, getattr(protocol, name))

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set()
        self._protocol.connection_lost(error)
        if self.content is not None and self.content.exception() is None:
            # Once it has answered, aiohttp goes on waiting for a body that can't come any more.
            self.content.set_exception(asyncio.CancelledError())


def watch(request: web.Request) -> asyncio.Event:
    """Set as soon as the connection is lost; one per connection."""
    if (transport := request.transport) is None:
        gone = asyncio.Event()
        gone.set()
        return gone
    protocol = transport.get_protocol()
    if not isinstance(protocol, Watched):
        protocol = Watched(protocol)
        transport.set_protocol(protocol)
    protocol.content = request.content
    return protocol.lost


def cut(request: web.Request) -> asyncio.CancelledError:
    """Ends the connection, not well; what to raise where nobody has to be told."""
    if (transport := request.transport) is not None:
        if request.version < (1, 1):
            hosts.reset(transport.get_extra_info("socket"))
        transport.abort()
    return asyncio.CancelledError("the client went")


class Body:
    """The ASGI `receive` of a request.

    Attributes:
        expected: the client waits for `100 Continue` before it sends the body.
    """

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._lost = watch(request)
        self._ended = False
        self.expected = request.headers.get("Expect", "").lower() == "100-continue"

    async def receive(self) -> Message:
        if self._ended:
            await self._lost.wait()
            return {"type": "http.disconnect"}
        content = self._request.content
        if self.expected and not content.is_eof():
            await self._continue()
        try:
            chunk = await content.readany()
        except Exception as error:
            self._ended = True
            if self._request.transport is None:
                return {"type": "http.disconnect"}
            raise HTTPError(400, "the body is malformed") from error
        self._ended = content.at_eof()
        return {"type": "http.request", "body": chunk, "more_body": not self._ended}

    async def _continue(self) -> None:
        self.expected = False
        writer = self._request.writer
        await writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.output_size = 0  # As aiohttp does: the response has not begun.


class _Exact:
    """A response that sends the fields it has, and invents none."""

    def __init__(self, response: Any, **body: Any) -> None:
        self.hub = response
        reason = response.status_line.partition(" ")[2]
        fields = CIMultiDict(response.header_list)
        super().__init__(status=response.status, reason=reason, headers=fields, **body)

    async def _prepare_headers(self) -> None:
        typed = "Content-Type" in self.headers
        await super()._prepare_headers()
        if not typed:
            self.headers.popall("Content-Type", None)

    async def _write_headers(self) -> None:
        if all(value.isascii() for value in self.headers.values()):
            await super()._write_headers()
            return
        # aiohttp writes UTF-8, but fields are Latin-1 (RFC 9110, section 5.5).
        at_once, self._send_headers_immediately = self._send_headers_immediately, False
        await super()._write_headers()
        writer = self._payload_writer
        writer._headers_buf = writer._headers_buf.decode().encode("latin-1")
        if at_once:
            writer.send_headers()


class Whole(_Exact, web.Response):
    """A response whose body is known; what is to be done when it has been sent is done then."""

    def __init__(self, response: Any) -> None:
        super().__init__(response, body=response.body)
        if response.delivery.has_duties and (task := asyncio.current_task()):
            # A middleware may send another one instead.
            task.add_done_callback(lambda _: _later(response.aclose()))

    async def write_eof(self, data: bytes = b"") -> None:
        try:
            await super().write_eof(data)
        finally:
            await self.hub.aclose()


class Streamed(_Exact, web.StreamResponse):
    """A response that is written chunk by chunk."""

    async def prepare(self, request: Any) -> Any:
        if request.version < (1, 1) and "Content-Length" not in self.headers:
            self.force_close()  # Its end is the end of the body.
        return await super().prepare(request)


def _later(work: Any) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _LATER.add(task)
    task.add_done_callback(_LATER.discard)


_LATER: set[asyncio.Task[None]] = set()


class Bridge(hosts.WebSocketBridge):
    """A WebSocket over aiohttp's own.

    Attributes:
        answer: what the handler returns to aiohttp.
    """

    answer: web.StreamResponse

    def __init__(self, request: web.Request) -> None:
        super().__init__()
        self._request = request
        self._ws: Any = None

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        self.answer = self._ws = web.WebSocketResponse(
            protocols=[subprotocol] if subprotocol else [],
            max_msg_size=hosts.MAX_MESSAGE,
            timeout=CLOSE_SECONDS,
        )
        self._ws.headers.extend(headers)
        await self._ws.prepare(self._request)

    async def transmit(self, data: str | bytes) -> None:
        await (self._ws.send_str(data) if isinstance(data, str) else self._ws.send_bytes(data))

    async def close(self, code: int, reason: str) -> None:
        if self._ws is not None:
            await self._ws.close(code=code, message=reason.encode())

    async def refuse(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = web.Response(status=status, headers=CIMultiDict(headers), body=body)

    async def incoming(self) -> Message:
        if self.ended is not None:
            return self.ended
        message = await self._ws.receive()
        if message.type == WSMsgType.TEXT:
            return {"type": "websocket.receive", "text": message.data}
        if message.type == WSMsgType.BINARY:
            return {"type": "websocket.receive", "bytes": message.data}
        if message.type == WSMsgType.CLOSE:
            return hosts.disconnected(message.data, message.extra)
        lost = message.type == WSMsgType.CLOSED or self._ws.close_code is None
        return self.ended or hosts.disconnected(1006 if lost else self._ws.close_code)
