"""The apps of peers_asgi on BlackSheep, which reads the annotations of its handlers.

Each twice: with its injection, as its documentation begins, and "lean" with handlers that take the
request itself, which is what it calls fastest.
"""

from typing import Any

from peers_wsgi import HEADERS


def item() -> Any:
    from blacksheep import Application, Response, Router, text

    app = Application(router=Router())

    @app.router.get("/items/{int:id}")
    async def item(id: int) -> Response:
        return text(f"item {id}")

    return app


def lean_item() -> Any:
    from blacksheep import Application, Request, Response, Router, text

    app = Application(router=Router())

    @app.router.get("/items/{int:id}")
    async def item(request: Request) -> Response:
        return text(f"item {int(request.route_values['id'])}")

    return app


def layers() -> Any:
    from blacksheep import Application, Router, text

    app = Application(router=Router())

    def header(name: bytes) -> Any:
        async def layer(request: Any, handler: Any) -> Any:
            response = await handler(request)
            response.add_header(name, b"1")
            return response

        return layer

    app.middlewares.extend(header(name.encode()) for name in HEADERS)

    @app.exception_handler(KeyError)
    async def missing(self: Any, request: Any, error: KeyError) -> Any:
        return text(f"{error} is missing", status=422)

    return app


def layered() -> Any:
    from blacksheep import FromJSON, Response, json

    app = layers()

    @app.router.post("/items/{int:id}")
    async def item(id: int, data: FromJSON[dict]) -> Response:
        value = data.value
        return json({"id": id, "name": value["name"], "tags": value["tags"]})

    return app


def lean_layered() -> Any:
    from blacksheep import Request, Response, json

    app = layers()

    @app.router.post("/items/{int:id}")
    async def item(request: Request) -> Response:
        data = await request.json()
        number = int(request.route_values["id"])
        return json({"id": number, "name": data["name"], "tags": data["tags"]})

    return app
