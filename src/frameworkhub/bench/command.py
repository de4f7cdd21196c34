"""The command line of `bench`. What measures is imported when it runs."""

from __future__ import annotations

import argparse

from ..arguments import positive, seconds
from ..errors import HubError

SUMMARY = "Measure how fast an app is on each host."


def add_to(command: argparse.ArgumentParser) -> None:
    """Adds the arguments of `bench`."""
    add = command.add_argument
    add("app", metavar="MODULE:APP", nargs="?", help="the module, and the name in it")
    add("--overhead", action="store_true", help="without an app: the hub over each framework")
    add("--on", default="all", metavar="a,b,c|all", help="which frameworks; default: all")
    add("--requests", metavar="FILE", help="as for `check`; default: a GET for each route")
    add("--rounds", type=positive, metavar="N", help="default: 20 in process, 60 over sockets")
    add("--seconds", type=seconds, default=0.1, metavar="S", help="of each round over sockets")
    only = command.add_mutually_exclusive_group()
    only.add_argument("--in-process", action="store_true", help="not over sockets")
    only.add_argument("--sockets", action="store_true", help="not in process")
    add("--json", metavar="FILE", help="write all the numbers; -: instead of the table")
    add("--svg", metavar="FILE", help="write a chart")


def run(args: argparse.Namespace) -> int:
    """Measures an app on each host, or the hub against each framework."""
    from .bench import bench
    from .output import check_writable, write
    from .run import Options

    if bool(args.app) == args.overhead:
        raise HubError("bench takes either MODULE:APP or --overhead")
    check_writable(args.json, args.svg)
    both = not (args.in_process or args.sockets)
    options = Options(
        on=args.on,
        requests_file=args.requests,
        rounds=args.rounds,
        seconds=args.seconds,
        in_process=args.in_process or both,
        sockets=args.sockets or both,
    )
    write(bench(args.app, options, args.argv), args.json, args.svg)
    return 0
