"""Forms: urlencoded and multipart."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import frameworkhub as hub

from ..app import Both

# The files that /forms/keep has seen last, by colour of the path.
kept: dict[str, list[hub.UploadFile]] = {}


def add(both: Both) -> None:
    @both.route("/forms/show", ("GET", "POST", "PUT", "PATCH"))
    def show(request: hub.Request) -> dict[str, Any]:
        return {"form": request.form.multi_items(), "files": shown_files(request)}

    @both.post("/forms/access")
    def access(request: hub.Request) -> dict[str, Any]:
        form = request.form
        return {"a": form.get("a"), "all_a": form.getlist("a"), "none": form.get("none")}

    @both.post("/forms/orders")
    def orders(request: hub.Request) -> list[Any]:
        return [READ[what](request) for what in request.query["order"].split(",")]

    @both.post("/forms/keep")
    def keep(request: hub.Request) -> None:
        kept[request.path.split("/")[1]] = request.files.getlist("f")

    @both.get("/forms/kept")
    def is_closed(request: hub.Request) -> bool:
        return all(file.file.closed for file in kept[request.path.split("/")[1]])

    _add_file(both)


READ: dict[str, Any] = {
    "body": lambda request: hashlib.sha256(request.body).hexdigest(),
    "text": lambda request: request.text,
    "form": lambda request: request.form.multi_items(),
    "files": lambda request: shown_files(request),
}


def shown_files(request: hub.Request) -> list[dict[str, Any]]:
    """Each file's facts; the content as latin-1 while it is short."""
    found = []
    for name, file in request.files.items(multi=True):
        assert name == file.name
        file.seek(0)
        data = file.read()
        found.append(
            {
                "name": name,
                "filename": file.filename,
                "type": file.content_type,
                "size": file.size,
                "sha256": hashlib.sha256(data).hexdigest(),
                "content": data.decode("latin-1") if len(data) < 10_000 else None,
                "x": file.headers.get("x-part"),
            }
        )
    return found


def _add_file(both: Both) -> None:
    @both.post("/forms/file")
    def use(request: hub.Request) -> dict[str, Any]:
        file = request.files["f"]
        facts = {
            "first": file.read(3).decode(),
            "rest": file.read().decode(),
            "end": len(file.read()),
        }
        with tempfile.TemporaryDirectory() as folder:
            file.save(Path(folder) / "saved")
            facts["saved"] = (Path(folder) / "saved").read_text()
        file.seek(1)
        facts["chunks"] = b"".join(file).decode()
        return facts
