"""Paths, converters and the router."""

import uuid

import pytest

import frameworkhub as hub
from frameworkhub.routing import Pattern, Route, Router


def routes(*definitions):
    return [
        Route(Pattern(path), methods.split(), lambda request: None, name=name)
        for name, methods, path in definitions
    ]


@pytest.mark.parametrize(
    "path", ["items", "/{}", "/{1a}", "/{a}/{a}", "/{a:nope}", "/}{", "/{request}", "/{a"]
)
def test_malformed_paths_are_refused_when_they_are_registered(path):
    with pytest.raises(ValueError, match="path"):
        hub.App().get(path)


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("/{x}", "/a b", "a b"),
        ("/{x:int}", "/-007", -7),
        ("/{x:int}", "/+7", None),
        ("/{x:int}", "/1_0", None),
        ("/{x:int}", "/\u0665", None),
        ("/{x:int}", "/" + "9" * 5000, None),
        ("/{x:float}", "/-1.5", -1.5),
        ("/{x:float}", "/1e5", None),
        ("/{x:uuid}", f"/{uuid.UUID(int=5)}", uuid.UUID(int=5)),
        ("/{x:path}", "/a/b\nc", "a/b\nc"),
        ("/{x:path}", "/", None),
        ("/{x}", "/a/b", None),
    ],
)
def test_converters(path, text, value):
    found = Pattern(path).params(text)
    assert (found and found["x"]) == value


def test_urls_come_back_as_they_went():
    pattern = Pattern("/a b/{name}/{rest:path}")
    url = pattern.url({"name": "é;?", "rest": "x/y z"})
    assert url == "/a%20b/%C3%A9;%3F/x/y%20z"


@pytest.mark.parametrize("params", [{}, {"x": 1, "y": 2}, {"x": "one"}, {"x": None}])
def test_urls_with_unfit_parameters_are_refused(params):
    with pytest.raises(ValueError, match=r"/\{x:int\}"):
        Pattern("/{x:int}").url(params)


def test_static_beats_dynamic_and_then_the_order_of_registration_decides():
    router = Router(
        routes(
            ("any", "GET", "/p/{name}"),
            ("number", "GET", "/p/{id:int}"),
            ("me", "GET", "/p/me"),
            ("root", "GET", "/{rest:path}"),
        )
    )
    names = [router.resolve("GET", path)[0].name for path in ("/p/me", "/p/5", "/p/x/y")]
    assert names == ["me", "any", "root"]


def test_order_holds_across_paths_that_begin_differently():
    router = Router(routes(("a", "GET", "/{a}/x"), ("b", "GET", "/p/{b}")))
    assert router.resolve("GET", "/p/x")[0].name == "a"


def test_allow_is_complete_over_all_paths_that_match():
    router = Router(routes(("me", "POST", "/p/me"), ("any", "GET PURGE", "/p/{name}")))
    assert router.allowed("/p/me") == ["GET", "HEAD", "OPTIONS", "POST", "PURGE"]
    assert router.allowed("/q") == []


def test_one_method_twice_on_one_path_is_refused():
    with pytest.raises(ValueError, match="registered twice"):
        Router(routes(("a", "GET", "/x"), ("b", "GET", "/x")))


def test_one_name_on_two_paths_is_refused_by_url_for():
    app = hub.App()
    app.get("/a", name="same")(lambda request: None)
    app.get("/b", name="same")(lambda request: None)
    assert [route.name for route in app.site().routes] == ["same", "same_2"]
    with pytest.raises(LookupError, match="'same' could be /a, /b"):
        app.url_for("same")


def test_an_app_can_not_include_itself():
    outer, inner = hub.App(), hub.App()
    outer.include(inner, "/in")
    with pytest.raises(ValueError, match="itself"):
        inner.include(outer)


def test_what_is_registered_late_in_a_group_counts():
    outer, inner = hub.App(), hub.App()
    outer.include(inner, "/in", name="in")
    assert outer.routes() == []
    inner.get("/late")(lambda request: "late")
    assert outer.url_for("in:<lambda>") == "/in/late"


@pytest.mark.parametrize(
    ("pattern", "path", "texts"),
    [
        ("/a", "/a", {}),
        ("/a", "/b", None),
        ("/a/{id:int}", "/a/7", {"id": "7"}),
        ("/a/{id:int}", "/a/", None),
        ("/a/{id:int}", "/b/7", None),
        ("/a/{id:int}/{name}", "/a/-7/x", {"id": "-7", "name": "x"}),
        ("/a/{id:int}/{name}", "/a/x/x", None),
    ],
)
def test_texts_of_parameters(pattern, path, texts):
    assert Pattern(pattern).texts(path) == texts
