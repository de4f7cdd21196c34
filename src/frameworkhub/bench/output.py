"""Where a report goes: to the terminal, to files."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import HubError
from .report import Report


def check_writable(*names: str | None) -> None:
    """Raises HubError for a file that can't be written, before minutes are spent on it."""
    for name in names:
        if name and name != "-":
            _save(name, "")


def write(report: Report, json_to: str | None, svg_to: str | None) -> None:
    """Prints the table, and writes the files that are asked for; `json_to` "-": JSON is printed."""
    data = json.dumps(report.data(), indent=1)
    if json_to and json_to != "-":
        _save(json_to, data + "\n")
    if svg_to:
        from .chart import chart

        _save(svg_to, chart(report))
    print(data if json_to == "-" else report.text())


def _save(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, "utf-8")
    except OSError as error:
        raise HubError(f"can't write {name}: {error.strerror}") from None
