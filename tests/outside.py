"""Plugins made by `frameworkhub new`, in a folder where Python finds them as if installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from fill_in import fill_in

from frameworkhub.scaffold import scaffold


class Outside:
    """Plugins, apps, and the command line in processes of their own that see them.

    Attributes:
        folder: what is in it can be imported; it is the current folder of the commands.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def plugin(self, kind: str, name: str) -> Path:
        """Scaffolds a plugin, fills it in, and registers its entry point; gives its module."""
        scaffold(kind, name, str(self.folder / "plugins"))
        source = self.folder / "plugins" / name
        if kind == "frameworks":
            fill_in(source)
        (module,) = [p for p in source.glob("frameworkhub_*.py") if "_native" not in p.name]
        self.register(kind, name, module.stem)
        return module.rename(self.folder / module.name)

    def register(self, kind: str, name: str, module: str) -> None:
        """What an installer writes: metadata and entry points, as PyPA specifies them."""
        distribution = module.replace("_", "-")
        info = self.folder / f"{module}-0.1.0.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.1.0\n"
        (info / "METADATA").write_text(f"{metadata}Requires-Dist: pluggy\n")
        (info / "entry_points.txt").write_text(f"[frameworkhub.{kind}]\n{name} = {module}\n")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def environ(self, **more: str) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.folder), **more}

    def popen(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "frameworkhub", *arguments],
            cwd=self.folder,
            env=self.environ(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *arguments: str, **more: str) -> Result:
        """Runs `frameworkhub *arguments` to its end."""
        with self.popen(*arguments, **more) as process:
            out, err = process.communicate(timeout=60)
        return Result(process.returncode, out, err)


class Result:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def refused(self, pattern: str, code: int = 2) -> bool:
        """It said one line that matches, nothing else, and gave the code of bad input."""
        lines = self.err.splitlines()
        assert self.code == code, self
        assert self.out == "", self
        assert len(lines) == 1, self
        assert re.search(f"^frameworkhub: .*{pattern}", lines[0]), self
        return True

    def __repr__(self) -> str:
        return f"code {self.code}\n{self.out}\n{self.err}"
