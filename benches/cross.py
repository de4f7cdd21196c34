"""GET with a parameter, a query and a header: natively, by cross-web's adapter, by the hub's.

cross-web's own adapter class is used directly, without its HTTPRequest around it: its leanest way.
"""

from collections.abc import Callable
from typing import Any

import measuring
from measuring import Question

import frameworkhub
from frameworkhub.bench.rounds import Measure
from frameworkhub.check.requests import Request

ASKED = Question(
    Request("GET", "/items/42?q=tea", (("X-Trace", "abc"),)),
    body=b"42 tea abc",
    miss=Request("GET", "/items/forty-two"),
)


def hub(name: str) -> Any:
    app = frameworkhub.App()

    @app.get("/items/{id:int}")
    def item(request: frameworkhub.Request, id: int) -> str:
        return f"{id} {request.query.get('q', '')} {request.headers.get('x-trace', '')}"

    return app.on(name)


def hub_async(name: str) -> Any:
    app = frameworkhub.App()

    @app.get("/items/{id:int}")
    async def item(request: frameworkhub.Request, id: int) -> str:
        return f"{id} {request.query.get('q', '')} {request.headers.get('x-trace', '')}"

    return app.on(name, interface="asgi") if name == "django" else app.on(name)


def said(adapter: Any) -> str:
    """What a handler over cross-web says."""
    q, trace = adapter.query_params.get("q", ""), adapter.headers.get("x-trace", "")
    return f"{adapter.path_params['id']} {q} {trace}"


def on_flask() -> dict[str, Measure]:
    from cross_web import FlaskHTTPRequestAdapter
    from flask import Flask, request

    native, crossed = Flask("native"), Flask("crossed")

    @native.get("/items/<int:id>")
    def item(id: int) -> str:
        return f"{id} {request.args.get('q', '')} {request.headers.get('x-trace', '')}"

    @crossed.get("/items/<int:id>", endpoint="item")
    def cross_item(id: int) -> str:
        return said(FlaskHTTPRequestAdapter(request))

    return measuring.wsgi({"native": native, "cross-web": crossed, "hub": hub("flask")}, ASKED)


def on_django() -> dict[str, Measure]:
    from cross_web import DjangoHTTPRequestAdapter
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse

    django_settings()

    def item(request: HttpRequest, id: int) -> HttpResponse:
        trace = request.headers.get("x-trace", "")
        return HttpResponse(f"{id} {request.GET.get('q', '')} {trace}")

    def cross_item(request: HttpRequest, id: int) -> HttpResponse:
        return HttpResponse(said(DjangoHTTPRequestAdapter(request)))

    def subject(name: str, view: Any) -> dict[str, Measure]:
        with_urls(view)()
        found = measuring.wsgi({name: get_wsgi_application()}, ASKED)
        return {name: first(with_urls(view), found[name])}

    carried = measuring.wsgi({"hub": hub("django")}, ASKED)
    return subject("native", item) | subject("cross-web", cross_item) | carried


def on_django_asgi() -> dict[str, Measure]:
    from cross_web import AsyncDjangoHTTPRequestAdapter
    from django.core.asgi import get_asgi_application
    from django.http import HttpRequest, HttpResponse

    django_settings()

    async def item(request: HttpRequest, id: int) -> HttpResponse:
        trace = request.headers.get("x-trace", "")
        return HttpResponse(f"{id} {request.GET.get('q', '')} {trace}")

    async def cross_item(request: HttpRequest, id: int) -> HttpResponse:
        return HttpResponse(said(AsyncDjangoHTTPRequestAdapter(request)))

    def subject(name: str, view: Any) -> dict[str, Measure]:
        with_urls(view)()
        found = measuring.asgi({name: get_asgi_application()}, ASKED)
        return {name: first(with_urls(view), found[name])}

    carried = measuring.asgi({"hub": hub_async("django")}, ASKED)
    return subject("native", item) | subject("cross-web", cross_item) | carried


def django_settings() -> None:
    import django
    from django.conf import settings

    settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50, USE_I18N=False, ROOT_URLCONF=())
    django.setup()


def with_urls(view: Any) -> Callable[[], None]:
    """Puts the view where requests are sent; Django has one URL configuration per process."""
    from django.conf import settings
    from django.urls import path

    urls = type("Urls", (), {"urlpatterns": [path("items/<int:id>", view)]})

    def put() -> None:
        settings.ROOT_URLCONF = urls

    return put


def first(prepare: Callable[[], None], measure: Measure) -> Measure:
    def prepared() -> float:
        prepare()
        return measure()

    return prepared


def on_starlette() -> dict[str, Measure]:
    from cross_web import StarletteRequestAdapter
    from starlette.applications import Starlette
    from starlette.requests import Request as Native
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def item(request: Native) -> PlainTextResponse:
        q, trace = request.query_params.get("q", ""), request.headers.get("x-trace", "")
        return PlainTextResponse(f"{request.path_params['id']} {q} {trace}")

    async def cross_item(request: Native) -> PlainTextResponse:
        return PlainTextResponse(said(StarletteRequestAdapter(request)))

    apps = {"native": item, "cross-web": cross_item}
    made = {name: Starlette(routes=[Route("/items/{id:int}", apps[name])]) for name in apps}
    return measuring.asgi({**made, "hub": hub_async("starlette")}, ASKED)


def on_fastapi() -> dict[str, Measure]:
    from cross_web import StarletteRequestAdapter
    from fastapi import FastAPI
    from fastapi import Request as Native
    from fastapi.responses import PlainTextResponse

    native, crossed = FastAPI(), FastAPI()

    @native.get("/items/{id:int}", response_class=PlainTextResponse)
    async def item(request: Native) -> str:
        q, trace = request.query_params.get("q", ""), request.headers.get("x-trace", "")
        return f"{request.path_params['id']} {q} {trace}"

    @crossed.get("/items/{id:int}", response_class=PlainTextResponse)
    async def cross_item(request: Native) -> str:
        return said(StarletteRequestAdapter(request))

    made = {"native": native, "cross-web": crossed, "hub": hub_async("fastapi")}
    return measuring.asgi(made, ASKED)


SUPPORTED = {
    "Flask": on_flask,
    "Django": on_django,
    "Django, ASGI": on_django_asgi,
    "Starlette": on_starlette,
    "FastAPI": on_fastapi,
}
