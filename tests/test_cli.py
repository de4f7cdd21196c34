"""The command line, in processes of its own: what it says, and the codes by which it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from outside import Outside

APP = """
import os
import frameworkhub as hub

app = hub.App()
other = 42

@app.get("/")
def index(request):
    return "one"

@app.route("/up/{name}", ["PUT", "POST"], name="upload", stream=True)
def put(request, name):
    return None
"""
SOCKET = """
@app.websocket("/chat")
async def chat(ws):
    await ws.accept()
"""
TWICE = """
import frameworkhub as hub

app = hub.App()
app.get("/a")(lambda request: 1)
app.get("/a")(lambda request: 2)
"""
FAILING_START = """
import frameworkhub as hub

app = hub.App()

@app.lifespan
def storage(app):
    raise OSError("no disk")
    yield
"""
# A deadline, not a wait: every step goes on as soon as it can.
DEADLINE = 20


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    outside = Outside(tmp_path_factory.mktemp("outside"))
    outside.plugin("servers", "plain")
    outside.plugin("frameworks", "acme")
    outside.write("site_app.py", APP)
    outside.write("talking.py", APP + SOCKET)
    outside.write("twice.py", TWICE)
    outside.write("failing.py", FAILING_START)
    outside.write("faulty.py", "import os\n\nos.no_such_name\n")
    outside.write("malformed.py", "def (:\n")
    outside.write("lacking.py", "import no_such_module_at_all\n")
    return outside


@contextmanager
def serving(outside: Outside, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`run`, with the line that it says when it is ready."""
    with outside.popen("run", *arguments) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().rstrip("\n"), process
        finally:
            process.kill()


def get(line: str) -> str:
    url = re.search(r"http://\S+$", line)
    assert url, line
    with urlopen(url[0], timeout=DEADLINE) as response:
        return str(response.read().decode())


def ends_well(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> bool:
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out, err) == (0, "", "")
    return True


# run


@pytest.mark.parametrize("style", ["native", "beside"])
def test_run_says_where_it_serves(outside: Outside, style: str) -> None:
    arguments = ("site_app:app", "--on", "acme", "--port", "0", "--style", style)
    with serving(outside, *arguments) as (line, process):
        said = r"frameworkhub: serving site_app:app on acme:wsgi with plain at http://127.0.0.1:\d+"
        assert re.fullmatch(said, line)
        assert get(line) == "one"
        assert ends_well(process)


def test_run_without_a_host_takes_the_bare_core(outside: Outside) -> None:
    with serving(outside, "site_app:app", "--port", "0") as (line, process):
        assert " on bare:wsgi with plain at " in line
        assert get(line) == "one"
        assert ends_well(process, signal.SIGINT)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing_here:app",), "no module 'nothing_here'"),
        (("site_app",), "not of the form MODULE:APP"),
        (("site_app:missing",), "no 'missing'"),
        (("site_app:other",), "is a int, not a frameworkhub.App"),
        (("site_app:app", "--on", "acne"), "did you mean acme"),
        (("site_app:app", "--on", "acme:asgi"), "'asgi'"),
        (("site_app:app", "--on", "bare:asgi"), "no installed server serves asgi"),
        (("site_app:app", "--on", "bare:asgi", "--server", "plain"), "plain serves wsgi, not asgi"),
        (("site_app:app", "--server", "plane"), "did you mean plain"),
        (("site_app:app", "--on", "acme", "--workers", "2"), "plain runs one process"),
        (("talking:app", "--on", "acme"), "acme (wsgi) can't carry the WebSocket /chat"),
        (("twice:app", "--on", "acme"), "twice:app: GET /a is registered twice"),
        (("twice:app", "--on", "bare:wsgi"), "twice:app: GET /a is registered twice"),
        (("site_app:app", "--on", "acme", "--host", "no.such.host.invalid"), "can't listen on no"),
    ],
)
def test_run_refuses_bad_input(outside: Outside, arguments: tuple[str, ...], reason: str) -> None:
    assert outside.command("run", *arguments, "--port", "0").refused(re.escape(reason))


