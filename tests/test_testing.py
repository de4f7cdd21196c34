"""Tests the conformance suite itself: its options, its gaps, its leak check, its checkers."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import frameworkhub as hub
from frameworkhub import manifest
from frameworkhub.testing import asgi_lint, gaps, hosts, leaks
from frameworkhub.testing.inprocess import Request, WsgiExchange

pytest_plugins = ["pytester"]

# Few and quick tests of the suite, by the node ids that --pyargs takes.
QUICK = "frameworkhub.testing.test_names::test_url_for_encodes"


class FakePlugin:
    """A third party's plugin, installed into a folder on the path: WSGI, the bare core inside.

    Its `build` can be told to break things.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = folder / "frameworkhub_fake-1.0.dist-info"
        self.info.mkdir()
        self.write("METADATA", "Metadata-Version: 2.1\nName: frameworkhub-fake\nVersion: 1.0\n")
        self.write("entry_points.txt", "[frameworkhub.frameworks]\nfake = frameworkhub_fake\n")
        self.module("return site.wsgi")
        self.gaps("")

    def write(self, name: str, text: str) -> None:
        (self.info / name).write_text(text)

    def module(self, body: str) -> None:
        source = f"""\
            import frameworkhub as hub
            from frameworkhub.frameworks import Features

            @hub.hookimpl
            def features():
                return Features(("wsgi",))

            @hub.hookimpl
            def build(site, options):
                {body}
            """
        (self.folder / "frameworkhub_fake.py").write_text(textwrap.dedent(source))

    def gaps(self, lines: str) -> None:
        text = f"[tool.frameworkhub.gaps]\n{lines}\n"
        (self.folder / "frameworkhub_fake.toml").write_text(text)


@pytest.fixture
def fake(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> FakePlugin:
    site = pytester.mkdir("site")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    return FakePlugin(site)


def run(pytester: pytest.Pytester, *arguments: str, test: str = QUICK) -> pytest.RunResult:
    options = ["--hub-server", "inprocess", "-p", "no:cacheprovider", *arguments]
    return pytester.runpytest_subprocess("--pyargs", test, *options)


FAKE_ONLY = ("--hub-adapter", "fake", "--hub-no-bare")


# Options


def test_bare_core_runs_without_any_adapter(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--hub-adapter", "bare", "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*bare:wsgi-inprocess*", "*bare:asgi-inprocess*"])


def test_third_party_is_found(pytester: pytest.Pytester, fake: FakePlugin) -> None:
    result = run(pytester, *FAKE_ONLY, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*fake:wsgi-inprocess*"])


@pytest.mark.parametrize("option", ["--hub-adapter", "--hub-server"])
def test_unknown_adapter_is_a_usage_error(pytester: pytest.Pytester, option: str) -> None:
    result = run(pytester, option, "nope")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no adapter 'nope'*"])


def test_nothing_to_test_is_a_usage_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # "bare" names no framework, and without the bare core nothing is left.
    result = run(pytester, "--hub-adapter", "bare", "--hub-no-bare")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*nothing to test*"])


def test_socket_tests_do_not_pass_without_a_server(pytester: pytest.Pytester) -> None:
    test = "frameworkhub.testing.test_connections::test_pipelined_requests"
    result = run(pytester, "--hub-adapter", "bare", test=test)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.assert_outcomes(deselected=2)
    result.stdout.fnmatch_lines(["*THE TESTS THAT NEED A SOCKET DO NOT RUN"])


def test_framework_without_a_server_is_a_usage_error(
    pytester: pytest.Pytester, fake: FakePlugin
) -> None:
    source = (fake.folder / "frameworkhub_fake.py").read_text().replace('"wsgi"', '"own"')
    (fake.folder / "frameworkhub_fake.py").write_text(source)
    result = pytester.runpytest_subprocess("--pyargs", QUICK, *FAKE_ONLY)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no installed server runs fake:own*"])


# The report


def test_report_of_a_part(pytester: pytest.Pytester, fake: FakePlugin) -> None:
    fake.gaps('"test_url_for_encodes[async]" = "todo: x"\n[tool.frameworkhub]\nadds = ["sse"]')
    run(pytester, *FAKE_ONLY, "--hub-report", "report.json").assert_outcomes(passed=1, failed=1)
    report = json.loads((pytester.path / "report.json").read_text("utf-8"))
    assert not report["complete"]
    assert re.fullmatch(r"\d+ test functions were not collected", report["because"][0])
    assert report["because"][1:] == ["frameworks/fake: no socket for wsgi"]
    tests = report["hosts"]["fake:wsgi-inprocess"]["tests"]
    assert tests == {"test_url_for_encodes": [1, 0, 1]}
    (adapter,) = report["adapters"]
    assert (adapter["name"], adapter["distribution"]) == ("fake", "frameworkhub-fake")
    assert adapter["adds"] == ["sse"]


def test_report_that_can_not_be_written(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--hub-adapter", "bare", "--hub-report", "no/such/folder")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no/such/folder: No such file or directory*"])


# Gaps


def test_gap_is_an_expected_failure(pytester: pytest.Pytester, fake: FakePlugin) -> None:
    fake.module("return broken(site.wsgi)")
    with (fake.folder / "frameworkhub_fake.py").open("a") as source:
        source.write(BROKEN)
    run(pytester, *FAKE_ONLY).assert_outcomes(failed=2)
    fake.gaps('test_url_for_encodes = "upstream: it loses the answer"')
    run(pytester, *FAKE_ONLY).assert_outcomes(xfailed=2)


BROKEN = """
def broken(application):
    def empty(environ, start_response):
        if "/names-of/" in environ["PATH_INFO"]:
            environ["PATH_INFO"] = "/nowhere"
        return application(environ, start_response)
    return empty
"""


def test_gap_that_passes_turns_the_run_red(pytester: pytest.Pytester, fake: FakePlugin) -> None:
    fake.gaps('test_url_for_encodes = "todo: mend it"')
    result = run(pytester, *FAKE_ONLY)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*XPASS(strict)*mend it*"])


def test_gap_of_a_part(pytester: pytest.Pytester, fake: FakePlugin) -> None:
    fake.gaps('"test_url_for_encodes[sync]@wsgi" = "never: x"')
    run(pytester, *FAKE_ONLY).assert_outcomes(failed=1, passed=1)


@pytest.mark.parametrize(
    ("key", "covered"),
    [
        ("test_url_for_encodes", {"sync", "async"}),
        ("test_url_for_encodes[async]", {"async"}),
        ("test_url_for_encodes@wsgi", {"sync", "async"}),
        ("test_url_for_encodes@inprocess", {"sync", "async"}),
        ("test_url_for_encodes@asgi", set()),
        ("test_url_for_encodes@some-server", set()),
    ],
)
def test_what_a_gap_covers(key: str, covered: set[str]) -> None:
    (gap,) = gaps.parse("frameworks fake", {key: "todo: x"})
    spec = hosts.Spec("fake", "wsgi")
    colours = {c for c in ("sync", "async") if gap.covers("test_url_for_encodes", c, spec)}
    assert colours == covered
    assert not gap.covers("test_url_for_groups", "sync", spec)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('test_no_such_thing = "todo: x"', "*'test_no_such_thing' of frameworks fake: *no such*"),
        ('test_url_for_encodes = "todo"', "*'test_url_for_encodes' of frameworks fake: 'todo'*"),
    ],
)
def test_malformed_gap_is_a_usage_error(
    pytester: pytest.Pytester, fake: FakePlugin, line: str, told: str
) -> None:
    fake.gaps(line)
    result = run(pytester, *FAKE_ONLY)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


