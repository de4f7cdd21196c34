"""Holds an ASGI application to the order and the types of its messages (ASGI specification 3.0).

The sibling of `wsgiref.validate`: a broken rule raises AssertionError in the application's `send`,
and is noted in `problems`, as an application may swallow it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+").fullmatch


class Lint:
    """Wraps an application; `problems` collects what it did wrong."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.problems: list[str] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        check = _CHECKS[scope["type"]](scope)

        async def checked_send(message: Message) -> None:
            try:
                check.sent(message)
            except AssertionError as error:
                self.problems.append(f"{scope.get('path', 'lifespan')}: {error}")
                raise
            try:
                await send(message)
            except OSError:
                check.gone = True
                raise

        async def checked_receive() -> Message:
            message = await receive()
            check.gone = check.gone or message["type"].endswith(".disconnect")
            return message

        await self.app(scope, checked_receive, checked_send)
        if problem := check.unfinished():
            self.problems.append(f"{scope.get('path', 'lifespan')}: {problem}")


class _Check:
    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self.scope = scope
        self.state = "start"
        self.gone = False

    def sent(self, message: Message) -> None:
        assert isinstance(message, dict), f"a message is a dict, not {type(message).__name__}"
        kind = message.get("type")
        step = self.steps().get((self.state, kind))
        assert step is not None, f"{kind} must not be sent in state {self.state!r}"
        self.state = step(message)

    def steps(self) -> dict[tuple[str, Any], Callable[[Message], str]]:
        raise NotImplementedError

    def unfinished(self) -> str:
        """What the application left undone when it returned; "" if nothing."""
        return ""


class _Http(_Check):
    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        super().__init__(scope)
        self.status = 0
        self.length: int | None = None
        self.size = 0

    def steps(self) -> dict[tuple[str, Any], Callable[[Message], str]]:
        return {
            ("start", "http.response.start"): self._start,
            ("body", "http.response.body"): self._body,
        }

    def _start(self, message: Message) -> str:
        self.status = message["status"]
        assert type(self.status) is int and 200 <= self.status <= 599, f"status {self.status!r}"
        assert not message.get("trailers"), "trailers are not announced by the server"
        self.length = _length(_headers(message.get("headers", ())))
        return "body"

    def _body(self, message: Message) -> str:
        data = message.get("body", b"")
        assert isinstance(data, bytes), f"a body is bytes, not {type(data).__name__}"
        assert type(message.get("more_body", False)) is bool, "more_body is a bool"
        self.size += len(data)
        bare = self.scope["method"] == "HEAD" or self.status in (204, 304)
        assert not (bare and data), f"a body in answer to {self.scope['method']}, {self.status}"
        if message.get("more_body", False):
            return "body"
        if self.length is not None and not bare:
            assert self.size == self.length, f"{self.size} bytes, Content-Length {self.length}"
        return "end"

    def unfinished(self) -> str:
        return "" if self.gone or self.state == "end" else f"it returned in state {self.state!r}"


class _WebSocket(_Check):
    def steps(self) -> dict[tuple[str, Any], Callable[[Message], str]]:
        return {
            ("start", "websocket.accept"): self._accept,
            ("start", "websocket.close"): self._close,
            ("start", "websocket.http.response.start"): self._deny,
            ("denied", "websocket.http.response.body"): self._denied,
            ("open", "websocket.send"): self._send,
            ("open", "websocket.close"): self._close,
        }

    def _accept(self, message: Message) -> str:
        _headers(message.get("headers", ()))
        chosen = message.get("subprotocol")
        offered = self.scope.get("subprotocols", [])
        assert chosen is None or chosen in offered, f"{chosen!r} was not offered: {offered}"
        return "open"

    def _send(self, message: Message) -> str:
        data, text = message.get("bytes"), message.get("text")
        assert (data is None) != (text is None), "exactly one of bytes and text"
        assert isinstance(data, bytes) or isinstance(text, str), "bytes are bytes, text is str"
        return "open"

    def _close(self, message: Message) -> str:
        assert type(message.get("code", 1000)) is int, "a close code is an int"
        assert isinstance(message.get("reason") or "", str), "a close reason is a str"
        return "end"

    def _deny(self, message: Message) -> str:
        known = "websocket.http.response" in self.scope.get("extensions", {})
        assert known, "the server has no websocket.http.response extension"
        _headers(message.get("headers", ()))
        return "denied"

    def _denied(self, message: Message) -> str:
        return "denied" if message.get("more_body", False) else "end"

    def unfinished(self) -> str:
        return "" if self.gone or self.state == "end" else f"it returned in state {self.state!r}"


class _Lifespan(_Check):
    def steps(self) -> dict[tuple[str, Any], Callable[[Message], str]]:
        return {
            ("start", "lifespan.startup.complete"): lambda message: "up",
            ("start", "lifespan.startup.failed"): lambda message: "end",
            ("up", "lifespan.shutdown.complete"): lambda message: "end",
            ("up", "lifespan.shutdown.failed"): lambda message: "end",
        }


_CHECKS: dict[str, Callable[[MutableMapping[str, Any]], _Check]] = {
    "http": _Http,
    "websocket": _WebSocket,
    "lifespan": _Lifespan,
}


def _headers(headers: Iterable[Any]) -> list[tuple[bytes, bytes]]:
    fields = []
    for field in headers:
        name, value = field
        assert isinstance(name, bytes) and isinstance(value, bytes), f"{field!r} is not bytes"
        assert _NAME(name), f"header name {name!r} is no lower-case token"
        assert not set(value) & set(b"\r\n\0"), f"header {name!r} has {value!r}"
        fields.append((name, value))
    return fields


def _length(headers: list[tuple[bytes, bytes]]) -> int | None:
    lengths = {value for name, value in headers if name == b"content-length"}
    assert len(lengths) < 2, f"Content-Length is contradictory: {lengths}"
    return int(lengths.pop()) if lengths else None
