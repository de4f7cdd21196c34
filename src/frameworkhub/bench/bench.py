"""A whole run."""

from __future__ import annotations

from collections.abc import Sequence

from .apps import app_rows
from .overhead import overhead
from .report import Report
from .run import Options, Run, hosts_of


def bench(app: str | None, options: Options, command: Sequence[str] = ()) -> Report:
    """Measures the app on each host, or, without an app, the hub against each framework.

    Args:
        app: "module:attribute".
        command: what is told to be the command line, without the program's name.

    Raises:
        HubError: there is no such app, host or file, a request is not answered well, or a host
            does not start.
    """
    run = Run(options, hosts_of(options.on, bare=app is not None))
    try:
        rows = overhead(run) if app is None else app_rows(run, app)
    finally:
        run.progress.end()
    title = f"{app} on each host" if app else "frameworkhub over native"
    return Report("app" if app else "overhead", title, run.about(command), rows, run.notes)
