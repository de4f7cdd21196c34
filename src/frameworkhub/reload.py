"""`run --reload`: the server as a child process that is started anew when a Python file changes."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

Snapshot = dict[Path, int]

# Python takes bytecode for fresh whose source has the same size and, to the second, the same age:
# after a quick change that is the old code.
_ENVIRON = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}

INTERVAL = 0.3
"""Seconds between two looks at the files."""


def supervise(argv: list[str], app: str) -> int:
    """Runs `frameworkhub *argv` until SIGINT or SIGTERM, anew after every change of a file.

    A child that dies by itself (a syntax error, say) is left dead until a file changes.
    """
    supervisor = Supervisor([sys.executable, "-m", "frameworkhub", *argv], watched(app))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: supervisor.stop(number))
    return supervisor.run()


def watched(app: str) -> list[Path]:
    """The folders whose files count: the current one, and that of the app's package."""
    folders = [Path.cwd()]
    sys.path.insert(0, str(folders[0]))
    spec = importlib.util.find_spec(app.partition(":")[0].partition(".")[0])
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).resolve().parent
        if not folder.is_relative_to(folders[0]):
            folders.append(folder)
    return folders


def python_files(folder: Path) -> Iterator[Path]:
    """Every *.py below, but not those of hidden folders, caches and virtual environments."""
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if _is_source(Path(root, name))]
        yield from (Path(root, name) for name in files if name.endswith(".py"))


def _is_source(folder: Path) -> bool:
    hidden = folder.name.startswith((".", "__")) or folder.name == "node_modules"
    return not hidden and not (folder / "pyvenv.cfg").exists()


def snapshot(folders: list[Path]) -> Snapshot:
    """Each file and when it changed; a file that goes in between is left out."""
    found: Snapshot = {}
    for folder in folders:
        for path in python_files(folder):
            try:
                found[path] = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue
    return found


class Supervisor:
    """Keeps one child running. `stop` is for a signal handler: it only notes, `run` acts."""

    def __init__(self, command: list[str], folders: list[Path]) -> None:
        self.command = command
        self.folders = folders
        self.stopped_by: int | None = None

    def run(self) -> int:
        """Gives the exit code of the last child, 0 where it was ended by our signal."""
        code = 0
        while self.stopped_by is None:
            before = snapshot(self.folders)
            # A group of its own: Ctrl-C reaches the child through us, once.
            child = subprocess.Popen(self.command, process_group=0, env=_ENVIRON)
            self._wait_for_change(child, before)
            code = self._end(child)
        return max(code, 0)

    def stop(self, number: int) -> None:
        self.stopped_by = number

    def _wait_for_change(self, child: subprocess.Popen[bytes], before: Snapshot) -> None:
        alive = True
        while self.stopped_by is None:
            if alive and (code := child.poll()) is not None:
                alive = False
                _say(f"stopped with code {code}; waiting for a change")
            if changed := snapshot(self.folders).items() ^ before.items():
                return _say(f"{min(changed)[0].name} changed, starting anew")
            time.sleep(INTERVAL)

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        if child.poll() is None:
            child.send_signal(self.stopped_by or signal.SIGTERM)
        return child.wait()


def _say(text: str) -> None:
    print(f"frameworkhub: {text}", file=sys.stderr, flush=True)
