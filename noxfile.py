"""Every check of this repository, each in an environment of its own. `nox` alone runs them all.

A plugin's session is made from its folder: a new folder under plugins/ needs no change here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import nox
from packaging.specifiers import SpecifierSet

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests"]

# uv trusts the machine's certificates only if told; pip does by itself.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")

ROOT = Path(__file__).parent
REPORTS = ROOT / ".nox" / "reports"
BENCHES = ROOT / ".nox" / "bench"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
AT_ONCE = 2
# The frameworks of benches/bars.py; it starts their servers itself.
BARS_ON = {"flask", "django", "falcon", "bottle", "starlette", "fastapi"}
BROWSED_ON = {"flask", "gunicorn", "starlette", "uvicorn"}


def works(version: str) -> bool:
    """Whether that interpreter is here: a name on PATH may be a shim that leads nowhere."""
    found = shutil.which(f"python{version}")
    return bool(found) and subprocess.run([found, "-V"], capture_output=True).returncode == 0


PYTHONS = [version for version in ("3.11", "3.12", "3.13") if version == HERE or works(version)]


class Plugin(NamedTuple):
    """A folder plugins/<kind>/<name>."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def kind(self) -> str:
        return self.folder.parent.name

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def session(self) -> str:
        return f"plugin({self.kind}/{self.name})"

    @property
    def python(self) -> str:
        """The first interpreter here that the plugin is for; nox says which one it misses."""
        wanted = self.manifest["project"]["requires-python"]
        fits = SpecifierSet(wanted).contains
        return next((version for version in (HERE, *PYTHONS) if fits(f"{version}.99")), wanted)

    @property
    def companions(self) -> list[Path]:
        """The plugins beside which this one is tested."""
        own = self.manifest.get("tool", {}).get("frameworkhub", {})
        kinds = ("frameworks", "servers")
        return [ROOT / "plugins" / kind / name for kind in kinds for name in own.get(kind, ())]

    def extended(self, extra: str) -> str:
        """The folder, with an extra if the plugin has it; as pip takes it."""
        extras = self.manifest["project"].get("optional-dependencies", {})
        return f"{self.folder}[{extra}]" if extra in extras else str(self.folder)

    @property
    def suite(self) -> list[str]:
        """A framework in process and on its servers; a server by frameworks or the bare core."""
        bare = ["--hub-no-bare"] if self.companions else []
        if self.kind == "servers":
            return ["--hub-server", self.name, "-k", "not inprocess", *bare]
        return ["--hub-adapter", self.name, *bare]


PLUGINS = [
    Plugin(path.parent, tomllib.loads(path.read_text("utf-8")))
    for path in sorted(ROOT.glob("plugins/*/*/pyproject.toml"))
]


def editable(*folders: Path | str) -> list[str]:
    return [word for folder in folders for word in ("-e", str(folder))]


def pytest(session: nox.Session, *args: str, config: bool = True) -> None:
    """pytest, by default under the root's configuration, with a report that `tests` counts."""
    report = REPORTS / f"{slug(session.name)}-{len(reports(session.name))}.xml"
    under = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)] if config else []
    session.run("python", "-m", "pytest", "-q", *under, f"--junitxml={report}", *args)


def slug(name: str) -> str:
    return "-".join(re.findall(r"[\w.]+", name))


def reports(name: str) -> list[Path]:
    return sorted(REPORTS.glob(f"{slug(name)}-[0-9].xml"))


def findings(name: str) -> Path:
    """What the suite finds in a session, for `record`."""
    return REPORTS / f"{slug(name)}.json"


def forget_reports(name: str) -> None:
    for report in (*reports(name), findings(name)):
        report.unlink(missing_ok=True)


