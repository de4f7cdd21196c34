"""`frameworkhub check`: which requests it makes, what it compares, and what it tells."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from outside import Outside

import frameworkhub as hub
from frameworkhub.check.compare import Expected, differences, expect
from frameworkhub.check.hosts import Reply
from frameworkhub.check.requests import QUERY, Request, generate, read
from frameworkhub.errors import HubError

APP = """
import os, time, uuid
from pathlib import Path
import frameworkhub as hub

app = hub.App()
notes = []

@app.get("/")
def index(request):
    return hub.Response.html("<h1>notes</h1>")

@app.get("/now")
def now(request):
    return {"id": uuid.uuid4().hex[:8], "at": time.time(), "cookie": request.cookies.get("c")}

@app.post("/notes")
def add(request):
    data = request.json() if request.content_type == "application/json" else dict(request.form)
    notes.append(data)
    Path("notes.txt").write_text(str(len(notes)))
    return hub.Response({"id": len(notes), "note": data}, status=201)

@app.get("/notes/{id:int}")
async def note(request, id):
    if not 0 < id <= len(notes):
        raise hub.HTTPError(404)
    return {"note": notes[id - 1], "q": request.query.getlist("q"), "url": request.url}

@app.get("/check")
def checked(request):
    return {"variable": os.environ.get("FRAMEWORKHUB_CHECK"), "files": os.listdir()}

@app.websocket("/talk", optional=True)
async def talk(ws):
    await ws.accept()
"""
LIVE = """
@app.get("/live")
def live(request):
    def ticks():
        n = 0
        while True:
            yield f"tick {n}\\n"
            n += 1
            time.sleep(0.1)
    return ticks()
"""
# What a careless adapter does: a charset where there was none, and a status of its own.
CARELESS = """

_answer = Application.answer

def answer(self, request):
    response = _answer(self, request)
    response.headers = [
        (name, value + "; charset=utf-8" if value == "application/json" else value)
        for name, value in response.headers
    ]
    if response.status.startswith("404"):
        response.status = "410 Gone"
    return response

Application.answer = answer
"""


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    outside = Outside(tmp_path_factory.mktemp("outside"))
    outside.plugin("servers", "plain")
    outside.plugin("frameworks", "acme")
    with outside.plugin("frameworks", "careless").open("a") as module:
        module.write(CARELESS)
    outside.write("notes.py", APP)
    outside.write("lively.py", APP + LIVE)
    return outside


# The whole command


def test_hosts_that_answer_alike(outside: Outside) -> None:
    result = outside.command("check", "lively:app", "--on", "acme")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].split() == ["host", "requests", "same", "different"]
    name, requests, same, different = lines[1].split()
    assert (name, requests, different) == ("acme:wsgi", same, "0")
    assert re.search(
        r"compared with bare:wsgi, \d+ requests; parts of [1-9]\d* answers", result.out
    )
    assert lines[-1] == "check: 1 host answers alike"


def test_each_host_starts_fresh_in_a_folder_of_its_own(outside: Outside) -> None:
    requests = outside.write(
        "seen.jsonl",
        '{"target": "/check"}\n'
        '{"method": "POST", "target": "/notes", "json": {"a": 1}}\n'
        '{"target": "/notes/1"}\n{"target": "/check"}\n',
    )
    names = "acme,careless"
    result = outside.command("check", "notes:app", "--on", names, "--requests", str(requests))
    assert "acme:wsgi: " not in result.out
    assert not (outside.folder / "notes.txt").exists()


def test_differences_are_told(outside: Outside) -> None:
    result = outside.command("check", "notes:app", "--on", "all")
    assert (result.code, result.err) == (1, "")
    table = {line.split()[0]: line.split()[1:] for line in result.out.splitlines()[:3]}
    assert table["acme:wsgi"][2] == "0"
    assert int(table["careless:wsgi"][2]) > 2
    assert (
        "careless:wsgi: GET /notes/1\n"
        "  header content-type\n"
        "    bare 'application/json'\n"
        "    here 'application/json; charset=utf-8'\n"
    ) in result.out
    assert "  status\n    bare '404'\n    here '410'\n" in result.out
    assert result.out.splitlines()[-1] == f"check: {table['careless:wsgi'][2]} differences"


def test_differences_as_json(outside: Outside) -> None:
    requests = outside.write("one.jsonl", '{"target": "/nowhere"}\n')
    on = ("--on", "careless", "--requests", str(requests))
    result = outside.command("check", "notes:app", *on, "--json")
    assert result.code == 1
    report = json.loads(result.out)
    assert report["reference"] == "bare:wsgi"
    (host,) = report["hosts"]
    assert host["same"] + host["different"] == host["requests"]
    first = report["differences"][0]
    assert (first["host"], first["target"]) == ("careless:wsgi", "/nowhere")
    assert (first["part"], first["bare"], first["here"]) == ("status", "404", "410")


def test_a_host_that_does_not_start_is_a_difference(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    outside.plugin("servers", "plain")
    outside.plugin("frameworks", "acme")
    outside.register("frameworks", "bad", "frameworkhub_bad")
    outside.write("frameworkhub_bad.py", "raise RuntimeError('half written')\n")
    outside.write("small.py", "import frameworkhub as hub\napp = hub.App()\n")
    result = outside.command("check", "small:app", "--on", "all")
    assert result.code == 1
    assert re.search(r"^bad: .*RuntimeError: half written$", result.out, re.MULTILINE)
    assert result.out.splitlines()[-1] == "check: 1 difference"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing:app", "--on", "all"), "no module 'nothing'"),
        (("notes:notes", "--on", "all"), "is a list, not a frameworkhub.App"),
        (("notes:app", "--on", "acne"), "did you mean acme"),
        (("notes:app", "--on", "acme:asgi"), "no host 'acme:asgi'; of acme there are: acme:wsgi"),
        (("notes:app", "--on", "acme", "--requests", "none.jsonl"), "can't read the requests"),
    ],
)
def test_bad_input(outside: Outside, arguments: tuple[str, ...], reason: str) -> None:
    assert outside.command("check", *arguments).refused(re.escape(reason))


def test_an_app_that_does_not_start(outside: Outside) -> None:
    outside.write("stuck.py", "import frameworkhub as hub\napp = hub.App()\n" + STUCK)
    result = outside.command("check", "stuck:app", "--on", "acme")
    assert result.refused("stuck:app on bare:wsgi: .*OSError: no disk")


STUCK = """
@app.lifespan
def storage(app):
    raise OSError("no disk")
    yield
