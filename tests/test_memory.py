"""The memory of one upload serves the next: it is not given back to the kernel in between."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# 2 MB, in the pieces in which event loops read: a body, and as much in the server's buffers.
SCRIPT = """
import asyncio, resource
import frameworkhub as hub

def upload():
    pieces = [b"x" * 2**18 for _ in range(8)]

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

app = hub.App()
{start}
for _ in range(10):
    upload()
before = faults()
for _ in range(100):
    upload()
print((faults() - before) / 100)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other rules")
@pytest.mark.parametrize(
    "start", ["app.lifecycle.startup()", "asyncio.run(app.lifecycle.astartup())"]
)
def test_memory_is_kept(start: str) -> None:
    """Page faults per upload, once the app has started; there are 512 pages in it."""
    command = [sys.executable, "-c", SCRIPT.format(start=start)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert float(said) < 16
