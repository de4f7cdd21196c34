"""What is Django's own: settings, middleware, reversing, and the applications that a user has."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any
from wsgiref.util import FileWrapper

import django
import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception
from django.db import connection
from django.http import FileResponse, HttpResponse
from django.test import Client, override_settings
from django.urls import NoReverseMatch, clear_url_caches, include, path, reverse

import frameworkhub as hub
from frameworkhub.bench.drivers import environ
from frameworkhub.check.requests import Request
from frameworkhub.testing.hosts import AsgiHost, Host, Spec, WsgiHost

MEMORY = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": MEMORY},
    MIDDLEWARE=[],
    ROOT_URLCONF="users_urls",
    SECRET_KEY="secret",
)
django.setup()

seen: list[Any] = []


def own_page(request: Any) -> HttpResponse:
    return HttpResponse(f"own {reverse('shop:item', kwargs={'id': 1})}")


@pytest.fixture(autouse=True)
def urls(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The user's URLconf."""
    module: Any = ModuleType("users_urls")
    module.urlpatterns = [path("own/", own_page, name="own")]
    monkeypatch.setitem(sys.modules, "users_urls", module)
    clear_url_caches()
    seen.clear()
    return module


@pytest.fixture
def app() -> hub.App:
    app = hub.App(name="shop")

    @app.get("/items/{id:int}")
    def item(request: hub.Request, id: int) -> hub.Response:
        headers = [("X-Two", "1"), ("x-two", "2"), ("Set-Cookie", 'a="b c"; path=/; Odd')]
        return hub.Response.text(f"item {id}", headers=[*headers, ("Set-Cookie", "a=2")])

    @app.post("/echo")
    def echo(request: hub.Request) -> bytes:
        return request.body

    @app.post("/form")
    async def form(request: hub.Request) -> list[Any]:
        return request.form.multi_items()

    @app.get("/stream")
    def stream(request: hub.Request) -> Iterator[bytes]:
        try:
            yield b"x" * 1000
            yield b"y" * 1000
        finally:
            seen.append("closed")

    @app.get("/endless")
    async def endless(request: hub.Request) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.01)
        finally:
            seen.append("closed")

    @app.get("/fail")
    def fail(request: hub.Request) -> None:
        with connection.cursor() as cursor:
            cursor.execute("insert into notes values (1)")
        raise RuntimeError("fails")

    group = hub.App()
    group.get("/deep/{name}", name="deep")(lambda request, name: name)
    app.include(group, "/group", name="group")
    return app


def sync_host(app: hub.App, native: Any) -> Host:
    return WsgiHost(Spec("django", "wsgi"), app, native)


@pytest.fixture(params=["wsgi", "asgi"])
def carry(request: pytest.FixtureRequest, app: hub.App) -> Iterator[Callable[[], Host]]:
    """`carry()`: the app on Django by each interface, under the settings of the moment."""
    started: list[Host] = []

    def start() -> Host:
        native = app.on("django", interface=request.param)
        spec = Spec("django", request.param)
        host = WsgiHost(spec, app, native) if spec.interface == "wsgi" else AsgiHost(spec, native)
        host.start()
        started.append(host)
        return host

    yield start
    for host in started:
        host.stop()


def mark(get_response: Any) -> Any:
    """A middleware as users write them: sync."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        seen.append(request.resolver_match.view_name)
        response["X-Mark"] = "1"
        response["X-TWO"] = response["x-two"] + "!" if "X-Two" in response else "none"
        response.set_cookie("mark", "m")
        return response

    return middleware


def peek(get_response: Any) -> Any:
    """Reads the body before the app does."""

    def middleware(request: Any) -> Any:
        seen.append(request.body)
        return get_response(request)

    return middleware


def replace(get_response: Any) -> Any:
    """Has another response sent in place of the app's."""

    def middleware(request: Any) -> Any:
        get_response(request)
        return HttpResponse("replaced")

    return middleware


def sends_a_file(get_response: Any) -> Any:
    """Answers by a file, and tells when that is closed."""

    def middleware(request: Any) -> Any:
        response = FileResponse(Path(__file__).open("rb"))  # noqa: SIM115  closed with it
        response._resource_closers.append(lambda: seen.append("closed"))
        return response

    return middleware


def reverses(get_response: Any) -> Any:
    """Reverses before Django has resolved the request."""

    def middleware(request: Any) -> Any:
        seen.append(reverse("shop:item", kwargs={"id": 7}))
        return get_response(request)

    return middleware


