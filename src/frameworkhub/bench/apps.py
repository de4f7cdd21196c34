"""`frameworkhub bench MODULE:APP`: a user's own app on each host."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from urllib.parse import quote

from ..app import App
from ..check.hosts import HostFailed, ask
from ..check.requests import Request, read, sample
from ..errors import HubError
from ..routing import Pattern
from ..targets import import_app
from .drivers import Answer
from .measuring import Found, Measured, in_process, over_sockets
from .processes import ServerProcess
from .report import Row, Where
from .run import Run, target_of
from .subjects import Subject, pick_server


def app_rows(run: Run, app: str) -> list[Row]:
    """The rows of every request: all hosts by turns."""
    given = read(run.options.requests_file) if run.options.requests_file else None
    with _own_folder():
        requests = wanted(run, app, given)
        run.expect(1, len(requests))
        run.progress.what = app
        return [*_calls(run, app, requests), *_sockets(run, app, requests)]


@contextmanager
def _own_folder() -> Iterator[None]:
    """Away from the user's own files, as the servers are; modules are found all the same."""
    sys.path.insert(0, os.getcwd())
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.getcwd(), before]))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, chdir(folder):
        yield
    os.environ["PYTHONPATH"] = before


def wanted(run: Run, app: str, given: list[Request] | None) -> dict[str, Request]:
    """Those that are given, else one GET for each route that answers it well.

    Raises:
        HubError: none is left, a given one is answered by no success, or any by 5xx.
    """
    requests = list(safe(import_app(app))) if given is None else given
    first = Subject(run.hosts[0], app)
    try:
        with ServerProcess(first, pick_server(first)) as server:
            good = [one for one in requests if _good(run, server, one, given is not None)]
    except HostFailed as error:
        raise HubError(f"{first}: {error}") from None
    if not good:
        raise HubError(f"{app}: no request to measure; give some by --requests FILE")
    return {str(request): request for request in good}


def _good(run: Run, server: ServerProcess, request: Request, given: bool) -> bool:
    reply = ask(server.address, request, None)
    if 200 <= reply.status < 300 and reply.end == "complete":
        return True
    what = f"answered {reply.status}" if reply.end == "complete" else "an answer without an end"
    if given or reply.status >= 500:
        raise HubError(f"{request} on {run.hosts[0]}: {what}; it can't be measured")
    run.notes.append(f"{request}: not measured: {what}")
    return False


def safe(app: App) -> Iterator[Request]:
    """A GET for each route that takes it, with usual values for the path's parameters."""
    for route in app.routes():
        if "GET" in route.methods and not route.websocket:
            yield Request("GET", _path(route.pattern))


def _path(pattern: Pattern) -> str:
    values = {name: sample(one).typical for name, one in pattern.parameters.items()}
    return pattern.render(lambda p: values[p.name], partial(quote, safe="/!$&'()*+,;=:@~"))


def _calls(run: Run, app: str, requests: Mapping[str, Request]) -> list[Row]:
    hosts = run.called()
    if not hosts:
        return []
    targets = {host: target_of(Subject(host, app)) for host in hosts}
    found = in_process(targets, requests, run.call_plan(successes))
    return _rows(found, "in process", {})


def _sockets(run: Run, app: str, requests: Mapping[str, Request]) -> list[Row]:
    if not run.options.sockets:
        return []
    subjects = {host: Subject(host, app) for host in run.hosts}
    found = over_sockets(subjects, requests, run.socket_plan(successes), run.load)
    servers = {host: pick_server(subject).name for host, subject in subjects.items()}
    return _rows(found, "over sockets", servers)


def successes(request: str, answers: Mapping[str, Answer]) -> None:
    """Raises HubError unless every host answers with success."""
    for host, answer in answers.items():
        if not 200 <= answer.status < 300:
            raise HubError(f"{request} on {host}: answered {answer.status}")


def _rows(found: Found, where: Where, servers: Mapping[str, str]) -> list[Row]:
    return [
        row for request, hosts in found.items() for row in _ranked(request, hosts, where, servers)
    ]


def _ranked(
    request: str, hosts: Mapping[str, Measured], where: Where, servers: Mapping[str, str]
) -> Iterator[Row]:
    """From the fastest to the slowest, each over the fastest."""
    order = sorted(hosts, key=lambda host: hosts[host].seconds.median)
    for host in order:
        base = hosts[order[0]]
        yield Row(host, where, request, servers.get(host), hosts[host], base, order[0])
