"""The suite's command line options: in a pytest plugin, as `--pyargs` loads a conftest too late."""

from __future__ import annotations

from pathlib import Path

import pytest

# Names that stand beside those of plugins: no framework, and no socket.
BARE, IN_PROCESS = "bare", "inprocess"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("frameworkhub", "conformance suite (--pyargs frameworkhub.testing)")
    group.addoption(
        "--hub-adapter",
        action="append",
        metavar="NAME",
        help=f"only this framework, and the bare core ({BARE}: only that); repeatable",
    )
    group.addoption(
        "--hub-server",
        action="append",
        metavar="NAME",
        help=f"only this server ({IN_PROCESS}: none, no sockets); repeatable",
    )
    group.addoption("--hub-no-bare", action="store_true", help="without the bare core")
    group.addoption(
        "--hub-report",
        type=Path,
        metavar="FILE",
        help="write what was found, as JSON, for `frameworkhub record`",
    )


def pytest_configure(config: pytest.Config) -> None:
    _check_installed("frameworks", config.getoption("--hub-adapter"), BARE)
    _check_installed("servers", config.getoption("--hub-server"), IN_PROCESS)
    if path := config.getoption("--hub-report"):
        from .reporting import Reporter

        config.pluginmanager.register(Reporter(config, path), "frameworkhub-report")


def _check_installed(kind: str, names: list[str] | None, other: str) -> None:
    if not names:
        return
    from ..registry import adapters

    installed = [adapter.name for adapter in adapters(kind)]
    for name in names:
        if name not in (*installed, other):
            known = ", ".join(installed) or "none"
            raise pytest.UsageError(f"no adapter {name!r} in {kind}; installed: {known}")