"""

# The requests


def test_requests_cover_every_route() -> None:
    app = hub.App()
    app.get("/items/{id:int}")(lambda request, id: None)
    app.delete("/items/{id:int}", name="drop")(lambda request, id: None)
    app.post("/items", name="add")(lambda request: None)
    made = [str(request) for request in generate(app)]
    assert made[:5] == [
        "POST /items application/json",
        "POST /items application/json",
        "POST /items application/x-www-form-urlencoded",
        "POST /items multipart/form-data",
        "POST /items",
    ]
    for request in (
        "GET /items/1",
        "GET /items/-0042",
        "GET /items/1x",
        f"GET /items/1?{QUERY}",
        "GET /items/1/",
        "HEAD /items/1",
        "OPTIONS /items/1",
        "PUT /items/1",
        "HEAD /items",
        "PUT /items",
        "GET /no-such-path",
    ):
        assert request in made
    assert made.index("DELETE /items/1") > made.index("GET /items/1")
    assert len(made) == len(set(generate(app)))


def test_values_for_a_converter_of_the_users_own() -> None:
    class Hex:
        regex = "[0-9a-f]{3}"

        def to_python(self, text: str) -> int:
            return int(text, 16)

        def to_url(self, value: int) -> str:
            return f"{value:03x}"

    app = hub.App()
    app.converter("hex", Hex())
    app.get("/{colour:hex}")(lambda request, colour: None)
    assert "GET /abc" in [str(request) for request in generate(app)]


def test_websockets_are_asked_last() -> None:
    app = hub.App()

    @app.websocket("/talk/{room}")
    async def talk(ws: hub.WebSocket, room: str) -> None:
        await ws.accept()

    app.get("/")(lambda request: None)
    *others, last = generate(app)
    assert str(last) == "GET /talk/hub WebSocket"
    assert not any(request.websocket for request in others)


ENTRIES = [
    {"target": "/a"},
    {"method": "PUT", "target": "/b?c=%20", "headers": {"X-A": "1"}, "body": "h\u00e9"},
    {"method": "POST", "target": "/c", "headers": [["X-A", "1"], ["X-A", "2"]], "json": {"d": 1}},
    {"method": "POST", "target": "/d", "form": {"e": ["1", "2"], "f": "g h"}},
]
READ = [
    Request("GET", "/a"),
    Request("PUT", "/b?c=%20", (("X-A", "1"),), "h\u00e9".encode()),
    Request(
        "POST",
        "/c",
        (("X-A", "1"), ("X-A", "2"), ("Content-Type", "application/json")),
        b'{"d": 1}',
    ),
    Request(
        "POST", "/d", (("Content-Type", "application/x-www-form-urlencoded"),), b"e=1&e=2&f=g+h"
    ),
]


def test_requests_of_a_list(tmp_path: Path) -> None:
    path = tmp_path / "requests.json"
    path.write_text(json.dumps(ENTRIES, indent=1))
    assert read(str(path)) == READ


def test_requests_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text("\n\n".join(map(json.dumps, ENTRIES)))
    assert read(str(path)) == READ


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"target": ', "no JSON: Expecting value"),
        ("[1]", "an object is wanted"),
        ("{}", "missing 1 required keyword-only argument: 'target'"),
        ('{"target": "a"}', "target 'a' must start with /"),
        ('{"target": "/a b"}', "percent-encoded"),
        ('{"target": "/", "method": "GET /"}', "method 'GET /' is no token"),
        ('{"target": "/", "headers": {"A": "b\\nc"}}', "header A"),
        ('{"target": "/", "headers": 1}', "'int' object is not iterable"),
        ('{"target": "/", "body": "", "json": 1}', "one of body"),
        ('{"target": "/", "body": 1}', "one of body"),
        ('{"target": "/", "form": "a=b"}', "one of body"),
        ('{"target": "/", "payload": 1}', "unknown: payload"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text('{"target": "/"}\n' + line + "\n")
    with pytest.raises(HubError, match=re.escape(f"{path}:2: ") + ".*" + re.escape(reason)):
        read(str(path))


def test_a_malformed_entry_of_a_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "requests.json"
    path.write_text('[\n{"target": "/"},\n{"target": "x"}]')
    with pytest.raises(HubError, match="entry 2: target 'x'"):
        read(str(path))
    path.write_text('[\n{"target": "/"},\n{"target" "x"}]')
    with pytest.raises(HubError, match=re.escape(f"{path}:3: no JSON")):
        read(str(path))


# What is compared


def reply(body: str = "", *headers: tuple[str, str], status: int = 200, **more: str) -> Reply:
    fields = {"reason": {200: "OK", 404: "Not Found"}.get(status, ""), "end": "complete", **more}
    return Reply(status=status, headers=headers, body=body.encode(), **fields)  # type: ignore[arg-type]


def found(first: Reply, here: Reply, second: Reply | None = None) -> list[str]:
    return [found.part for found in differences(Expected.of(first, second or first), here)]


def test_every_part_is_compared() -> None:
    first = reply("a", ("ETag", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b"))
    same = reply("a", ("set-cookie", "a"), ("etag", "1"), ("Set-cookie", "b"))
    assert found(first, same) == []
    assert found(first, reply("b", *same.headers)) == ["body"]
    assert found(first, reply("a", *same.headers, status=404)) == ["status", "reason"]
    assert found(first, reply("a", *same.headers, reason="Fine")) == ["reason"]
    assert found(first, reply("a", *same.headers, end="broken")) == ["end"]
    assert found(first, reply("a", *same.headers[1:])) == ["header set-cookie"]
    assert found(first, reply("a", *same.headers, ("Vary", "x"))) == ["header vary"]
    assert found(first, reply("a", ("Set-Cookie", "b"), ("etag", "1"), ("Set-Cookie", "a")))


def test_what_servers_add_is_not_compared() -> None:
    first = reply("a", ("Date", "x"), ("Server", "y"), ("Content-Length", "1"))
    assert found(first, reply("a", ("Connection", "close"), ("Transfer-Encoding", "chunked"))) == []
    assert found(first, reply("a", ("Content-Length", "2"))) == ["header content-length"]


def test_a_reason_of_the_apps_own_is_not_compared() -> None:
    assert found(reply(status=299, reason="Odd"), reply(status=299, reason="")) == []


def test_what_the_bare_core_changes_is_not_compared() -> None:
    first, second = reply('{"id": "a1", "n": 1}'), reply('{"id": "b2", "n": 1}')
    assert found(first, reply('{"id": "c3", "n": 1}'), second) == []
    assert found(first, reply('{"id": "c3", "n": 2}'), second) == ["body"]
    assert found(first, reply('{"id": "c3"}'), second) == ["body"]
    tagged = [reply("a", ("ETag", tag)) for tag in ("1", "2", "3")]
    assert found(tagged[0], tagged[2], tagged[1]) == []
    assert found(tagged[0], reply("a"), tagged[1]) == ["header etag"]


def test_times_count_as_one_word() -> None:
    first, second = reply("at 2026-01-01T10:00:00.5Z: x"), reply("at 2026-01-01T10:00:01Z: x")
    assert found(first, reply("at 2026-01-02T11:30:00.123456+00:00: x"), second) == []
    assert found(first, reply("at 2026-01-02T11:30:00Z: y"), second) == ["body"]


def test_the_length_of_a_changing_body_is_not_compared() -> None:
    requests = [Request("HEAD", "/now"), Request("GET", "/now"), Request("HEAD", "/")]
    head = reply("", ("Content-Length", "3"))
    runs = [[head, reply(body), head] for body in ("1.5", "2.5")]
    now, _, index = expect(requests, *runs)
    assert list(differences(now, reply("", ("Content-Length", "2")))) == []
    assert [d.part for d in differences(index, reply("", ("Content-Length", "2")))] == [
        "header content-length"
    ]


def test_endless_bodies_are_compared_as_far_as_they_go() -> None:
    first, second = reply("one two three", end="open"), reply("one two thr", end="open")
    assert found(first, reply("one two", end="open"), second) == []
    assert found(first, reply("one owt", end="open"), second) == ["body"]
    assert found(first, reply("", end="open"), second) == ["body"]
    assert found(first, reply("one two three"), second) == ["end"]
