"""Files, made when the first is asked for, and removed at the end of the process."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import frameworkhub as hub

from ..app import Both

MODIFIED = 1_600_000_000
LAST_MODIFIED = "Sun, 13 Sep 2020 12:26:40 GMT"
DIGITS = b"0123456789"
CONTENTS: dict[str, bytes] = {
    "digits.txt": DIGITS,
    "empty.bin": b"",
    "all.bin": bytes(range(256)) * 8,
    "large.bin": bytes(range(251)) * (5 * 2**20 // 251),
    "page.html": b"<p>hello</p>",
    "data.json": b"{}",
    "unknown.zzz": b"?",
}

_folder: list[Any] = []


@cache
def folder() -> Path:
    """Where the files are."""
    # Kept, as the folder goes with the object.
    _folder.append(tempfile.TemporaryDirectory(prefix="hub-files-"))
    path = Path(_folder[0].name)
    for name, content in CONTENTS.items():
        (path / name).write_bytes(content)
        os.utime(path / name, (MODIFIED, MODIFIED))
    return path


NAMES = {
    "plain": "report.txt",
    "unicode": "Bücher 雪.txt",
    "quote": 'a"b\\c.txt',
    "path": "/etc/secret/x.txt",
    "break": "a\r\nX-Evil: 1.txt",
}


def add(both: Both) -> None:
    @both.route("/files/get/{name:path}", ("GET", "POST"))
    def get(request: hub.Request, name: str) -> hub.Response:
        return hub.Response.file(folder() / name)

    @both.get("/files/folder")
    def directory(request: hub.Request) -> hub.Response:
        return hub.Response.file(folder())

    @both.get("/files/attached/{name}")
    def attached(request: hub.Request, name: str) -> hub.Response:
        return hub.Response.file(folder() / "digits.txt", filename=NAMES[name], attachment=True)

    @both.get("/files/inline")
    def inline(request: hub.Request) -> hub.Response:
        return hub.Response.file(folder() / "digits.txt", filename="x.txt")

    @both.get("/files/typed")
    def typed(request: hub.Request) -> hub.Response:
        response = hub.Response.file(folder() / "digits.txt", content_type="text/x", max_age=60)
        response.headers["x-a"] = "1"
        response.set_cookie("a", "1")
        return response

    @both.get("/files/changing")
    def changing(request: hub.Request) -> hub.Response:
        path = folder() / "changing.txt"
        content = request.query["content"]
        if not path.exists() or path.read_text() != content:
            path.write_text(content)
        return hub.Response.file(path)
