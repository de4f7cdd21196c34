"""What a path answers to each method."""

from __future__ import annotations

import pytest

from .answers import Answer
from .hosts import Host


def comparable(answer: Answer) -> list[tuple[str, str]]:
    """The fields that GET and HEAD must have in common, whatever the server adds."""
    free = ("date", "server", "connection", "transfer-encoding", "x-method", "keep-alive")
    return sorted((n.lower(), v) for n, v in answer.headers if n.lower() not in free)


def test_each_method_reaches_its_handler(host: Host, colour: str) -> None:
    """A route's methods reach it."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert host.request(method, f"/{colour}/methods/many").text == method


def test_routes_of_one_path_by_method(host: Host, colour: str) -> None:
    """Several routes may share a path, each with its own methods."""
    assert host.request("PUT", f"/{colour}/methods/split").text == "put"
    assert host.request("DELETE", f"/{colour}/methods/split").text == "delete"


@pytest.mark.parametrize("method", ["PROPFIND", "PURGE", "M-SEARCH"])
def test_unusual_method(host: Host, colour: str, method: str) -> None:
    """Any method name can be registered."""
    assert host.request(method, f"/{colour}/methods/unusual").text == method


def test_unknown_method(host: Host, colour: str) -> None:
    """A method that nobody has heard of is 405 like others."""
    answer = host.request("BREW", f"/{colour}/methods/get")
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, OPTIONS")


def test_405(host: Host, colour: str) -> None:
    """A wrong method is 405 as problem details, and runs nothing."""
    before = host.counters()
    answer = host.request("DELETE", f"/{colour}/methods/get")
    assert (answer.status, answer.header("content-type")) == (405, "application/problem+json")
    assert answer.json() == {"type": "about:blank", "title": "Method Not Allowed", "status": 405}
    assert host.counters() == before


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("get", "GET, HEAD, OPTIONS"),
        ("many", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ("own", "GET, HEAD, OPTIONS"),
        ("post", "OPTIONS, POST"),
        ("split", "DELETE, OPTIONS, PUT"),
        ("unusual", "M-SEARCH, OPTIONS, PROPFIND, PURGE"),
        ("x/item", "DELETE, OPTIONS"),
    ],
)
def test_allow(host: Host, colour: str, path: str, allow: str) -> None:
    """`Allow` names every method of the path, in alphabetical order."""
    answer = host.request("LOCK", f"/{colour}/methods/{path}")
    assert (answer.status, answer.all("allow")) == (405, [allow])


def test_allow_over_several_paths(host: Host, colour: str) -> None:
    """`Allow` is the union over all registered paths that match."""
    answer = host.request("DELETE", f"/{colour}/paths/mixed/fixed")
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, OPTIONS, POST")
    answer = host.request("POST", f"/{colour}/paths/mixed/other")
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, OPTIONS")


def test_no_allow_at_404(host: Host, colour: str) -> None:
    """A path that does not exist has no methods."""
    for method in ("GET", "DELETE", "OPTIONS", "PURGE"):
        answer = host.request(method, f"/{colour}/methods/nowhere")
        assert (answer.status, answer.header("allow")) == (404, None)


def test_head(host: Host, colour: str) -> None:
    """HEAD is answered by GET's handler, with the same fields and no body."""
    get = host.get(f"/{colour}/methods/get")
    head = host.request("HEAD", f"/{colour}/methods/get")
    assert (head.status, head.body) == (200, b"")
    assert comparable(head) == comparable(get)
    assert head.header("x-method") == "HEAD"
    assert head.header("content-length") == "5"


def test_head_of_a_stream(host: Host, colour: str) -> None:
    """HEAD of a stream has its fields, and none of its chunks."""
    head = host.request("HEAD", f"/{colour}/methods/stream")
    assert (head.status, head.body, head.header("x-method")) == (200, b"", "HEAD")
    assert head.header("content-type") == "application/octet-stream"


def test_head_of_a_stream_with_a_length(host: Host, colour: str) -> None:
    """HEAD of a stream keeps the Content-Length that the handler set."""
    head = host.request("HEAD", f"/{colour}/methods/counted-stream")
    assert (head.status, head.body, head.header("content-length")) == (200, b"", "6")
    assert host.get(f"/{colour}/methods/counted-stream").body == b"onetwo"


def test_head_of_errors(host: Host, colour: str) -> None:
    """404 and 405 in answer to HEAD have no body either."""
    missing = host.request("HEAD", f"/{colour}/methods/nowhere")
    assert (missing.status, missing.body) == (404, b"")
    wrong = host.request("HEAD", f"/{colour}/methods/post")
    assert (wrong.status, wrong.body, wrong.header("allow")) == (405, b"", "OPTIONS, POST")


def test_own_head(host: Host, colour: str) -> None:
    """A route of its own for HEAD wins over GET's."""
    head = host.request("HEAD", f"/{colour}/methods/own")
    assert (head.status, head.header("x-own"), head.body) == (200, "head", b"")
    assert host.get(f"/{colour}/methods/own").text == "get"


def test_options(host: Host, colour: str) -> None:
    """OPTIONS is 204 with `Allow`, and runs no handler."""
    before = host.counters()
    answer = host.request("OPTIONS", f"/{colour}/methods/get")
    assert (answer.status, answer.all("allow")) == (204, ["GET, HEAD, OPTIONS"])
    assert answer.body == b""
    assert host.counters() == before


def test_own_options(host: Host, colour: str) -> None:
    """A route of its own for OPTIONS wins over the automatic answer."""
    answer = host.request("OPTIONS", f"/{colour}/methods/own")
    assert (answer.status, answer.all("allow"), answer.text) == (200, ["MINE"], "options")


def test_options_with_a_body(host: Host, colour: str) -> None:
    """An OPTIONS that has a body is answered like one that has none."""
    answer = host.request("OPTIONS", f"/{colour}/methods/many", body=b"ignored")
    assert answer.status == 204


def test_post_without_a_body(host: Host, colour: str) -> None:
    """POST needs neither a body nor a Content-Length."""
    assert host.request("POST", f"/{colour}/methods/post").text == "posted"


def test_post_without_content_length(wire_host: Host, colour: str) -> None:
    """A POST with no framing at all has an empty body (RFC 9112, section 6.3)."""
    with wire_host.wire() as wire:
        wire.send(b"POST /%s/methods/post HTTP/1.1\r\nHost: x\r\n\r\n" % colour.encode())
        assert wire.answer().text == "posted"


def test_method_names_are_case_sensitive(wire_host: Host, colour: str) -> None:
    """`get` is not GET (RFC 9110, section 9.1); servers may fold or refuse it, never run a mix."""
    with wire_host.wire() as wire:
        wire.send(b"get /%s/methods/many HTTP/1.1\r\nHost: x\r\n\r\n" % colour.encode())
        answer = wire.answer()
        assert answer.status in (400, 405, 501) or answer.text == "GET"