@pytest.mark.parametrize("key", ["test_url_for_encodes[blue]", "test_x", "url_for_encodes", ""])
def test_gap_of_no_test(key: str) -> None:
    with pytest.raises(gaps.GapError, match="the suite has no such test"):
        gaps.parse("frameworks fake", {key: "todo: x"})


@pytest.mark.parametrize("reason", ["todo:  ", "because", "todo", "Todo: x", "", True, ["todo: x"]])
def test_gap_without_a_reason(reason: Any) -> None:
    with pytest.raises(gaps.GapError, match=r"frameworks fake: .* is not 'todo"):
        gaps.parse("frameworks fake", {"test_url_for_encodes": reason})


def test_gaps_of_a_server_count_over_its_sockets() -> None:
    gap = gaps.Gap("test_x", None, None, "todo: x")
    assert gap.covers("test_x", "sync", hosts.Spec("bare", "wsgi", "some"))
    assert not gap.covers("test_y", "sync", hosts.Spec("bare", "wsgi", "some"))
    at = gaps.Gap("test_x", None, "some", "todo: x")
    assert at.covers("test_x", None, hosts.Spec("bare", "wsgi", "some"))
    assert not at.covers("test_x", None, hosts.Spec("bare", "wsgi"))


# Leaks


def test_leak_fails(pytester: pytest.Pytester, fake: FakePlugin) -> None:
    fake.module("return leaking(site.wsgi)")
    with (fake.folder / "frameworkhub_fake.py").open("a") as source:
        source.write(LEAKING)
    result = run(pytester, *FAKE_ONLY)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*fake:wsgi-inprocess leaks: *open files*"])


LEAKING = """
import os
held = []

def leaking(application):
    def leak(environ, start_response):
        if "/names-of/" in environ["PATH_INFO"]:
            held.append(open(os.devnull))
        return application(environ, start_response)
    return leak
"""


def test_growth_tells_what_grew() -> None:
    before: dict[str, Any] = {"threads": ["a"], "tasks": [], "files": 3}
    assert leaks.growth(before, before) == ""
    assert leaks.growth(before, before | {"threads": ["a", "b"]}) == "threads: {'b': 1}"
    assert leaks.growth(before, before | {"threads": ["a", "asyncio_0", "asyncio_1"]}) == ""
    twice = before | {"threads": ["a", "asyncio_0", "asyncio_0"]}
    assert leaks.growth(before, twice) == "threads: {'asyncio_0': 2}"
    assert leaks.growth(before, before | {"tasks": ["t"]}) == "tasks: {'t': 1}"
    assert leaks.growth(before, before | {"files": 4}) == "open files: 3 -> 4"


