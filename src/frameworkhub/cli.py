"""The command `frameworkhub`.

Exit codes: 0; 1: `check` found differences, or `refresh` could not get all; 2: bad input, told in
one line on standard error; 3: the app's own start (its lifespan) failed, or its server stopped
before it was ready.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .arguments import port, positive
from .errors import HubError

if TYPE_CHECKING:
    from .registry import Adapter
    from .servers import Target

OK, DIFFERENT, BAD_INPUT, NOT_STARTED = range(4)

Command = Callable[[argparse.Namespace], int]


class NotStarted(Exception):
    """The app's own start failed, or its server stopped before it was ready."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command with these arguments (default: the process's own); gives the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = parser().parse_args(arguments)
    args.argv = arguments
    try:
        return int(args.command(args))
    except HubError as error:
        return fail(error, BAD_INPUT)
    except NotStarted as error:
        return fail(error, NOT_STARTED)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has what it wants
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def fail(error: Exception, code: int) -> int:
    """Says `error` in one line, after the traceback of a cause in the user's own code."""
    if error.__cause__ is not None:
        sys.stderr.write(users_traceback(error.__cause__))
    print("frameworkhub:", " ".join(str(error).split()), file=sys.stderr, flush=True)
    return code


def users_traceback(error: BaseException) -> str:
    """The traceback of `error` from the user's code on; empty where none of it was at work."""
    start = error.__traceback__
    while start is not None and _is_machinery(start):
        start = start.tb_next
    if start is None and not isinstance(error, SyntaxError):
        return ""
    return "".join(traceback.format_exception(error.with_traceback(start)))


def _is_machinery(frame: TracebackType) -> bool:
    name = frame.tb_frame.f_globals.get("__name__", "")
    return name.partition(".")[0] in ("frameworkhub", "importlib", "runpy")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="frameworkhub",
        description="Write a web app once; run it on the framework that is already there.",
        allow_abbrev=False,
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        _add_run,
        _add_explore,
        _add_routes,
        _add_check,
        _add_bench,
        _add_catalogue,
        _add_plugins,
        _add_new,
        _add_record,
    ):
        add(commands)
    return top


def _command(commands: Any, name: str, command: Command, summary: str) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, allow_abbrev=False
    )
    added.set_defaults(command=command)
    return added


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="for a program to read")


def _add_app(command: argparse.ArgumentParser) -> None:
    command.add_argument("app", metavar="MODULE:APP", help="the module, and the name in it")


def _add_run(commands: Any) -> None:
    add = _command(commands, "run", run, "Serve an app.").add_argument
    add("app", metavar="MODULE:APP", help="the module, and the name in it")
    add("--on", metavar="NAME[:INTERFACE]", help="an installed framework, bare:wsgi or bare:asgi")
    add("--server", metavar="NAME", help="an installed server; default: one that fits")
    add("--workers", type=positive, default=1, metavar="N", help="processes")
    add("--threads", type=positive, default=40, metavar="N", help="threads for sync handlers")
    add("--host", default="127.0.0.1")
    add("--port", type=port, default=8000, help="0: the system chooses")
    add("--style", choices=("native", "beside"), default="native", help="how routes are mounted")
    add("--reload", action="store_true", help="start anew when a Python file changes")


def _add_explore(commands: Any) -> None:
    command = _command(commands, "explore", explore, "Show the catalogue as web pages.")
    add = command.add_argument
    add("--on", metavar="NAME[:INTERFACE]", help="an installed framework, bare:wsgi or bare:asgi")
    add("--server", metavar="NAME", help="an installed server; default: one that fits")
    add("--host", default="127.0.0.1")
    add("--port", type=port, default=8000, help="0: the system chooses")
    add("--lang", choices=("en", "zh"), help="for visitors who choose none; default: the browser's")
    app = "frameworkhub.explore.app:app"
    command.set_defaults(app=app, workers=1, threads=40, style="native", reload=False)


def explore(args: argparse.Namespace) -> int:
    """Serves the pages of the catalogue, as `run` serves any app."""
    if args.lang:
        os.environ["FRAMEWORKHUB_LANG"] = args.lang  # as an app has no arguments
    return run(args)


def run(args: argparse.Namespace) -> int:
    """Serves an app until SIGINT or SIGTERM; says where as soon as it accepts connections."""
    if args.reload:
        from .reload import supervise

        return supervise([word for word in args.argv if word != "--reload"], args.app)
    from . import targets

    on = args.on or _default_host(args.server)
    target = _load(args.app, on, args.style)
    server = targets.pick_server(target.protocol, args.server)
    _check_workers(server, args.workers)
    _check_port(args.host, args.port)
    host = f"{on.partition(':')[0]}:{target.protocol}"
    return _serve(args, target, server, f"serving {args.app} on {host} with {server.name}")


def _load(app: str, on: str, style: str) -> Target:
    from . import targets

    try:
        return targets.load(app, on, style)
    except ValueError as error:  # routes that contradict each other
        raise HubError(f"{app}: {error}") from None


