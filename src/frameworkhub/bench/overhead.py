"""`frameworkhub bench --overhead`: what the hub adds to a framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from ..app import App
from ..check.requests import Request
from ..errors import HubError
from ..servers import Target
from . import by_hand
from .drivers import Answer
from .measuring import Found, in_process, over_sockets
from .report import Row, Where
from .run import Run, target_of
from .subjects import Subject, pick_server

FIELDS = {f"field{i}": f"value {i}" for i in range(10)}
REQUESTS = {
    "empty GET": Request("GET", "/empty"),
    "GET, parameter, query": Request("GET", "/items/42?q=hub"),
    "JSON POST": Request(
        "POST",
        "/json",
        (("Content-Type", "application/json"),),
        json.dumps({"title": "hub", "tags": ["a", "b"], "size": 42, "text": "x" * 200}).encode(),
    ),
    "form of 10 fields": Request(
        "POST",
        "/form",
        (("Content-Type", "application/x-www-form-urlencoded"),),
        urlencode(FIELDS).encode(),
    ),
    "upload of 1 MB": Request(
        "POST", "/upload", (("Content-Type", "application/octet-stream"),), b"x" * 2**20
    ),
    "stream of 10 chunks": Request("GET", "/stream"),
}


def overhead(run: Run) -> list[Row]:
    """The rows of every host, one host after the other; within a host all goes by turns."""
    run.expect(2, len(REQUESTS), yardsticks=1)
    return [row for host in run.hosts for row in _named(run, host)]


def _named(run: Run, host: str) -> list[Row]:
    """The host's rows; it is named in what goes wrong."""
    try:
        return _of_host(run, host)
    except HubError as error:
        raise HubError(f"{host}: {error}") from error.__cause__


def _of_host(run: Run, host: str) -> list[Row]:
    run.progress.what = host
    subjects = {"native": Subject(host, control=True), "hub": Subject(host)}
    rows = []
    if run.calls(host):
        targets = {name: target_of(subject) for name, subject in subjects.items()}
        yardstick = {"by hand": (by_hand_target(subjects["hub"].interface), by_hand.REQUEST)}
        found = in_process(targets, REQUESTS, run.call_plan(alike), yardstick)
        rows += _rows(host, "in process", None, found)
    if run.options.sockets:
        server = pick_server(subjects["hub"]).name
        found = over_sockets(subjects, REQUESTS, run.socket_plan(alike), run.load)
        rows += _rows(host, "over sockets", server, found)
    return rows


def _rows(host: str, where: Where, server: str | None, found: Found) -> list[Row]:
    return [
        Row(host, where, request, server, one["hub"], one["native"], by_hand=one.get("by hand"))
        for request, one in found.items()
    ]


def by_hand_target(interface: str) -> Target:
    return Target(App(), by_hand.wsgi if interface == "wsgi" else by_hand.asgi, interface)


def alike(request: str, answers: Mapping[str, Answer]) -> None:
    """Raises HubError unless all answer well, and say the same."""
    said = {name: essence(answer) for name, answer in answers.items()}
    for name, answer in answers.items():
        if answer.status != 200:
            raise HubError(f"{request}: {name} answered {answer.status}")
    if len(set(said.values())) > 1:
        raise HubError(f"{request}: the answers differ: {said}"[:300])


def essence(answer: Answer) -> tuple[str, str]:
    """Kind and content; what frameworks write each in their way (spaces in JSON) is left out."""
    kind = answer.type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return kind, json.dumps(json.loads(answer.body), sort_keys=True)
    kind = "text" if kind.startswith("text/") else kind  # a str is HTML for some of them
    return kind, answer.body.decode("latin-1")
