"""The control app: the same small app in Flask's own idiom."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Flask, Response, jsonify, request

blueprint = Blueprint("control", __name__)


def make_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(blueprint)
    return app


@blueprint.get("/empty")
def empty() -> str:
    return "ok"


@blueprint.get("/items/<int:id>")
def item(id: int) -> str:
    return f"{id} {request.args.get('q', '')}"


@blueprint.post("/json")
def echo_json() -> Response:
    return jsonify(request.get_json())


@blueprint.post("/form")
def echo_form() -> Response:
    return jsonify(request.form)


@blueprint.post("/upload")
def upload() -> str:
    return str(len(request.get_data()))


@blueprint.get("/stream")
def stream() -> Response:
    return Response(chunks(), mimetype="application/octet-stream")


def chunks() -> Iterator[bytes]:
    for _ in range(10):
        yield b"x" * 1024