@nox.session
def lint(session: nox.Session) -> None:
    """ruff: rules and format."""
    session.install("ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict on the core."""
    session.install("mypy", *editable(".[testing]"))
    session.run("mypy", "--strict", "src/frameworkhub")


@nox.session(python=PYTHONS)
def core(session: nox.Session) -> None:
    """tests/, and the suite on the core alone, no framework installed."""
    forget_reports(session.name)
    session.install("pip", *editable(".[testing]"))  # pip knows the names of registries
    if session.posargs:
        pytest(session, *session.posargs)
        return
    pytest(session, "tests")
    alone = ("--hub-adapter", "bare", "--hub-server", "inprocess")
    pytest(session, "--pyargs", "frameworkhub.testing", *alone)


def plugin_session(plugin: Plugin) -> None:
    def run(session: nox.Session) -> None:
        forget_reports(session.name)
        session.install(*editable(".[testing]", plugin.extended("test"), *plugin.companions))
        more = session.posargs or ["--hub-report", str(findings(session.name))]
        REPORTS.mkdir(parents=True, exist_ok=True)
        pytest(session, "--pyargs", "frameworkhub.testing", *plugin.suite, *more)
        if own := sorted(plugin.folder.glob("test_*.py")):
            pytest(session, *map(str, own), *session.posargs)

    run.__doc__ = plugin.manifest["project"]["description"]
    nox.session(run, name=plugin.session, python=plugin.python, tags=[plugin.kind])


for each in PLUGINS:
    plugin_session(each)


@nox.session(reuse_venv=False)
def thirdparty(session: nox.Session) -> None:
    """A plugin from outside: scaffolded, filled in, built as a wheel, it passes the suite."""
    forget_reports(session.name)
    outside = Path(session.create_tmp()).resolve()
    shutil.rmtree(outside)
    session.install("hatchling", ".[testing]")
    for interface in ("wsgi", "asgi"):
        name = f"outside{interface}"
        new = ("frameworkhub", "new", "frameworks", name, "--interface", interface)
        session.run(*new, "--into", str(outside))
        session.run("python", str(ROOT / "tests" / "fill_in.py"), str(outside / name))
        with session.chdir(outside / name):
            session.run("python", "-m", "hatchling", "build", "-t", "wheel")
        manifest = tomllib.loads((outside / name / "pyproject.toml").read_text("utf-8"))
        plugin = Plugin(outside / name, manifest)
        wheels = (outside / name).glob("dist/*.whl")
        session.install(*map(str, plugin.companions), *map(str, wheels))
        servers = [f"--hub-server={folder.name}" for folder in plugin.companions]
        suite = ("--pyargs", "frameworkhub.testing", f"--hub-adapter={name}", "--hub-no-bare")
        with session.chdir(outside):
            pytest(session, *suite, *servers, config=False)


@nox.session
def browser(session: nox.Session) -> None:
    """The pages of the catalogue in headless Chromium; `-- --pictures`: those of the docs."""
    forget_reports(session.name)
    install_chromium(session)
    hosts = [plugin.folder for plugin in PLUGINS if plugin.name in BROWSED_ON]
    session.install("playwright>=1.49", *editable(".[testing,explore]", *hosts))
    if session.posargs == ["--pictures"]:
        session.run("python", "tests/browser/pictures.py")
        return
    pytest(session, "tests/browser", *session.posargs)


def install_chromium(session: nox.Session) -> None:
    """Debian's own, if there is none and we may; playwright drives it."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return
    is_root = getattr(os, "geteuid", lambda: 1)() == 0
    become = [] if is_root else ["sudo", "-n"]
    tools = all(map(shutil.which, [*become[:1], "apt-get"]))
    if not tools or subprocess.run([*become, "true"], capture_output=True).returncode:
        session.error("this session needs Chromium on PATH; on Debian: apt-get install chromium")
    quiet = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    session.run(*quiet, "update", external=True)
    session.run(*quiet, "install", "chromium", external=True)


@nox.session
def demo(session: nox.Session) -> None:
    """The demo app on one framework, compared on all; serves until stopped, or `-- --once`."""
    plugins = [plugin.folder for plugin in PLUGINS]
    session.install(*editable(".", *plugins))
    names = [plugin.name for plugin in PLUGINS if plugin.kind == "frameworks"]
    arguments = [word for word in session.posargs if word != "--once"] or ["--on", names[0]]
    with serving(session, "notes:app", *arguments) as server:
        with session.chdir(ROOT / "docs" / "examples"):
            session.run("frameworkhub", "check", "notes:app", "--on", "all")
        if "--once" not in session.posargs:
            session.log("the demo goes on serving; Ctrl-C stops it")
            server.wait()


@contextmanager
def serving(session: nox.Session, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`frameworkhub run` in the background, with its data in the session's temporary folder."""
    data = session.create_tmp()
    command = [str(Path(session.bin, "frameworkhub")), "run", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "docs" / "examples")}
    server = subprocess.Popen(
        [*command, "--port", "0"], cwd=data, env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        if not (ready := server.stdout.readline()):
            session.error("the demo did not start")
        session.log(ready.strip())
        threading.Thread(
            target=shutil.copyfileobj, args=(server.stdout, sys.stdout), daemon=True
        ).start()
        yield server
    except KeyboardInterrupt:
        session.log("stopping the demo")
    finally:
        server.terminate()
        server.wait()


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """The hub over each framework, each in an environment of its own; writes docs/speed.md.

    Arguments go to `frameworkhub bench`, such as `-- --rounds 2`. What the session `bars` has left
    comes to the page too.
    """
    for plugin in PLUGINS:
        if plugin.kind == "frameworks":
            session.notify(f"bench({plugin.name})", session.posargs)
    session.notify("speed", [])


def bench_session(plugin: Plugin) -> None:
    def run(session: nox.Session) -> None:
        BENCHES.mkdir(parents=True, exist_ok=True)
        session.install("httptools", *editable(".", plugin.extended("native"), *plugin.companions))
        command = ("bench", "--overhead", "--on", plugin.name, *session.posargs)
        session.run("frameworkhub", *command, "--json", str(BENCHES / f"{plugin.name}.json"))

    run.__doc__ = f"The hub over {plugin.name}."
    nox.session(run, name=f"bench({plugin.name})", python=plugin.python)


for each in PLUGINS:
    if each.kind == "frameworks":
        bench_session(each)


@nox.session
def record(session: nox.Session) -> None:
    """Keeps what the plugins' sessions and `bench` found last, for the catalogue.

    All of it anew: `python -m nox`, `python -m nox -s bench`, then `python -m nox -s record`; one
    plugin's: `python -m nox -s "plugin(servers/NAME)"`, then `record`. `-- FILE...`: only these.
    """
    session.install(*editable("."))
    left = [*sorted(REPORTS.glob("plugin-*.json")), *sorted(BENCHES.glob("*.json"))]
    files = session.posargs or list(map(str, left))
    if not files:
        session.error("nothing was measured yet: python -m nox, and python -m nox -s bench")
    session.run("frameworkhub", "record", *files)


@nox.session(venv_backend="none")
def speed(session: nox.Session) -> None:
    """Gathers what `bench` and `bars` have measured in docs/speed.md."""
    session.run(sys.executable, str(ROOT / "benches" / "page.py"), str(BENCHES), external=True)


@nox.session
def pages(session: nox.Session) -> None:
    """Makes docs/systems.md anew from the catalogue."""
    session.install(*editable("."))
    data = {"FRAMEWORKHUB_DATA": session.create_tmp()}
    with (ROOT / "docs" / "systems.md").open("w", encoding="utf-8") as page:
        session.run("python", "-m", "frameworkhub.catalogue.page", stdout=page, env=data)


@nox.session
def bars(session: nox.Session) -> None:
    """How fast the hub is, and what it had to be; `-- --only wsgi,asgi`, `-- --quick`.

    Without arguments all is measured, and kept for `speed`. What `bench` has left is judged too;
    `-- --only native --json .nox/bars.json` judges it anew, and keeps the other rows.
    """
    hosts = [plugin.folder for plugin in PLUGINS if plugin.name in BARS_ON]
    session.install("-r", str(ROOT / "benches" / "requirements.txt"), *editable(".", *hosts))
    overhead = sorted(map(str, BENCHES.glob("*.json")))
    given = ["--overhead", *overhead] if overhead else []
    asked = session.posargs or ["--json", str(BENCHES.parent / "bars.json")]
    session.run("python", "-W", "ignore", "benches/bars.py", *given, *asked)


class Outcome(NamedTuple):
    """How a session of its own process ended."""

    session: str
    code: int
    seconds: float
    counts: Counter[str]
    output: str

    def __str__(self) -> str:
        words = [f"{self.counts[word]} {word}" for word in COUNTED if self.counts[word]]
        verdict = "ok" if self.code == 0 else "FAILED"
        return f"{self.session}: {verdict}, {', '.join(words) or 'no tests'}, {self.seconds:.0f} s"


COUNTED = ("passed", "failed", "expected failures", "skipped")


def count(name: str) -> Counter[str]:
    """What the reports of a session say."""
    counts: Counter[str] = Counter()
    for report in reports(name):
        for case in ElementTree.parse(report).iter("testcase"):
            counts[verdict(case)] += 1
    return counts


def verdict(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped")
    if skipped is None:
        return "passed"
    return "expected failures" if skipped.get("type") == "pytest.xfail" else "skipped"


def run_session(name: str) -> Outcome:
    start = time.monotonic()
    command = [sys.executable, "-m", "nox", "--non-interactive", "-f", __file__, "-s", name]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    seconds = time.monotonic() - start
    output = done.stdout.decode("utf-8", "replace")
    outcome = Outcome(name, done.returncode, seconds, count(name), output)
    if done.returncode:
        print(output[-20_000:], flush=True)
    print(outcome, flush=True)
    return outcome


@nox.session(venv_backend="none")
def tests(session: nox.Session) -> None:
    """Every other session but the demo, two at a time; tells how many tests passed in each."""
    cores = [f"core-{version}" for version in PYTHONS]
    names = [*(plugin.session for plugin in PLUGINS), "thirdparty", "browser", *cores]
    names += ["types", "lint"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(run_session, session.posargs or names))
    total = sum((outcome.counts for outcome in outcomes), Counter())
    failed = [outcome.session for outcome in outcomes if outcome.code]
    print("", *outcomes, sep="\n")
    print("total:", ", ".join(f"{total[word]} {word}" for word in COUNTED), flush=True)
    if failed:
        session.error(f"failed: {', '.join(failed)}")