def using(*middleware: Any) -> Any:
    names = [m if isinstance(m, str) else f"{__name__}.{m.__name__}" for m in middleware]
    return override_settings(MIDDLEWARE=names)


def test_headers_leave_as_they_are(carry: Callable[[], Host]) -> None:
    """Repeated fields and cookies are sent byte for byte, which Django's own response can't."""
    answer = carry().get("/items/1")
    assert answer.all("x-two") == ["1", "2"]
    assert answer.all("set-cookie") == ['a="b c"; path=/; Odd', "a=2"]


def test_middleware(carry: Callable[[], Host]) -> None:
    """The user's middleware reads, sets and adds; what it leaves alone stays as it was."""
    with using(mark):
        answer = carry().get("/items/1")
    assert answer.all("x-mark") == ["1"]
    assert answer.all("x-two") == ["1, 2!"]
    cookies = answer.all("set-cookie")
    assert cookies[:2] == ['a="b c"; path=/; Odd', "a=2"]
    assert [cookie.strip() for cookie in cookies[2:]] == ["mark=m; Path=/"]
    assert seen == ["shop:item"]


def test_middleware_sees_every_answer(carry: Callable[[], Host]) -> None:
    """404 and 405 pass through the user's middleware as well."""
    with using(mark):
        host = carry()
        assert host.get("/nowhere").header("x-mark") == "1"
        assert host.request("DELETE", "/group/deep/x").header("x-mark") == "1"
    assert seen[1] == "shop:group:deep"


@pytest.mark.parametrize("chunks", [None, [b"ab", b"c"]])
def test_middleware_that_reads_the_body(carry: Callable[[], Host], chunks: Any) -> None:
    """What a middleware has read by `request.body`, the app reads again."""
    with using(peek):
        host = carry()
        body = {"body": b"abc"} if chunks is None else {"chunks": chunks}
        answer = host.request("POST", "/echo", **body)
    # Django's WSGIRequest finds no body in a chunked request.
    blind = chunks is not None and host.spec.interface == "wsgi"
    assert (seen, answer.body) == ([b"" if blind else b"abc"], b"abc")


def test_middleware_that_replaces(carry: Callable[[], Host]) -> None:
    """The stream of a response that is not sent is closed all the same."""
    with using(replace):
        assert carry().get("/stream").text == "replaced"
    assert seen == ["closed"]


@pytest.mark.parametrize("wrapper", [None, FileWrapper])
def test_a_file_of_djangos(app: hub.App, wrapper: Any) -> None:
    """A server that has a file wrapper (PEP 3333) gets Django's files to send, and closes them."""
    with using(sends_a_file):
        native = app.on("django")
        asked = environ(Request("GET", "/")) | {"wsgi.input": BytesIO()}
        if wrapper:
            asked["wsgi.file_wrapper"] = wrapper
        heads: list[Any] = []
        chunks = native(asked, lambda *head: heads.append(head))
    assert isinstance(chunks, wrapper or FileResponse)
    assert b"".join(chunks) == Path(__file__).read_bytes()
    assert seen == []
    chunks.close()
    assert seen == ["closed"]
    [(status, fields)] = heads
    assert (status, type(fields)) == ("200 OK", list)
    assert dict(fields)["Content-Length"] == str(Path(__file__).stat().st_size)


def test_gzip(carry: Callable[[], Host]) -> None:
    """Django's middleware may change the body, whole or streamed."""
    with using("django.middleware.gzip.GZipMiddleware"):
        host = carry()
        answer = host.get("/stream", ("Accept-Encoding", "gzip"))
        assert gzip.decompress(answer.body) == b"x" * 1000 + b"y" * 1000
        body = b"z" * 1000
        answer = host.request("POST", "/echo", [("Accept-Encoding", "gzip")], body)
    assert gzip.decompress(answer.body) == body
    assert answer.all("content-length") == [str(len(answer.body))]


def test_csrf_and_slashes(carry: Callable[[], Host]) -> None:
    """Django asks the app's forms for no token, and redirects none of its paths."""
    names = [
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ]
    with using(*names):
        host = carry()
        headers = [("Content-Type", "application/x-www-form-urlencoded")]
        answer = host.request("POST", "/form", headers, b"a=1&a=2")
        assert (answer.status, answer.json()) == (200, [["a", "1"], ["a", "2"]])
        assert host.get("/items").status == 404


def test_reverse_in_a_request(carry: Callable[[], Host], urls: Any) -> None:
    """`reverse` knows the app's routes wherever the request is, with no help of the settings."""
    with using(reverses):
        assert carry().get("/items/1").status == 200
    assert seen == ["/items/7"]


