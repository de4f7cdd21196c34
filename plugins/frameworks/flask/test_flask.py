"""What is peculiar to Flask: its own machinery sees the hub's routes, and leaves them alone."""

from __future__ import annotations

from typing import Any

import flask
import pytest
from flask.cli import routes_command

import frameworkhub as hub


def make_app(name: str = "app") -> hub.App:
    app = hub.App(name=name)

    @app.get("/items/{id:int}/{rest:path}")
    def item(request: hub.Request, id: int, rest: str) -> dict[str, Any]:
        flask.session["seen"] = True
        same = request.native is flask.request._get_current_object()
        return {"id": id, "rest": rest, "g": flask.g.get("user"), "same": same}

    @app.route("/things", methods=("GET", "POST"))
    def things(request: hub.Request) -> str:
        return request.text

    @app.get("/dir/")
    def folder(request: hub.Request) -> str:
        return "folder"

    @app.get("/odd:b/{größe:float}")
    def odd(request: hub.Request, größe: float) -> str:
        return f"odd {größe}"

    @app.get("/fail")
    def fail(request: hub.Request) -> None:
        raise LookupError("fails")

    return app


def users() -> flask.Flask:
    native = flask.Flask(__name__)
    native.secret_key = "secret"

    @native.route("/<page>")
    def page(page: str) -> str:
        return f"page {page}"

    @native.route("/<path:path>")
    def any_page(path: str) -> str:
        return f"any {path}"

    @native.errorhandler(405)
    def not_allowed(error: Exception) -> tuple[str, int]:
        return "the user's", 405

    return native


def test_url_map() -> None:
    """Flask knows the routes, by the names of a blueprint; who lists them finds their methods."""
    native = make_app().on("flask")
    with native.test_request_context():
        assert flask.url_for("app.item", id=-3, rest="a b/é") == "/items/-3/a%20b/%C3%A9"
        assert flask.url_for("app.folder") == "/dir/"
    found = {rule.endpoint: ",".join(sorted(rule.methods)) for rule in native.url_map.iter_rules()}
    assert (found["app.item"], found["app.things"]) == ("GET,HEAD", "GET,HEAD,POST")
    assert native.test_cli_runner().invoke(routes_command).exit_code == 0


def test_hooks_and_session() -> None:
    """Hooks of the application and of the blueprint run; the session and `g` are the handler's."""
    native, seen = make_app().on("flask"), []
    native.secret_key = "secret"

    @native.before_request
    def before() -> None:
        flask.g.user = "ann"
        seen.append(flask.request.endpoint)

    native.before_request_funcs.setdefault("app", []).append(lambda: seen.append("blueprint"))

    @native.after_request
    def after(response: flask.Response) -> flask.Response:
        seen.append(response.get_json())
        response.headers["X-After"] = "1"
        response.vary.add("Accept")
        return response

    answer = native.test_client().get("/items/5/x?a=1")
    told = {"id": 5, "rest": "x", "g": "ann", "same": True}
    assert (answer.json, seen) == (told, ["app.item", "blueprint", told])
    assert (answer.headers["X-After"], answer.headers.getlist("Vary")) == ("1", ["Accept, Cookie"])
    assert answer.headers["Set-Cookie"].startswith("session=")


def test_errors_reach_the_signal() -> None:
    native, errors = make_app().on("flask"), []

    def note(sender: flask.Flask, exception: Exception, **extra: Any) -> None:
        errors.append((sender, exception))

    with flask.got_request_exception.connected_to(note, native):
        assert native.test_client().get("/fail").status_code == 500
    [(sender, error)] = errors
    assert (sender, repr(error)) == (native, "LookupError('fails')")


@pytest.mark.parametrize("prefix", ["", "/hub"])
def test_users_routes_and_error_pages(prefix: str) -> None:
    """Also where they take every path, and where a slash is all the difference."""
    client = make_app().attach(users(), prefix).test_client()
    assert client.get(f"{prefix}/dir/").text == "folder"
    assert client.get(f"{prefix}/odd:b/7").text == "odd 7.0"
    assert client.get("/hub").text == "page hub"
    assert client.get("/a/b").text == "any a/b"
    assert client.get(f"{prefix}/things").text == ""
    if not prefix:
        assert client.get("/dir").text == "page dir"
    assert client.post("/a/b").text == "the user's"
    assert client.delete(f"{prefix}/things").headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert client.open(f"{prefix}/things", method="BREW").json["status"] == 405


def test_routes_that_come_later() -> None:
    native = make_app().attach(users(), "/hub")
    native.add_url_rule("/hub/own", "own", lambda: "own")
    client = native.test_client()
    assert (client.get("/hub/own").text, client.get("/hub/no").json["status"]) == ("own", 404)


def test_two_apps_need_two_names() -> None:
    native = make_app().attach(users(), "/one")
    with pytest.raises(ValueError, match="already registered"):
        make_app().attach(native, "/two")
    client = make_app("two").attach(native, "/two").test_client()
    assert (client.get("/one/dir/").text, client.get("/two/dir/").text) == ("folder", "folder")


def test_a_hook_that_reads_the_body() -> None:
    """It leaves the handler what `get_data` gave it."""
    native, seen = make_app().on("flask"), []
    native.before_request(lambda: seen.append(flask.request.get_data()))
    assert native.test_client().post("/things", data="body").text == "body"
    assert seen == [b"body"]


def test_the_users_response_class() -> None:
    """Answers are of the application's own class, without what it adds by default."""

    class Mine(flask.Response):
        default_mimetype = "text/x-mine"

    native, classes = make_app().on("flask"), []
    native.response_class = Mine

    @native.after_request
    def after(response: flask.Response) -> flask.Response:
        classes.append(isinstance(response, Mine))
        return response

    answer = native.test_client().get("/things")
    assert (answer.headers["content-type"], classes) == ("text/plain; charset=utf-8", [True])
