"""The same two small apps on WSGI, each as its framework's documentation writes them.

`ITEM`: GET /items/{int} answers text. `LAYERED`: POST /items/{int} takes and gives JSON, inside
three middlewares that set a header each, with an exception handler that is there but not hit.
"""

from __future__ import annotations

from typing import Any

import frameworkhub
from frameworkhub.bench import by_hand

HEADERS = ("x-one", "x-two", "x-three")


def hub_item() -> Any:
    app = frameworkhub.App()

    @app.get("/items/{id:int}")
    def item(request: frameworkhub.Request, id: int) -> str:
        return f"item {id}"

    return app.wsgi


def falcon_item() -> Any:
    import falcon

    class Item:
        def on_get(self, req: falcon.Request, resp: falcon.Response, id: int) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = f"item {id}"

    app = falcon.App()
    app.add_route("/items/{id:int}", Item())
    return app


def bottle_item() -> Any:
    import bottle

    app = bottle.Bottle()

    @app.get("/items/<id:int>")
    def item(id: int) -> str:
        bottle.response.content_type = "text/plain; charset=utf-8"
        return f"item {id}"

    return app


def pyramid_item() -> Any:
    from pyramid.config import Configurator
    from pyramid.response import Response

    def item(request: Any) -> Response:
        return Response(f"item {int(request.matchdict['id'])}", content_type="text/plain")

    with Configurator() as config:
        config.add_route("item", r"/items/{id:\d+}", request_method="GET")
        config.add_view(item, route_name="item")
        return config.make_wsgi_app()


def flask_item() -> Any:
    import flask

    app = flask.Flask(__name__)

    @app.get("/items/<int:id>")
    def item(id: int) -> flask.Response:
        return flask.Response(f"item {id}", mimetype="text/plain")

    return app


def django_item() -> Any:
    import django
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path
    from django.views.decorators.http import require_GET

    @require_GET
    def item(request: Any, id: int) -> HttpResponse:
        return HttpResponse(f"item {id}", content_type="text/plain; charset=utf-8")

    urls = type("Urls", (), {"urlpatterns": [path("items/<int:id>", item)]})
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=urls)
    django.setup()
    return get_wsgi_application()


ITEM = {
    "hub": hub_item,
    "hand-written": lambda: by_hand.wsgi,
    "Falcon": falcon_item,
    "Bottle": bottle_item,
    "Pyramid": pyramid_item,
    "Flask": flask_item,
    "Django": django_item,
}


def hub_layered() -> Any:
    app = frameworkhub.App()

    def header(name: str) -> Any:
        def layer(request: frameworkhub.Request) -> Any:
            response = yield
            response.headers[name] = "1"

        return layer

    for name in HEADERS:
        app.middleware(header(name))

    @app.exception_handler(KeyError)
    def missing(request: frameworkhub.Request, error: KeyError) -> frameworkhub.Response:
        return frameworkhub.Response.text(f"{error} is missing", status=422)

    @app.post("/items/{id:int}")
    def item(request: frameworkhub.Request, id: int) -> dict[str, Any]:
        data = request.json()
        return {"id": id, "name": data["name"], "tags": data["tags"]}

    return app.wsgi


def falcon_layered() -> Any:
    import falcon

    class Header:
        def __init__(self, name: str) -> None:
            self.name = name

        def process_response(self, req: Any, resp: Any, resource: Any, succeeded: bool) -> None:
            resp.set_header(self.name, "1")

    class Item:
        def on_post(self, req: falcon.Request, resp: falcon.Response, id: int) -> None:
            data = req.get_media()
            resp.media = {"id": id, "name": data["name"], "tags": data["tags"]}

    def missing(req: Any, resp: Any, error: KeyError, params: Any) -> None:
        raise falcon.HTTPUnprocessableEntity(description=f"{error} is missing")

    app = falcon.App(middleware=[Header(name) for name in HEADERS])
    app.add_error_handler(KeyError, missing)
    app.add_route("/items/{id:int}", Item())
    return app


def flask_layered() -> Any:
    import flask

    app = flask.Flask(__name__)

    def header(name: str) -> Any:
        def layer(response: flask.Response) -> flask.Response:
            response.headers[name] = "1"
            return response

        return layer

    for name in HEADERS:
        app.after_request(header(name))

    @app.errorhandler(KeyError)
    def missing(error: KeyError) -> Any:
        return f"{error} is missing", 422

    @app.post("/items/<int:id>")
    def item(id: int) -> dict[str, Any]:
        data = flask.request.get_json()
        return {"id": id, "name": data["name"], "tags": data["tags"]}

    return app


LAYERED = {"hub": hub_layered, "Falcon": falcon_layered, "Flask": flask_layered}
