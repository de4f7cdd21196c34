"""Streamed requests: `stream=True`."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import frameworkhub as hub

from ..app import Both
from .probe import count, note


def add(both: Both) -> None:
    _add_sync(both.each("sync"))
    _add_async(both.each("async"))
    _add_refusals(both)


def _digest(chunks: list[bytes]) -> dict[str, Any]:
    body = b"".join(chunks)
    return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _add_sync(both: Both) -> None:
    @both.post("/uploads/read/{run}", stream=True)
    def read(request: hub.Request, run: str) -> dict[str, Any]:
        chunks = []
        for chunk in request.stream:
            chunks.append(chunk)
            note(f"{run} {sum(map(len, chunks))}")
        return _digest(chunks)

    @both.post("/uploads/echo", stream=True)
    def echo(request: hub.Request) -> Iterator[bytes]:
        for chunk in request.stream:
            yield chunk.upper()

    @both.post("/uploads/size", stream=True)
    def size(request: hub.Request) -> int:
        return sum(len(chunk) for chunk in request.stream)

    @both.post("/uploads/twice", stream=True)
    def twice(request: hub.Request) -> list[str]:
        first = b"".join(request.stream)
        return [first.decode(), b"".join(request.stream).decode()]

    @both.post("/uploads/limited", stream=True, max_body_size=1000)
    def limited(request: hub.Request) -> int:
        return sum(len(chunk) for chunk in request.stream)

    @both.post("/uploads/gone/{run}", stream=True)
    def gone(request: hub.Request, run: str) -> None:
        note(f"{run} begun")
        try:
            for _ in request.stream:
                pass
        except hub.ClientDisconnect:
            note(f"{run} ClientDisconnect {request.is_disconnected}")
            raise


def _add_async(both: Both) -> None:
    @both.post("/uploads/read/{run}", stream=True)
    async def read(request: hub.Request, run: str) -> dict[str, Any]:
        chunks = []
        async for chunk in request.stream:
            chunks.append(chunk)
            note(f"{run} {sum(map(len, chunks))}")
        return _digest(chunks)

    @both.post("/uploads/echo", stream=True)
    async def echo(request: hub.Request) -> AsyncIterator[bytes]:
        async for chunk in request.stream:
            yield chunk.upper()

    @both.post("/uploads/size", stream=True)
    async def size(request: hub.Request) -> int:
        total = 0
        async for chunk in request.stream:
            total += len(chunk)
        return total

    @both.post("/uploads/twice", stream=True)
    async def twice(request: hub.Request) -> list[str]:
        first = b"".join([chunk async for chunk in request.stream])
        again = b"".join([chunk async for chunk in request.stream])
        return [first.decode(), again.decode()]

    @both.post("/uploads/limited", stream=True, max_body_size=1000)
    async def limited(request: hub.Request) -> int:
        total = 0
        async for chunk in request.stream:
            total += len(chunk)
        return total

    @both.post("/uploads/gone/{run}", stream=True)
    async def gone(request: hub.Request, run: str) -> None:
        note(f"{run} begun")
        try:
            async for _ in request.stream:
                pass
        except hub.ClientDisconnect:
            note(f"{run} ClientDisconnect {request.is_disconnected}")
            raise


def _add_refusals(both: Both) -> None:
    @both.post("/uploads/whole/{attribute}", stream=True)
    def whole(request: hub.Request, attribute: str) -> str:
        try:
            found = getattr(request, attribute)
            found() if callable(found) else found
        except RuntimeError as error:
            return f"RuntimeError: {error}"
        return "no error"

    @both.post("/uploads/plain")
    def plain(request: hub.Request) -> str:
        try:
            return repr(request.stream)
        except RuntimeError as error:
            return f"RuntimeError: {error}"

    @both.post("/uploads/ignored", stream=True)
    def ignored(request: hub.Request) -> str:
        count("uploads ignored")
        return "not read"
