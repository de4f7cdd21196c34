"""What the client asked for beside path and body: query, header fields, cookies."""

from __future__ import annotations

from typing import Any

import frameworkhub as hub

from ..app import Both


def add(both: Both) -> None:
    @both.get("/query")
    def query(request: hub.Request) -> dict[str, Any]:
        return {
            "items": request.query.multi_items(),
            "raw": request.query_string,
            "a": request.query.get("a"),
            "all_a": request.query.getlist("a"),
        }

    @both.route("/headers", ("GET", "POST"))
    def headers(request: hub.Request) -> dict[str, Any]:
        name = request.query.get("name", "host")
        return {
            "items": list(request.headers.items()),
            "get": request.headers.get(name),
            "all": request.headers.getlist(name),
            "has": name in request.headers,
            "type": request.content_type,
        }

    @both.get("/cookies")
    def cookies(request: hub.Request) -> dict[str, Any]:
        return {
            "items": list(request.cookies.items(multi=True)),
            "a": request.cookies.get("a"),
            "field": request.headers.get("cookie"),
        }

    @both.get("/target")
    def target(request: hub.Request) -> dict[str, Any]:
        return {
            "method": request.method,
            "scheme": request.scheme,
            "host": request.host,
            "client": request.client,
            "http_version": request.http_version,
        }
