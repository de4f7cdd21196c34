"""The bundled load maker, for where wrk is not: HTTP/1.1 on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from functools import partial
from time import perf_counter
from typing import Any

from ..check.requests import Request
from ..errors import HubError
from .load import CONNECTIONS, PATIENCE, Address, Burst, head

Steps = Generator[None, None, bool]


class AsyncioLoad:
    """Several connections, each with one request at a time. It is slower than wrk."""

    name = "asyncio"

    def burst(self, address: Address, request: Request, seconds: float) -> Burst:
        try:
            answers, took = asyncio.run(_burst(address, request, seconds))
        except TimeoutError:
            raise HubError(f"{request}: no answer in {PATIENCE:.0f} s") from None
        except ExceptionGroup as errors:
            raise HubError(f"{request}: {errors.exceptions[0]}") from None
        return Burst(answers, took)


async def _burst(address: Address, request: Request, seconds: float) -> tuple[int, float]:
    start = perf_counter()
    end = start + seconds
    async with asyncio.timeout(seconds + PATIENCE), asyncio.TaskGroup() as group:
        clients = [group.create_task(_client(address, request, end)) for _ in range(CONNECTIONS)]
    return sum(client.result() for client in clients), perf_counter() - start


async def _client(address: Address, request: Request, end: float) -> int:
    """Asks on one connection after the other, each as long as the server keeps it."""
    loop = asyncio.get_running_loop()
    answers = 0
    while not answers or perf_counter() < end:
        client = Client(request, end, loop.create_future())
        transport, _ = await loop.create_connection(partial(_same, client), *address)
        try:
            answers += await client.ended
        finally:
            transport.close()
    return answers


def _same(client: Client) -> Client:
    return client


class Client(asyncio.Protocol):
    """One connection: asks until `end`; its future `ended` has the number of answers."""

    def __init__(self, request: Request, end: float, ended: asyncio.Future[int]) -> None:
        self.sent = head(request) + request.body
        self.bodiless = request.method == "HEAD"
        self.end = end
        self.ended = ended
        self.answers = 0
        self.buffer = bytearray()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.steps = answer(self.buffer, self.bodiless)
        next(self.steps)
        self.transport.write(self.sent)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._read()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error or ConnectionError("the server closed the connection"))

    def eof_received(self) -> None:
        if not self.ended.done():
            self._read(self.steps.throw, EOFError)

    def _read(self, step: Any = next, *args: Any) -> None:
        try:
            step(*args) if args else step(self.steps)
        except StopIteration as stop:
            self._answered(stop.value)
        except (ValueError, EOFError) as error:
            reason = str(error) or "the server broke off"
            self.ended.set_exception(ValueError(reason))

    def _answered(self, stays: bool) -> None:
        self.answers += 1
        if stays and perf_counter() < self.end:
            self._ask()
        elif not self.ended.done():
            self.ended.set_result(self.answers)


def answer(buffer: bytearray, bodiless: bool) -> Steps:
    """Takes one answer off `buffer`; yields for more. Gives whether the connection stays.

    `EOFError`, thrown in where it yields, is the end of the connection.

    Raises:
        ValueError: the answer is malformed, or its status is no success.
        EOFError: it breaks off.
    """
    yield
    start = yield from _until(buffer, b"\r\n\r\n")
    status, fields = _head(start)
    if not 200 <= status < 300:
        raise ValueError(f"status {status}")
    stays = "close" not in fields.get("connection", "").lower()
    if bodiless or status == 204:
        return stays
    if fields.get("transfer-encoding", "").lower() == "chunked":
        yield from _chunks(buffer)
    elif "content-length" in fields:
        yield from _skip(buffer, int(fields["content-length"]))
    else:
        yield from _rest(buffer)
        return False
    return stays


def _head(start: bytes) -> tuple[int, dict[str, str]]:
    line, *rest = start.decode("latin-1").split("\r\n")
    if not line.startswith("HTTP/1."):
        raise ValueError(f"no HTTP/1.1 answer: {line[:50]!r}")
    fields = dict(field.split(":", 1) for field in rest)
    stripped = {name.lower(): value.strip() for name, value in fields.items()}
    if line.startswith("HTTP/1.0"):
        stripped.setdefault("connection", "close")
    return int(line.split()[1]), stripped


def _until(buffer: bytearray, mark: bytes) -> Generator[None, None, bytes]:
    """All before the mark, which is taken off as well."""
    while (end := buffer.find(mark)) < 0:
        yield
    found = bytes(buffer[:end])
    del buffer[: end + len(mark)]
    return found


def _skip(buffer: bytearray, size: int) -> Generator[None, None, None]:
    while len(buffer) < size:
        size -= len(buffer)
        buffer.clear()
        yield
    del buffer[:size]


def _chunks(buffer: bytearray) -> Generator[None, None, None]:
    while size := int((yield from _until(buffer, b"\r\n")).partition(b";")[0], 16):
        yield from _skip(buffer, size + 2)
    while (yield from _until(buffer, b"\r\n")):
        pass  # a trailer


def _rest(buffer: bytearray) -> Generator[None, None, None]:
    try:
        while True:
            buffer.clear()
            yield
    except EOFError:
        pass