def test_run_refuses_a_port_that_is_taken(outside: Outside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = outside.command("run", "site_app:app", "--on", "acme", "--port", port)
    assert result.refused(f"can't listen on 127.0.0.1:{port}: Address already in use")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_run_refuses_what_is_no_port(outside: Outside, port: str) -> None:
    result = outside.command("run", "site_app:app", "--port", port)
    assert result.code == 2
    assert "argument --port" in result.err


@pytest.mark.parametrize(
    ("module", "shown"),
    [
        ("faulty", "no_such_name"),
        ("malformed", "SyntaxError"),
        ("lacking", "No module named 'no_such_module_at_all'"),
    ],
)
def test_an_error_in_the_users_module_is_shown(outside: Outside, module: str, shown: str) -> None:
    result = outside.command("run", f"{module}:app", "--on", "acme")
    assert result.code == 2
    *traceback, last = result.err.splitlines()
    assert last.startswith(f"frameworkhub: the module '{module}' does not import")
    assert f"{module}.py" in result.err
    assert shown in traceback[-1]
    assert "importlib" not in result.err


def test_a_failing_lifespan_is_shown(outside: Outside) -> None:
    result = outside.command("run", "failing:app", "--on", "acme", "--port", "0")
    assert result.code == 3
    assert result.out == ""
    *traceback, last = result.err.splitlines()
    assert last == "frameworkhub: failing:app did not start: OSError: no disk"
    assert 'raise OSError("no disk")' in "".join(traceback)
    assert traceback[-1] == "OSError: no disk"


# run --reload


class Reading:
    """Both outputs of a process, line by line as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        streams = (process.stdout, process.stderr)
        self.threads = [threading.Thread(target=self._read, args=(s,)) for s in streams]
        for thread in self.threads:
            thread.start()

    def _read(self, stream: Iterator[str]) -> None:
        self.lines.extend(line.rstrip() for line in stream)

    def find(self, pattern: str) -> str:
        """The next line that matches; those before it are not looked at again."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            while self.lines:
                if re.search(pattern, line := self.lines.pop(0)):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line {pattern!r}")


@contextmanager
def reloading(outside: Outside, app: str) -> Iterator[tuple[Reading, subprocess.Popen[str]]]:
    command = ("run", app, "--on", "acme", "--port", "0", "--reload")
    with outside.popen(*command) as process:
        reading = Reading(process)
        try:
            yield reading, process
        finally:
            # Not SIGKILL, which would leave its child behind, with our pipes in its hands.
            process.send_signal(signal.SIGTERM)
            code = process.wait(DEADLINE)
        assert code == 0


def test_reload_serves_what_has_changed(outside: Outside) -> None:
    outside.write("changing.py", APP)
    with reloading(outside, "changing:app") as (said, _):
        assert get(said.find("serving changing:app")) == "one"
        outside.write("changing.py", APP.replace('"one"', '"two"'))
        said.find("changing.py changed, starting anew")
        assert get(said.find("serving changing:app")) == "two"


def test_reload_outlives_a_syntax_error(outside: Outside) -> None:
    outside.write("broken.py", APP)
    with reloading(outside, "broken:app") as (said, process):
        said.find("serving broken:app")
        outside.write("broken.py", "def (:\n")
        said.find("SyntaxError")
        said.find("stopped with code 2; waiting for a change")
        assert process.poll() is None
        outside.write("broken.py", APP.replace('"one"', '"three"'))
        assert get(said.find("serving broken:app")) == "three"


def test_reload_watches_what_the_app_imports(outside: Outside) -> None:
    folder = outside.folder / "inner"
    folder.mkdir()
    (folder / "__init__.py").touch()
    outside.write("watching.py", APP + "\nimport inner\n")
    with reloading(outside, "watching:app") as (said, _):
        said.find("serving watching:app")
        outside.write("inner/new.py", "")
        said.find("new.py changed, starting anew")
        said.find("serving watching:app")


def test_reload_stops_its_child(outside: Outside) -> None:
    outside.write("telling.py", APP.replace('"one"', "str(os.getpid())"))
    with reloading(outside, "telling:app") as (said, _):
        child = int(get(said.find("serving telling:app")))
        os.kill(child, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


# routes


def test_routes_shows_a_table(outside: Outside) -> None:
    result = outside.command("routes", "talking:app")
    assert (result.code, result.err) == (0, "")
    assert [line.split() for line in result.out.splitlines()] == [
        ["methods", "path", "name", "handler", "flags"],
        ["GET", "/", "index", "talking:index"],
        ["PUT,POST", "/up/{name}", "upload", "talking:put", "stream"],
        ["/chat", "chat", "talking:chat", "websocket"],
    ]


def test_routes_gives_json(outside: Outside) -> None:
    result = outside.command("routes", "talking:app", "--json")
    assert json.loads(result.out)[1] == {
        "methods": ["PUT", "POST"],
        "path": "/up/{name}",
        "name": "upload",
        "handler": "talking:put",
        "flags": ["stream"],
    }


def test_routes_refuses_what_is_no_app(outside: Outside) -> None:
    assert outside.command("routes", "site_app:other").refused("is a int, not a frameworkhub.App")


# plugins


def test_plugins_shows_every_kind(outside: Outside) -> None:
    result = outside.command("plugins")
    assert (result.code, result.err) == (0, "")
    rows = [line.split(maxsplit=4) for line in result.out.splitlines()]
    assert rows[0] == ["kind", "name", "version", "runs", "carries"]
    assert ["frameworks", "acme", "0.1.0", "wsgi"] in [row[:4] for row in rows]
    assert ["servers", "plain", "0.1.0", "wsgi"] in [row[:4] for row in rows]
    assert re.fullmatch(r"pluggy \d+\.\S+", rows[1][4])
    assert max(map(len, result.out.splitlines())) <= 80


def test_plugins_of_one_kind_as_json(outside: Outside) -> None:
    result = outside.command("plugins", "--kind", "servers", "--json")
    names = {row["name"]: row["runs"] for row in json.loads(result.out)}
    assert names["plain"] == ["wsgi"]
    assert "acme" not in names


def test_plugins_refuses_a_kind_that_is_none(outside: Outside) -> None:
    assert outside.command("plugins", "--kind", "engines").refused("no kind 'engines'")


def test_one_broken_plugin_breaks_nothing_else(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    outside.plugin("frameworks", "acme")
    outside.register("frameworks", "bad", "frameworkhub_bad")
    outside.write("frameworkhub_bad.py", "raise RuntimeError('half written')\n")
    result = outside.command("plugins", "--kind", "frameworks")
    assert (result.code, result.err) == (0, "")
    acme, bad = result.out.splitlines()[1:3]
    assert acme.split()[:4] == ["frameworks", "acme", "0.1.0", "wsgi"]
    assert bad.startswith("frameworks  bad")
    assert "RuntimeError: half written" in bad


# The rest


def test_nothing_to_do_is_bad_input(outside: Outside) -> None:
    assert outside.command().code == 2
    assert outside.command("fly").code == 2


def test_help_names_every_command(outside: Outside) -> None:
    result = outside.command("--help")
    assert result.code == 0
    catalogue = ("list", "show", "find", "compare", "recommend", "refresh")
    for name in ("run", "routes", "check", *catalogue, "plugins", "new"):
        assert re.search(rf"^ +{name}( |$)", result.out, re.MULTILINE)