def test_two_apps_in_one_process(app: hub.App) -> None:
    """Each application has its own routes, and the settings' own are in neither."""
    other = hub.App(name="other")
    other.get("/items/{id:int}")(lambda request, id: f"other {id}")
    first, second = (sync_host(one, one.on("django")) for one in (app, other))
    assert (first.get("/items/1").text, second.get("/items/1").text) == ("item 1", "other 1")
    assert second.get("/group/deep/x").status == second.get("/own/").status == 404


def test_literal_angle_brackets(app: hub.App) -> None:
    """`<` in a path is no parameter of Django's."""
    app.get("/a<b:c>/{id:int}", name="odd")(lambda request, id: f"odd {id}")
    assert sync_host(app, app.on("django")).get("/a%3Cb:c%3E/-1").text == "odd -1"


def form_of(urls: Any, form: str) -> Any:
    """The user's URLs, in each form that `attach` takes."""
    forms = {"module": urls, "list": urls.urlpatterns, "include": include(urls)}
    return forms[form] if form in forms else WSGIHandler()


@pytest.mark.parametrize("form", ["module", "list", "include", "handler"])
@pytest.mark.parametrize("style", ["native", "beside"])
def test_attach(app: hub.App, urls: Any, form: str, style: str) -> None:
    """The app answers under its prefix, in an application that the user serves as ever."""
    attached = app.attach(form_of(urls, form), "/hub", style=style)
    host = sync_host(app, attached if form == "handler" else WSGIHandler())
    assert host.get("/hub/items/-1").text == "item -1"
    assert host.request("POST", "/hub/echo", chunks=[b"a", b"b"]).text == "ab"
    assert host.get("/hub/nowhere").header("content-type") == "application/problem+json"
    assert host.get("/nowhere").header("content-type") == "text/html; charset=utf-8"
    if style == "native":
        assert host.get("/own/").text == "own /hub/items/1"


def test_attach_without_a_prefix(app: hub.App, urls: Any) -> None:
    """Without a prefix the user's routes come first, also those that are added later."""
    app.get("/own/")(lambda request: "the app's")
    app.attach(urls)
    urls.urlpatterns.append(path("later/", lambda request: HttpResponse("later")))
    host = sync_host(app, WSGIHandler())
    assert host.get("/own/").text == "own /items/1"
    assert host.get("/later/").text == "later"
    assert host.request("DELETE", "/items/1").header("allow") == "GET, HEAD, OPTIONS"
    with pytest.raises(hub.CapabilityError, match="prefix"):
        app.attach(urls, style="beside")


def test_reverse(app: hub.App, urls: Any) -> None:
    """Routes are reversed by Django, in the app's namespace, groups in theirs."""
    app.attach(urls.urlpatterns, "/hub")
    assert reverse("shop:item", args=[-5]) == "/hub/items/-5"
    assert reverse("shop:group:deep", kwargs={"name": "a/b"[:1]}) == "/hub/group/deep/a"
    assert reverse("own") == "/own/"
    with pytest.raises(NoReverseMatch):
        reverse("shop:item", args=["x"])


def test_bad_utf8_in_an_attached_app(app: hub.App, urls: Any) -> None:
    """Django hides bytes that are no UTF-8; where the server tells the raw target, they are 400."""
    app.attach(urls, "/hub")
    answers = []
    for target in ({}, {"RAW_URI": "/hub/group/deep/%FF"}):
        environ = Client()._base_environ(PATH_INFO="/hub/group/deep/\xff", **target)
        WSGIHandler()(environ, lambda status, headers: answers.append(status))
    assert answers == ["200 OK", "400 Bad Request"]


def test_recognised(urls: Any) -> None:
    """What `attach` knows, and what it does not."""
    from frameworkhub_django import recognises

    known = [WSGIHandler(), ASGIHandler(), urls, urls.urlpatterns, include(urls)]
    assert all(map(recognises, known))
    assert not any(map(recognises, [[], [1], (1, 2, 3), sys, "users_urls", None]))


@pytest.mark.parametrize(("native", "wanted"), [(WSGIHandler, "asgi"), (ASGIHandler, "wsgi")])
def test_wrong_interface(app: hub.App, native: Any, wanted: str) -> None:
    """A handler of the other interface is refused, with what to say instead."""
    with pytest.raises(hub.CapabilityError, match="interface="):
        app.attach(native(), "/hub", interface=wanted)


def test_wrong_interface_of_patterns(app: hub.App, urls: Any) -> None:
    """Patterns can't tell who will serve them; the first request does."""
    app.attach(urls, "/hub", interface="asgi")
    with pytest.raises(hub.CapabilityError, match="interface='wsgi'"):
        Client().get("/hub/items/1")


