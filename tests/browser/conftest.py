"""The catalogue's pages in headless Chromium, served by `frameworkhub explore`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# One WSGI and one ASGI adapter, each with a server.
SERVED = [("flask", "gunicorn"), ("starlette", "uvicorn")]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT = 10_000  # ms; a deadline, not a wait


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, with a profile of its own that goes with it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "there is no chromium; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=SERVED, ids="-".join)
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where `frameworkhub explore` serves, in a process of its own."""
    framework, server = request.param
    command = [sys.executable, "-m", "frameworkhub", "explore", "--port", "0"]
    command += ["--on", framework, "--server", server]
    environ = {**os.environ, "FRAMEWORKHUB_DATA": str(tmp_path_factory.mktemp("data"))}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        yield found[0]
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """`visit(path, **settings of the context)`: a page in a context of its own.

    At the end nothing may have been asked of another host, and nothing have gone wrong in it.
    """
    contexts: list[Any] = []
    troubles: list[str] = []

    def open_page(path: str = "/", **settings: Any) -> Page:
        context = browser.new_context(base_url=address, **{"locale": "en-GB", **settings})
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(f"{message.type}: {message.text}", message.type))
        page.on("pageerror", lambda error: note(str(error), "error"))
        page.on("request", lambda request: local(request.url))
        page.goto(path)
        return page

    def note(text: str, kind: str) -> None:
        if kind in ("error", "warning"):
            troubles.append(text)

    def local(url: str) -> None:
        if urlsplit(url).netloc != urlsplit(address).netloc:
            troubles.append(f"asked for {url}")

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
