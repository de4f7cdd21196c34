"""`frameworkhub new`: what it writes. The session `thirdparty` proves that it passes the suite."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from fill_in import fill_in
from outside import Outside

from frameworkhub.scaffold import scaffold

FRAMEWORK = [
    "README.md",
    "frameworkhub_acme.py",
    "frameworkhub_acme_native.py",
    "pyproject.toml",
]
SERVER = ["README.md", "frameworkhub_acme_server.py", "pyproject.toml"]


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_a_framework_has_four_files(tmp_path: Path, interface: str) -> None:
    told = scaffold("frameworks", "acme", str(tmp_path), interface)
    folder = tmp_path / "acme"
    assert sorted(path.name for path in folder.iterdir()) == FRAMEWORK
    assert "fill in `to_request` and `to_response` in frameworkhub_acme.py" in told
    assert "--hub-adapter acme" in told
    module = (folder / "frameworkhub_acme.py").read_text()
    assert module.count("raise NotImplementedError") == 2
    assert len(module.splitlines()) < 150
    assert "$" not in "".join(path.read_text() for path in folder.iterdir())


def test_a_server_has_three_files(tmp_path: Path) -> None:
    told = scaffold("servers", "acme", str(tmp_path))
    assert sorted(path.name for path in (tmp_path / "acme").iterdir()) == SERVER
    assert "--hub-server acme" in told


@pytest.mark.parametrize(("kind", "suffix"), [("frameworks", ""), ("servers", "-server")])
def test_the_manifest_names_the_plugin(tmp_path: Path, kind: str, suffix: str) -> None:
    scaffold(kind, "acme", str(tmp_path))
    manifest = tomllib.loads((tmp_path / "acme" / "pyproject.toml").read_text())
    module = f"frameworkhub-acme{suffix}".replace("-", "_")
    assert manifest["project"]["name"] == f"frameworkhub-acme{suffix}"
    assert manifest["project"]["entry-points"] == {f"frameworkhub.{kind}": {"acme": module}}
    shipped = manifest["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert shipped == {"pyproject.toml": f"{module}.toml"}


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_native_app_runs(tmp_path: Path, interface: str) -> None:
    scaffold("frameworks", "acme", str(tmp_path), interface)
    fill_in(tmp_path / "acme")
    check = "import frameworkhub_acme_native as native; assert len(native.app.routes) == 2"
    subprocess.run([sys.executable, "-W", "error", "-c", check], cwd=tmp_path / "acme", check=True)


def test_open_functions_say_what_is_missing(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    scaffold("frameworks", "acme", str(tmp_path / "plugins"))
    (tmp_path / "plugins/acme/frameworkhub_acme.py").rename(tmp_path / "frameworkhub_acme.py")
    outside.register("frameworks", "acme", "frameworkhub_acme")
    script = (
        "import frameworkhub as hub; app = hub.App(); app.get('/')(lambda request: 'x')\n"
        "app.on('acme')({'PATH_INFO': '/', 'REQUEST_METHOD': 'GET'}, None)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=outside.environ(), capture_output=True, text=True)
    assert "NotImplementedError: to_request: make a hub request" in done.stderr


def test_new_tells_the_next_steps(tmp_path: Path) -> None:
    outside = Outside(tmp_path)
    result = outside.command("new", "frameworks", "acme", "--interface", "asgi")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("plugins/frameworks/acme: README.md, frameworkhub_acme.py")
    assert (tmp_path / "plugins/frameworks/acme/frameworkhub_acme_native.py").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("frameworks", "My-Framework"), "'My-Framework' can't be a plugin's name"),
        (
            ("frameworks", "acme", "--into", "taken"),
            "can't make the folder taken/acme: File exists",
        ),
        (("servers", "acme", "--into", "taken/file"), "Not a directory"),
    ],
)
def test_new_refuses_bad_input(tmp_path: Path, arguments: tuple[str, ...], reason: str) -> None:
    (tmp_path / "taken" / "acme").mkdir(parents=True)
    (tmp_path / "taken" / "file").touch()
    assert Outside(tmp_path).command("new", *arguments).refused(re.escape(reason))


def test_a_kind_that_is_none_is_refused(tmp_path: Path) -> None:
    assert Outside(tmp_path).command("new", "engines", "acme").code == 2


@pytest.mark.parametrize("style", ["native", "beside"])
def test_a_filled_in_plugin_attaches(tmp_path: Path, style: str) -> None:
    outside = Outside(tmp_path)
    outside.plugin("frameworks", "acme")
    script = f"""
import json
import frameworkhub as hub
from wsgiref.util import setup_testing_defaults
from frameworkhub_acme import Application, Response

app = hub.App()
app.get("/items/{{id:int}}")(lambda request, id: {{"id": id, "root": request.root_path}})
users = Application()
users.add("/own", lambda request: Response("200 OK", [], [b'"own"']))
whole = app.attach(users, prefix="/hub", style={style!r})

def get(path):
    environ = {{"PATH_INFO": path}}
    setup_testing_defaults(environ)
    status = []
    body = b"".join(whole(environ, lambda *args: status.append(args[0][:3])))
    return [status[0], json.loads(body or b"null")]

print(json.dumps([get("/own"), get("/hub/items/7"), get("/hub/nothing")[0], get("/nothing")[0]]))
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=outside.environ(), capture_output=True, text=True)
    assert done.stderr == ""
    assert json.loads(done.stdout) == [
        ["200", "own"],
        ["200", {"id": 7, "root": "/hub"}],
        "404",
        "404",
    ]