def test_test_client(app: hub.App, urls: Any) -> None:
    """Django's own test client reaches the app, and raises what its handlers raise."""
    app.attach(urls, "/hub")
    client = Client()
    assert client.get("/hub/items/3").content == b"item 3"
    assert client.post("/hub/form", {"a": "1"}).json() == [["a", "1"]]
    assert b"".join(client.get("/hub/stream")) == b"x" * 1000 + b"y" * 1000
    with pytest.raises(Exception, match="no such table"):
        client.get("/hub/fail")


def test_error_is_told(app: hub.App, carry: Callable[[], Host], caplog: Any) -> None:
    """An error that the app has answered reaches Django's signal and its log."""

    def receive(request: Any, **more: Any) -> None:
        seen.append((request.path, sys.exc_info()[0]))

    app.get("/broken")(lambda request: 1 / 0)
    got_request_exception.connect(receive)
    try:
        answer = carry().get("/broken")
    finally:
        got_request_exception.disconnect(receive)
    assert answer.header("content-type") == "application/problem+json"
    assert seen == [("/broken", ZeroDivisionError)]
    told = [record for record in caplog.records if record.name == "django.request"]
    assert [(r.status_code, r.exc_info[0]) for r in told] == [(500, ZeroDivisionError)]


def test_error_rolls_back(app: hub.App) -> None:
    """With ATOMIC_REQUESTS an error undoes what the handler wrote, though it is answered."""
    with connection.cursor() as cursor:
        cursor.execute("create table notes (id integer)")
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        assert sync_host(app, app.on("django")).get("/fail").status == 500
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from notes")
        assert cursor.fetchone() == (0,)
        cursor.execute("drop table notes")


# In an ASGI application of the user's.


def scope(path: str, body: bytes | None = None) -> dict[str, Any]:
    length = [] if body is None else [(b"content-length", b"%d" % len(body))]
    method, headers = "POST" if length else "GET", [(b"host", b"x"), *length]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip


async def ask(native: Any, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of the answer to GET, or POST with a body."""
    client = ApplicationCommunicator(native, scope(path, body))
    await client.send_input({"type": "http.request", "body": body or b""})
    start = await client.receive_output(5)
    parts = [await client.receive_output(5)]
    while parts[-1].get("more_body"):
        parts.append(await client.receive_output(5))
    await client.wait(5)
    return start["status"], b"".join(part.get("body", b"") for part in parts)


def test_attach_to_an_asgi_application(app: hub.App, urls: Any) -> None:
    """What comes back serves the user's routes as before, and the app's, its lifespan included."""

    @app.lifespan
    def lifespan(app: hub.App) -> Iterator[None]:
        seen.append("start")
        yield
        seen.append("stop")

    native = app.attach(ASGIHandler(), "/hub", interface="asgi")
    with_lifespan = AsgiHost(Spec("django", "asgi"), native)
    with_lifespan.start()
    assert with_lifespan.get("/hub/items/1").text == "item 1"
    assert asyncio.run(ask(native, "/own/")) == (200, b"own /hub/items/1")
    with_lifespan.stop()
    assert seen == ["start", "stop"]


def test_attach_to_patterns_served_by_asgi(app: hub.App, urls: Any) -> None:
    """Django's own ASGI handler serves the app as well: bodies, streams, errors."""
    app.attach(urls, "/hub", interface="asgi")

    async def main() -> None:
        native = ASGIHandler()
        assert await ask(native, "/hub/items/1") == (200, b"item 1")
        assert await ask(native, "/hub/echo", b"abc") == (200, b"abc")
        assert await ask(native, "/hub/stream") == (200, b"x" * 1000 + b"y" * 1000)
        assert (await ask(native, "/hub/nowhere"))[0] == 404
        await app.lifecycle.ashutdown()

    asyncio.run(main())
    assert seen == ["closed"]


def test_disconnect_from_djangos_handler(app: hub.App, urls: Any) -> None:
    """There too a stream ends when its client goes."""
    app.attach(urls, "/hub", interface="asgi")

    async def main() -> None:
        client = ApplicationCommunicator(ASGIHandler(), scope("/hub/endless"))
        await client.send_input({"type": "http.request"})
        for _ in range(3):
            await client.receive_output(5)
        await client.send_input({"type": "http.disconnect"})
        await client.wait(5)
        await app.lifecycle.ashutdown()

    asyncio.run(main())
    assert seen == ["closed"]