# The manifest


def test_manifest_of_a_wheel(fake: FakePlugin, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.gaps('x = "y"')
    monkeypatch.syspath_prepend(str(fake.folder))
    assert manifest.section("frameworkhub-fake", "gaps") == {"x": "y"}
    assert manifest.section("frameworkhub-fake", "other") == {}


def test_manifest_of_an_editable_install(
    fake: FakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.frameworkhub.gaps]\nfrom = 'pyproject'\n")
    direct = f'{{"url": "{folder.as_uri()}", "dir_info": {{"editable": true}}}}'
    fake.write("direct_url.json", direct)
    monkeypatch.syspath_prepend(str(fake.folder))
    assert manifest.section("frameworkhub-fake", "gaps") == {"from": "pyproject"}


def test_manifest_that_is_missing(fake: FakePlugin, monkeypatch: pytest.MonkeyPatch) -> None:
    (fake.folder / "frameworkhub_fake.toml").unlink()
    monkeypatch.syspath_prepend(str(fake.folder))
    assert manifest.read("frameworkhub-fake") == {}
    with pytest.raises(metadata.PackageNotFoundError):
        manifest.read("frameworkhub-no-such-thing")


# The checkers


def problems(*messages: dict[str, Any], method: str = "GET", kind: str = "http") -> list[str]:
    """What the ASGI checker says of an application that sends these messages."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    async def send(message: Any) -> None:
        pass

    async def receive() -> Any:
        raise NotImplementedError

    lint = asgi_lint.Lint(application)
    scope = {"type": kind, "method": method, "path": "/x"}
    try:
        asyncio.run(lint(scope, receive, send))
    except AssertionError:
        assert lint.problems
    return lint.problems


START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
BODY = {"type": "http.response.body", "body": b"ab"}
ACCEPT = {"type": "websocket.accept"}


def test_lint_takes_what_is_right() -> None:
    more = BODY | {"body": b"a", "more_body": True}
    assert problems(START, BODY) == []
    assert problems(START, more, BODY | {"body": b"b"}) == []
    assert problems(START, BODY | {"body": b""}, method="HEAD") == []
    sent = {"type": "websocket.send", "text": "x"}
    assert problems(ACCEPT, sent, {"type": "websocket.close"}, kind="websocket") == []


@pytest.mark.parametrize(
    "messages",
    [
        (),
        (START,),
        (BODY,),
        (START, START),
        (START, BODY, BODY),
        (START, BODY | {"body": "ab"}),
        (START, BODY | {"body": b"abc"}),
        (START, BODY | {"more_body": True}),
        (START | {"status": "200"}, BODY),
        (START | {"status": 100}, BODY),
        (START | {"status": 204}, BODY),
        (START | {"headers": [("a", "b")]}, BODY),
        (START | {"headers": [(b"A", b"b")]}, BODY),
        (START | {"headers": [(b"a", b"b\r\nc")]}, BODY),
        (START | {"headers": [(b"content-length", b"2"), (b"content-length", b"3")]}, BODY),
        ({"type": "nonsense"},),
    ],
)
def test_lint_finds_what_is_wrong(messages: tuple[dict[str, Any], ...]) -> None:
    assert len(problems(*messages)) == 1


@pytest.mark.parametrize(
    "messages",
    [
        ({"type": "websocket.send", "text": "x"},),
        (ACCEPT | {"subprotocol": "nobody-asked"},),
        (ACCEPT, {"type": "websocket.send", "text": "x", "bytes": b"x"}),
        (ACCEPT, {"type": "websocket.send"}),
        (ACCEPT, ACCEPT),
        (ACCEPT,),
    ],
)
def test_lint_finds_what_is_wrong_with_websockets(messages: tuple[dict[str, Any], ...]) -> None:
    assert len(problems(*messages, kind="websocket")) == 1


def test_reading_past_the_body_is_found() -> None:
    def application(environ: Any, start_response: Any) -> Iterator[bytes]:
        environ["wsgi.input"].read(100)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter([b"x"])

    exchange = WsgiExchange(application, Request("POST", "/", body=b"12345"))
    with pytest.raises(AssertionError, match=r"read\(100\) with 5 bytes"):
        exchange.close()


def test_wsgi_body_shorter_than_declared_is_incomplete() -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "9")])
        return [b"short"]

    host = hosts.WsgiHost(hosts.Spec("bare", "wsgi"), hub.App(), application)
    assert not host.get("/").complete


def test_server_that_does_not_start_tells_why() -> None:
    host = hosts.ProcessHost(hosts.Spec("bare", "wsgi", "no-such-server"))
    with pytest.raises(RuntimeError, match=r"(?s)did not tell its address.*no-such-server"):
        host.start()


def test_suite_imports_nothing_but_its_needs() -> None:
    import subprocess

    code = (
        "import sys, frameworkhub.testing.options;"
        "print([m for m in ('httpx', 'werkzeug', 'hypothesis', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "httpx" not in done.stdout and "hypothesis" not in done.stdout
