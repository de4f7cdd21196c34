"""The control app: the same small app in Flask's own idiom."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, jsonify, request


def make_app() -> Flask:
    app = Flask(__name__)

    @app.get("/empty")
    def empty() -> str:
        return "ok"

    @app.get("/items/<int:id>")
    def item(id: int) -> str:
        return f"{id} {request.args.get('q', '')}"

    @app.post("/json")
    def echo_json() -> Response:
        return jsonify(request.get_json())

    @app.post("/form")
    def echo_form() -> Response:
        return jsonify(request.form)

    @app.post("/upload")
    def upload() -> str:
        return str(len(request.get_data()))

    @app.get("/stream")
    def stream() -> Response:
        def chunks() -> Iterator[bytes]:
            for _ in range(10):
                yield b"x" * 1024

        return Response(chunks())

    return app