def _default_host(server: str | None) -> str:
    """The bare core, by whichever protocol an installed server can run."""
    from . import targets

    for protocol in ("asgi", "wsgi"):
        try:
            targets.pick_server(protocol, server)
        except HubError as error:
            last = error
        else:
            return f"bare:{protocol}"
    raise last


def _check_workers(server: Adapter, workers: int) -> None:
    if workers > 1 and not server.features.workers:
        raise HubError(f"server {server.name} runs one process: it has no --workers {workers}")


def _check_port(host: str, port: int) -> None:
    """So that a port which is taken is one clear line, whatever the server would make of it."""
    import socket

    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise HubError(f"can't listen on {host}:{port}: {error.strerror}") from None


def _serve(args: argparse.Namespace, target: Target, server: Adapter, what: str) -> int:
    from .servers import Config

    started = []
    process = os.getpid()

    def ready(host: str, port: int) -> None:
        started.append(port)
        shown = f"[{host}]" if ":" in host else host
        print(f"frameworkhub: {what} at http://{shown}:{port}", flush=True)

    config = Config(args.host, args.port, args.workers, args.threads, ready)
    try:
        server.hook.run(target=target, config=config)
    except HubError:
        raise
    except Exception as error:
        if started:
            raise
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise NotStarted(f"{args.app} did not start: {reason}") from error
    except SystemExit as error:  # how some servers end, most often after saying why
        if started or not error.code or os.getpid() != process:  # a forked worker
            raise
        raise NotStarted(f"{args.app} did not start; {server.name} stopped") from None
    if not started:
        raise NotStarted(f"{args.app} did not start; {server.name} stopped before it was ready")
    return OK


def _add_routes(commands: Any) -> None:
    command = _command(commands, "routes", routes, "Show the routes of an app.")
    _add_app(command)
    _add_json(command)


def routes(args: argparse.Namespace) -> int:
    """Shows every route of an app."""
    from . import listing, targets

    rows = listing.routes(targets.import_app(args.app))
    return _show(args, rows, listing.ROUTES)


def _show(args: argparse.Namespace, rows: list[dict[str, Any]], columns: Sequence[str]) -> int:
    from . import listing

    print(json.dumps(rows, indent=2) if args.json else listing.table(rows, columns))
    return OK


def _add_check(commands: Any) -> None:
    command = _command(commands, "check", check, "Compare what frameworks answer, over sockets.")
    _add_app(command)
    command.add_argument("--on", required=True, metavar="a,b,c|all", help="which frameworks")
    command.add_argument("--requests", metavar="FILE", help="further requests, as JSON")
    _add_json(command)


def check(args: argparse.Namespace) -> int:
    """Plays the same requests on the bare core and on each framework; shows where they differ."""
    from .check import check as compare

    report = compare(args.app, args.on, args.requests)
    print(json.dumps(report.data(), indent=2) if args.json else report.text())
    return DIFFERENT if report.differences else OK


def _add_bench(commands: Any) -> None:
    from .bench import command

    command.add_to(_command(commands, "bench", command.run, command.SUMMARY))


def _add_catalogue(commands: Any) -> None:
    from .terminal.commands import add_to

    add_to(partial(_command, commands))


def _add_plugins(commands: Any) -> None:
    command = _command(commands, "plugins", plugins, "Show the installed plugins.")
    command.add_argument("--kind", help="frameworks, servers ...; default: all")
    _add_json(command)


def plugins(args: argparse.Namespace) -> int:
    """Shows the installed plugins, the broken ones with their cause."""
    from . import listing

    return _show(args, listing.adapters(args.kind), listing.ADAPTERS)


def _add_new(commands: Any) -> None:
    from .scaffold import KINDS

    command = _command(commands, "new", new, "Write the start of a plugin.")
    command.add_argument("kind", choices=KINDS)
    command.add_argument("name", help="of the framework or server, as in `--on NAME`")
    command.add_argument("--into", metavar="DIR", help="default: plugins/KIND")
    command.add_argument("--interface", choices=("wsgi", "asgi"), default="wsgi")


def new(args: argparse.Namespace) -> int:
    """Writes a plugin's folder and says what is left to do."""
    from .scaffold import scaffold

    into = args.into or os.path.join("plugins", args.kind)
    print(scaffold(args.kind, args.name, into, args.interface))
    return OK


def _add_record(commands: Any) -> None:
    summary = "Keep what the suite and the bench measured, for the catalogue."
    command = _command(commands, "record", record, summary)
    what = "what --hub-report of the suite wrote, or --json of bench --overhead"
    command.add_argument("files", nargs="+", metavar="FILE", help=what)
    where = "the folder of the records; default: that of this library, if it is a checkout"
    command.add_argument("--to", metavar="DIR", help=where)


def record(args: argparse.Namespace) -> int:
    """Writes the records of the adapters that the files tell of."""
    from .catalogue.recording import record as keep

    print(*keep(args.files, args.to), sep="\n")
    return OK
