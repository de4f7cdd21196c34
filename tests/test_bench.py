"""`frameworkhub bench`: its statistics, its load maker, and what it tells. No time is asserted."""

from __future__ import annotations

import asyncio
import json
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from outside import Outside

from frameworkhub.bench import by_hand, measuring, rounds
from frameworkhub.bench.aioload import AsyncioLoad
from frameworkhub.bench.drivers import ASGIDriver, WSGIDriver, measure
from frameworkhub.bench.overhead import REQUESTS, alike
from frameworkhub.bench.processes import cpu_time
from frameworkhub.bench.report import verdict
from frameworkhub.bench.rounds import Ratio, Sample, interleave, orders, ratio
from frameworkhub.bench.twin import make_app
from frameworkhub.check.requests import Request
from frameworkhub.errors import HubError

APP = """
import frameworkhub as hub

app = hub.App()

@app.get("/")
def index(request):
    return "hello"

@app.get("/notes/{id:int}")
def note(request, id):
    return {"id": id}

@app.get("/none/{name}")
def none(request, name):
    raise hub.HTTPError(404)

@app.post("/notes")
def add(request):
    return request.json()
"""
# The control app of a framework that has none of its own: plain WSGI.
CONTROL = """

import json as _json
from urllib.parse import parse_qsl


def answer(environ):
    path, size = environ["PATH_INFO"], int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size) if size else b""
    text, data = "text/plain", "application/json"
    if path == "/stream":
        return "application/octet-stream", [b"x" * 1024] * 10
    if path == "/empty":
        return text, [b"ok"]
    if path.startswith("/items/"):
        return text, [b"42 hub"]
    if path == "/upload":
        return text, [str(len(body)).encode()]
    return data, [body if path == "/json" else _json.dumps(dict(parse_qsl(body.decode()))).encode()]


def control(environ, start_response):
    kind, chunks = answer(environ)
    start_response("200 OK", [("Content-Type", kind)])
    return chunks


def make_app():
    return control
"""
TINY = ("--rounds", "2", "--seconds", "0.05")


# Statistics


def test_a_sample() -> None:
    sample = Sample((4.0, 1.0, 2.0, 3.0, 5.0))
    assert (sample.median, sample.low, sample.high) == (3.0, 2.0, 4.0)
    assert sample.spread == pytest.approx(2 / 3)
    assert (Sample((7.0,)).low, Sample((7.0,)).high) == (7.0, 7.0)


def test_a_ratio_is_of_the_same_rounds() -> None:
    """A round that is slow for both changes nothing."""
    found = ratio(Sample((2.0, 20.0, 4.0)), Sample((1.0, 10.0, 2.0)))
    assert found == Ratio(2.0, 2.0, 2.0)
    found = rounds.difference(Sample((2.0, 5.0, 4.0)), Sample((1.0, 3.0, 1.0)))
    assert found == Ratio(2.0, 1.0, 3.0)


def test_an_interval() -> None:
    """Of few values it is all of them; of many it holds the median, and leaves the tails out."""
    assert rounds.interval([3.0, 1.0, 2.0]) == (1.0, 3.0)
    low, high = rounds.interval([float(i) for i in range(101)])
    assert 20 < low < 50 < high < 80
    assert rounds.interval([1.0] * 20 + [9.0]) == (1.0, 1.0)
    assert rounds.interval([1.0, 5.0, 2.0, 4.0, 3.0, 6.0, 7.0]) == rounds.interval(
        [1.0, 5.0, 2.0, 4.0, 3.0, 6.0, 7.0]
    )


def test_bars() -> None:
    ratio = Ratio(1.04, 1.02, 1.06)
    assert [ratio.within(bar) for bar in (1.1, 1.05, 1.0)] == ["pass", "unclear", "short"]
    assert [ratio.beyond(bar) for bar in (1.0, 1.05, 1.1)] == ["pass", "unclear", "short"]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.01, 1.02, "as fast"),
        (1.03, 1.04, "slower"),
        (0.9, 0.95, "faster"),
        (0.97, 1.05, "as fast"),
        (0.9, 1.1, "can't tell: noise"),
    ],
)
def test_verdicts(low: float, high: float, said: str) -> None:
    assert verdict(Ratio((low + high) / 2, low, high), 10) == said
    assert verdict(Ratio((low + high) / 2, low, high), 3) == "too few rounds"


