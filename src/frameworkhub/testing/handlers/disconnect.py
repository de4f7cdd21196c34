"""Handlers whose client goes while they work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import frameworkhub as hub

from ..app import Both
from .probe import note
from .streams import PATIENCE

CHUNK = b"x" * 1024


def add(both: Both) -> None:
    _add_sync(both.each("sync"))
    _add_async(both.each("async"))


def _add_sync(both: Both) -> None:
    @both.get("/disconnect/between/{run}")
    def between(request: hub.Request, run: str) -> Iterator[bytes]:
        note(f"{run} begun")
        request.after(note, f"{run} after")
        try:
            while True:
                yield CHUNK
                time.sleep(0.02)
        finally:
            note(f"{run} closed, gone: {request.is_disconnected}")

    @both.get("/disconnect/waiting/{run}")
    def waiting(request: hub.Request, run: str) -> Iterator[bytes]:
        try:
            yield CHUNK
            time.sleep(0.5)
            while True:
                yield CHUNK
                time.sleep(0.02)
        finally:
            note(f"{run} closed, gone: {request.is_disconnected}")

    @both.get("/disconnect/polling/{run}")
    def polling(request: hub.Request, run: str) -> None:
        note(f"{run} begun, gone: {request.is_disconnected}")
        end = time.monotonic() + 2 * PATIENCE
        while not request.is_disconnected and time.monotonic() < end:
            time.sleep(0.02)
        note(f"{run} ended, gone: {request.is_disconnected}")

    @both.get("/disconnect/here")
    def here(request: hub.Request) -> Iterator[str]:
        yield f"{request.is_disconnected} "
        yield f"{request.is_disconnected}"


def _add_async(both: Both) -> None:
    @both.get("/disconnect/between/{run}")
    async def between(request: hub.Request, run: str) -> AsyncIterator[bytes]:
        note(f"{run} begun")
        request.after(note, f"{run} after")
        try:
            while True:
                yield CHUNK
                await asyncio.sleep(0.02)
        finally:
            await _clean_up(request, run)

    @both.get("/disconnect/waiting/{run}")
    async def waiting(request: hub.Request, run: str) -> AsyncIterator[bytes]:
        try:
            yield CHUNK
            await asyncio.sleep(60)
        finally:
            await _clean_up(request, run)

    @both.get("/disconnect/polling/{run}")
    async def polling(request: hub.Request, run: str) -> None:
        note(f"{run} begun, gone: {request.is_disconnected}")
        end = time.monotonic() + 2 * PATIENCE
        while not request.is_disconnected and time.monotonic() < end:
            await asyncio.sleep(0.02)
        note(f"{run} ended, gone: {request.is_disconnected}")

    @both.get("/disconnect/here")
    async def here(request: hub.Request) -> AsyncIterator[Any]:
        yield f"{request.is_disconnected} "
        yield f"{request.is_disconnected}"


async def _clean_up(request: hub.Request, run: str) -> None:
    # What cleans up may have to wait: the cancellation must not come a second time.
    await asyncio.sleep(0.02)
    note(f"{run} closed, gone: {request.is_disconnected}")
