"""Holds the repository to its own rules."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frameworkhub import hookspecs, registry

ROOT = Path(__file__).parents[1]
CORE = ROOT / "src" / "frameworkhub"
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/*/pyproject.toml"))
# Frameworks that have no folder yet.
OTHERS = {"litestar", "pyramid", "quart", "sanic", "zope"}
SUFFIX = {"frameworks": "", "servers": "_server"}

each_plugin = pytest.mark.parametrize("folder", PLUGINS, ids=lambda f: f"{f.parent.name}/{f.name}")


def git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def files() -> list[Path]:
    """What git tracks, or would if it were added."""
    names = git("ls-files", "--cached", "--others", "--exclude-standard")
    return [path for name in names if (path := ROOT / name).is_file()]


def manifest(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))


def module_of(folder: Path) -> str:
    return f"frameworkhub_{folder.name}{SUFFIX[folder.parent.name]}"


# The layout


def test_the_root_is_small() -> None:
    visible = {path.relative_to(ROOT).parts[0] for path in files()}
    assert len([name for name in visible if not name.startswith(".")]) <= 10


def test_no_file_names_a_package_registry() -> None:
    from pip._internal.models.index import PyPI

    hosts = [PyPI.netloc.encode(), PyPI.file_storage_domain.encode()]
    named = [p for p in files() if any(host in p.read_bytes() for host in hosts)]
    assert named == []


def test_no_file_names_a_folder_of_this_machine() -> None:
    here = [f"{ROOT}/".encode(), f"{Path.home()}/".encode()]
    assert [p for p in files() if any(path in p.read_bytes() for path in here)] == []


# Plugins


def test_every_plugin_folder_is_of_a_kind() -> None:
    folders = {path.parent for path in ROOT.glob("plugins/*/*") if path.is_dir()}
    assert {folder.name for folder in folders} <= set(registry.KINDS)
    assert PLUGINS


@each_plugin
def test_one_name_for_folder_module_entry_point_and_distribution(folder: Path) -> None:
    module = module_of(folder)
    project = manifest(folder)["project"]
    assert project["name"] == module.replace("_", "-")
    assert project["entry-points"] == {f"frameworkhub.{folder.parent.name}": {folder.name: module}}
    assert (folder / f"{module}.py").is_file() or (folder / module / "__init__.py").is_file()


@each_plugin
def test_a_plugin_depends_on_the_core_and_on_no_other_plugin(folder: Path) -> None:
    needed = [re.split(r"[^\w.-]", each)[0] for each in manifest(folder)["project"]["dependencies"]]
    assert "frameworkhub" in needed
    assert [name for name in needed if re.match("frameworkhub[-_]", name)] == []


@each_plugin
def test_a_plugin_has_no_settings_of_tools(folder: Path) -> None:
    assert set(manifest(folder)["tool"]) <= {"frameworkhub", "hatch"}
    visible = {path.name for path in folder.iterdir() if path.suffix in (".toml", ".cfg", ".ini")}
    assert visible == {"pyproject.toml"}


@each_plugin
def test_a_plugin_ships_its_manifest(folder: Path) -> None:
    wheel = manifest(folder)["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"pyproject.toml": f"{module_of(folder)}.toml"}


@each_plugin
def test_a_plugin_is_tested_beside_plugins_that_are_there(folder: Path) -> None:
    own = manifest(folder)["tool"].get("frameworkhub", {})
    beside = [f"{kind}/{name}" for kind in registry.KINDS for name in own.get(kind, ())]
    assert [name for name in beside if not (ROOT / "plugins" / name).is_dir()] == []
    if folder.parent.name == "frameworks":
        assert own.get("servers"), "on which servers does its suite run over sockets?"


@each_plugin
def test_no_gap_is_a_debt_of_our_own(folder: Path) -> None:
    gaps = manifest(folder)["tool"].get("frameworkhub", {}).get("gaps", {})
    assert [name for name, reason in gaps.items() if reason.startswith("todo")] == []


@each_plugin
def test_a_plugin_is_complete(folder: Path) -> None:
    assert (folder / "README.md").is_file()
    if folder.parent.name == "frameworks":
        module = module_of(folder)
        controls = [folder / module / "native.py", folder / f"{module}_native.py"]
        assert any(control.is_file() for control in controls)


@each_plugin
def test_an_adapter_module_is_short(folder: Path) -> None:
    modules = [p for p in folder.rglob("*.py") if not re.search("native|^test_|^conftest", p.name)]
    lengths = {p.name: len(p.read_text("utf-8").splitlines()) for p in modules}
    assert {name: n for name, n in lengths.items() if n >= 150} == {}


@each_plugin
def test_a_plugin_imports_what_it_adapts_only_when_used(folder: Path) -> None:
    script = f"import {module_of(folder)} as plugin; plugin.features()"
    assert imported(script, str(folder)) <= {"frameworkhub", "attr", "attrs", "pluggy"}


# The core


def imported(script: str, *path: str) -> set[str]:
    """The top-level modules outside the standard library that a script brings in."""
    code = (
        f"import json, sys; sys.path[:0] = {[str(ROOT / 'src'), *path]!r}\n"
        f"before = set(sys.modules)\n{script}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = {name.partition(".")[0] for name in json.loads(done.stdout)}
    return {n for n in names - sys.stdlib_module_names if not n.startswith("frameworkhub_")}


def test_import_frameworkhub_loads_nothing_else() -> None:
    assert imported("import frameworkhub") == {"frameworkhub"}


def test_listing_adapters_imports_none() -> None:
    script = "import frameworkhub as hub; hub.adapters('frameworks'); hub.adapters('servers')"
    assert imported(script) <= {"frameworkhub", "pluggy"}


def core_modules() -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and path.is_relative_to(CORE)]


def test_the_core_names_no_framework() -> None:
    names = {folder.name for folder in PLUGINS if folder.parent.name == "frameworks"} | OTHERS
    # A licence is named after one of them.
    found = re.compile(rf"\b({'|'.join(sorted(names))})\b(?! Public)", re.IGNORECASE)
    named = {
        f"{path.relative_to(CORE)}:{number}: {line.strip()}"
        for path in core_modules()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if not path.name.startswith("catalogue") and found.search(line)
    }
    assert named == set()


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each definition in the core; the suite doesn't count."""
    for path in core_modules():
        if "testing" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, kinds):
                assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.relative_to(CORE)}:{node.name}", length


def test_functions_are_short() -> None:
    functions = dict(nodes(ast.FunctionDef, ast.AsyncFunctionDef))
    assert statistics.median(functions.values()) <= 7
    long = sorted(name for name, length in functions.items() if length >= 25)
    assert len(long) <= len(functions) / 10, long


def test_classes_are_short() -> None:
    assert {name: length for name, length in nodes(ast.ClassDef) if length > 300} == {}


def test_every_hook_is_documented() -> None:
    hooks = [
        (kind, name, function)
        for kind, specifications in registry.CONTRACTS.items()
        for name, function in vars(specifications).items()
        if hasattr(function, "frameworkhub_spec")
    ]
    assert len(hooks) >= 7
    assert [f"{kind}.{name}" for kind, name, hook in hooks if not hook.__doc__] == []
    for kind, specifications in registry.CONTRACTS.items():
        assert specifications.__doc__, kind
    assert hookspecs.__doc__