def test_rounds_are_interleaved() -> None:
    """Each round has every subject once; none is always the first."""
    seen: list[str] = []

    def subject(name: str) -> Callable[[], float]:
        return lambda: seen.append(name) or float(len(seen))

    ticks: list[int] = []
    found = interleave({n: subject(n) for n in "abc"}, 6, lambda: ticks.append(1))
    turns = ["".join(seen[i : i + 3]) for i in range(0, 18, 3)]
    assert {"".join(sorted(turn)) for turn in turns} == {"abc"}
    assert {turn[0] for turn in turns} == set("abc")
    assert len(ticks) == 18
    assert [len(sample.values) for sample in found.values()] == [6, 6, 6]
    assert list(orders(["a"], 2)) == [["a"], ["a"]]


def test_servers_start_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is the first each time."""
    started: list[Any] = []
    monkeypatch.setattr(measuring, "_serve", lambda stack, subject, cpus: started.append(subject))
    plan = measuring.Plan(4, 0.1, lambda *_: None, lambda: None)
    subjects: Any = {"a": "A", "b": "B"}
    assert measuring.over_sockets(subjects, {}, plan, AsyncioLoad()) == {}
    assert started == ["A", "B", "B", "A", "B", "A", "A", "B"]


# In process


@pytest.mark.parametrize("name", REQUESTS)
def test_drivers(name: str) -> None:
    """The small app says the same by WSGI and by ASGI, to the calls that are timed as well."""
    request = REQUESTS[name]
    with asyncio.Runner() as runner:
        by_wsgi = WSGIDriver(make_app("wsgi").wsgi, request)
        by_asgi = ASGIDriver(make_app("asgi").asgi, request, runner)
        alike(name, {"wsgi": by_wsgi.answer(), "asgi": by_asgi.answer()})
        assert measure(by_wsgi, 0.001)() > 0
        assert measure(by_asgi, 0.001)() > 0


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/items/42", 200, b"item 42"),
        ("GET", "/items/forty-two", 404, b"Not Found"),
        ("GET", "/nowhere", 404, b"Not Found"),
        ("POST", "/items/42", 405, b"Method Not Allowed"),
    ],
)
def test_the_callables_by_hand_are_right(method: str, path: str, status: int, body: bytes) -> None:
    request = Request(method, path)
    with asyncio.Runner() as runner:
        for driver in (
            WSGIDriver(by_hand.wsgi, request),
            ASGIDriver(by_hand.asgi, request, runner),
        ):
            answer = driver.answer()
            assert (answer.status, answer.body) == (status, body)


def test_an_upload_arrives_whole() -> None:
    request = REQUESTS["upload of 1 MB"]
    with asyncio.Runner() as runner:
        driver = ASGIDriver(make_app("asgi").asgi, request, runner)
        assert driver.answer().body == str(2**20).encode()


def test_answers_that_differ_are_not_timed() -> None:
    app = make_app("wsgi").wsgi
    good = WSGIDriver(app, Request("GET", "/empty")).answer()
    other = WSGIDriver(app, Request("GET", "/items/1")).answer()
    missing = WSGIDriver(app, Request("GET", "/nowhere")).answer()
    with pytest.raises(HubError, match=r"^y: the answers differ"):
        alike("y", {"native": good, "hub": other})
    with pytest.raises(HubError, match=r"^y: hub answered 404"):
        alike("y", {"native": good, "hub": missing})


# Over sockets


@contextmanager
def serving(answer: bytes, keep: bool) -> Iterator[tuple[str, int]]:
    """A server that says the same to every request of 4 bytes of body, in two pieces."""
    loop = asyncio.new_event_loop()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                assert b"Content-Length: 4\r\n" in head
                await reader.readexactly(4)
                writer.write(answer[:20])
                await writer.drain()
                writer.write(answer[20:])
                if not keep:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(talk, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\nhello\r\n2\r\n\r\n\r\n0\r\na: b\r\n\r\n"
)
POST = Request("POST", "/x", (("Content-Type", "a/b"),), b"abcd")


@pytest.mark.parametrize(
    ("answer", "keep"),
    [
        (LENGTH, True),
        (CHUNKED, True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", False),
        (LENGTH.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), False),
    ],
)
def test_the_load_maker_reads_every_framing(answer: bytes, keep: bool) -> None:
    with serving(answer, keep) as address:
        burst = AsyncioLoad().burst(address, POST, 0.05)
    assert burst.requests >= 4
    assert burst.seconds >= 0.05


@pytest.mark.parametrize(
    ("answer", "keep", "reason"),
    [
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", True, "POST /x a/b: status 500"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", False, "broke off|closed"),
        (b"SSH-2.0-OpenSSH_9.9 this is not HTTP\r\n\r\n", True, "no HTTP/1.1 answer"),
    ],
)
def test_the_load_maker_ignores_no_failure(answer: bytes, keep: bool, reason: str) -> None:
    with serving(answer, keep) as address, pytest.raises(HubError, match=reason):
        AsyncioLoad().burst(address, POST, 0.05)


def test_the_load_maker_without_a_server() -> None:
    with pytest.raises(HubError, match="POST /x a/b: "):
        AsyncioLoad().burst(("127.0.0.1", 1), POST, 0.05)


def test_cpu_time_grows() -> None:
    import os

    before = cpu_time(os.getpid())
    sum(range(100_000))
    assert cpu_time(os.getpid()) > before


# The whole command


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    outside = Outside(tmp_path_factory.mktemp("outside"))
    outside.plugin("servers", "plain")
    outside.plugin("frameworks", "acme")
    outside.write("frameworkhub_acme_native.py", CONTROL)
    outside.plugin("frameworks", "blank")
    outside.write("notes.py", APP)
    return outside


def bench(outside: Outside, *arguments: str) -> str:
    """What it prints, with the bundled load maker."""
    result = outside.command("bench", *TINY, *arguments, PATH="")
    assert (result.code, result.err) == (0, ""), result
    return result.out


def svg_texts(path: Path) -> list[str]:
    root = ElementTree.parse(path).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


def test_an_app_on_its_hosts(outside: Outside) -> None:
    told = bench(
        outside, "notes:app", "--on", "bare:wsgi,acme", "--json", "a.json", "--svg", "a.svg"
    )
    assert "over sockets by asyncio (4 connections, 0.05 s each)" in told
    assert "GET /none/hub: not measured: answered 404" in told
    assert max(map(len, told.splitlines())) <= 100
    data = json.loads((outside.folder / "a.json").read_text())
    assert data["bench"] == "app"
    assert data["command"].startswith("frameworkhub bench --rounds 2")
    assert {"cpu", "cores", "system", "python"} <= data["machine"].keys()
    assert "frameworkhub" in data["versions"]
    placed = {(row["host"], row["where"], row["request"]) for row in data["rows"]}
    assert len(placed) == len(data["rows"]) == 2 * 2 * 2
    for row in data["rows"]:
        assert len(row["subject"]["values"]) == 2
        assert row["ratio"]["low"] <= row["ratio"]["value"] <= row["ratio"]["high"]
        assert ("wall" in row["subject"]) == (row["where"] == "over sockets")
    texts = svg_texts(outside.folder / "a.svg")
    assert texts[0] == "notes:app on each host"
    assert any(text.startswith("frameworkhub bench --rounds 2") for text in texts)


def test_requests_of_a_file(outside: Outside) -> None:
    file = outside.write("r.jsonl", '{"method": "POST", "target": "/notes", "json": [1]}\n')
    how = ("--on", "acme", "--in-process", "--requests", file.name, "--json", "-")
    told = bench(outside, "notes:app", *how)
    rows = json.loads(told)["rows"]
    assert {row["request"] for row in rows} == {"POST /notes application/json"}
    assert {row["server"] for row in rows} == {None}


def test_overhead(outside: Outside) -> None:
    files = ("--json", "o.json", "--svg", "o.svg")
    told = bench(outside, "--overhead", "--on", "acme", "--rounds", "1", *files)
    assert "acme:wsgi, in process: time per request" in told
    assert "acme:wsgi, over sockets on " in told
    assert told.splitlines()[-1] == "bench: 12 too few rounds"
    data = json.loads((outside.folder / "o.json").read_text())
    assert [row["request"] for row in data["rows"]] == list(REQUESTS) * 2
    assert {row["base"]["name"] for row in data["rows"]} == {"native"}
    assert [bool(row["by_hand"]) for row in data["rows"]] == [True] * 6 + [False] * 6
    assert "What the hub adds to a framework" in svg_texts(outside.folder / "o.svg")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "either MODULE:APP or --overhead"),
        (("notes:app", "--overhead"), "either MODULE:APP or --overhead"),
        (("notes:app", "--on", "acmee"), "no adapter 'acmee'"),
        (("notes:nothing",), "the module 'notes' has no 'nothing'"),
        (("notes:app", "--requests", "nowhere"), "can't read the requests"),
        (("notes:app", "--requests", "bad.jsonl"), r"GET /none/a on bare:wsgi: answered 404"),
        (("notes:app", "--svg", "no/where.svg"), "can't write no/where.svg"),
        (("--overhead", "--on", "blank"), "blank has no control app"),
        (("--overhead", "--on", "bare"), "no framework"),
    ],
)
def test_bad_input(outside: Outside, arguments: tuple[str, ...], reason: str) -> None:
    outside.write("bad.jsonl", '{"target": "/none/a"}\n')
    on = () if "--on" in arguments else ("--on", "bare:wsgi")
    assert outside.command("bench", *arguments, *on, PATH="").refused(reason)
