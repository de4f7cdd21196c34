"""The control app: the same small app in Django's own idiom, with sync or async views."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

View = Callable[..., HttpResponse]


@require_GET
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


@require_GET
def item(request: HttpRequest, id: int) -> HttpResponse:
    q = request.GET.getlist("q") or [""]
    return HttpResponse(f"{id} {q[0]}")


@require_POST
def echo_json(request: HttpRequest) -> HttpResponse:
    return JsonResponse(json.loads(request.body), safe=False)


@require_POST
def echo_form(request: HttpRequest) -> HttpResponse:
    return JsonResponse(request.POST.dict())


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


@require_GET
def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        for _ in range(10):
            yield b"x" * 1024

    return StreamingHttpResponse(chunks(), content_type="application/octet-stream")


urlpatterns = [
    path("empty", empty),
    path("items/<int:id>", item),
    path("json", echo_json),
    path("form", echo_form),
    path("upload", upload),
    path("stream", stream),
]


def asynchronous(view: View) -> Callable[..., Awaitable[HttpResponse]]:
    """None of the views waits for anything, so each may run on the event loop as it is."""

    @wraps(view)
    async def answer(request: HttpRequest, **params: Any) -> HttpResponse:
        return view(request, **params)

    return answer


@require_GET
async def astream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1024

    return StreamingHttpResponse(chunks(), content_type="application/octet-stream")


class AsyncUrls:
    urlpatterns = [  # noqa: RUF012
        path("empty", asynchronous(empty)),
        path("items/<int:id>", asynchronous(item)),
        path("json", asynchronous(echo_json)),
        path("form", asynchronous(echo_form)),
        path("upload", asynchronous(upload)),
        path("stream", astream),
    ]


def make_app(interface: str = "wsgi") -> Any:
    if not settings.configured:  # else by the hub's adapter, in the same process
        settings.configure(
            ALLOWED_HOSTS=["*"],
            DATA_UPLOAD_MAX_MEMORY_SIZE=None,
            SECRET_KEY=secrets.token_urlsafe(),
            USE_I18N=False,
        )
        django.setup()
    settings.ROOT_URLCONF = AsyncUrls if interface == "asgi" else __name__
    return get_asgi_application() if interface == "asgi" else get_wsgi_application()
