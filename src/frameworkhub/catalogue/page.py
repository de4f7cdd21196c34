"""The generated page docs/systems.md: `python -m frameworkhub.catalogue.page > docs/systems.md`.

It shows what the package ships: run it with FRAMEWORKHUB_DATA naming an empty folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import comparing, store, vocabulary
from .model import System, Text

COLUMNS = ("system", "interfaces", "status", "newest", "released", "licence", "suite", "what it is")
HEAD = """# All systems

The {count} systems of the catalogue, as the package ships them; [what the columns rest
on](catalogue.md). Made by `python -m nox -s pages`; do not edit it by hand. `frameworkhub list`
shows the same with what is installed, and `frameworkhub refresh` brings the versions up to date.

本页由 `python -m nox -s pages` 生成；每个系统的说明先英文后中文。
"""


def markdown() -> str:
    """The page."""
    systems = store.systems()
    parts = [HEAD.format(count=len(systems))]
    for kind, word in vocabulary.all_words()["kinds"].items():
        chosen = [system for system in systems if system.kinds[0] == kind]
        parts.append(f"## {kind.capitalize()} ({word.label.zh})\n\n{table(chosen)}\n")
    return "\n".join(parts)


def table(systems: list[System]) -> str:
    """A table of Markdown with a line for each system."""
    rule = "|".join("---" for _ in COLUMNS)
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{rule}|"]
    return "\n".join([*lines, *(f"| {' | '.join(cells(system))} |" for system in systems)])


def cells(system: System) -> Iterator[str]:
    """What stands in the columns."""
    address = system.links.homepage or system.links.repository
    yield f"[{system.name}]({address})"
    yield ", ".join(system.interfaces)
    yield system.status
    yield system.release.version
    yield system.release.date.isoformat()
    yield system.release.licence
    yield comparing.conformance(system) or ""
    yield _both(system.summary)


def _both(text: Text) -> str:
    return f"{text.en}<br>{text.zh}".replace("|", "\\|")


if __name__ == "__main__":
    print(markdown(), end="")
