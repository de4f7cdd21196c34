"""A headless Chromium of the system's own, and a server of the catalogue's pages for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, with a profile of its own that goes with it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "there is no chromium; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def serving(framework: str, server: str, data: str) -> Iterator[str]:
    """The address of `frameworkhub explore` in a process of its own.

    Args:
        data: a folder for the user's own data, so that the catalogue is the one that is shipped.
    """
    command = [sys.executable, "-m", "frameworkhub", "explore", "--port", "0"]
    command += ["--on", framework, "--server", server]
    environ = {**os.environ, "FRAMEWORKHUB_DATA": data}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, f"{framework} on {server} did not start: {line}"
        yield found[0]
    finally:
        process.terminate()
        process.wait()
