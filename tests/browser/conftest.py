"""The catalogue's pages in headless Chromium, served by `frameworkhub explore`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from chromium import chromium, serving
from playwright.sync_api import Browser, Page, expect

# One WSGI and one ASGI adapter, each with a server.
SERVED = [("flask", "gunicorn"), ("starlette", "uvicorn")]
TIMEOUT = 20_000  # ms; a deadline, not a wait
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session", params=SERVED, ids="-".join)
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where the pages are served."""
    with serving(*request.param, data=str(tmp_path_factory.mktemp("data"))) as address:
        yield address


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
        page.on("console", lambda message: note(message.text, message.type))
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
