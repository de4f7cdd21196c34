"""The command line of the catalogue. What answers is imported when a command runs."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..arguments import positive, seconds
from . import needs
from .needs import QUESTIONS

if TYPE_CHECKING:
    from .screen import Screen

INCOMPLETE = 1
Run = Callable[[argparse.Namespace], int]


def add_to(add: Callable[[str, Run, str], argparse.ArgumentParser]) -> None:
    """Adds every command; `add` makes the parser of one, by its name, function and summary."""
    command = add("list", list_systems, "List the systems of the catalogue.")
    command.add_argument("--kind", metavar="KIND", help=QUESTIONS["kind"])
    _add_output(command)
    command = add("show", show, "Show what the catalogue has on a system.")
    command.add_argument("system", nargs="+", metavar="NAME", help="its name or an alias")
    _add_output(command)
    _add_needs(add("find", find, "Find the systems that fit."))
    command = add("compare", compare, "Show systems side by side.")
    command.add_argument("systems", nargs="+", metavar="NAME", help="two or more")
    _add_output(command)
    command = add("recommend", recommend, "Rank systems by what is needed, with the reasons.")
    command.add_argument("--limit", type=positive, default=5, metavar="N", help="default: 5")
    command.add_argument("--sources", action="store_true", help="tell where each reason is from")
    _add_needs(command)
    _add_refresh(add("refresh", refresh, "Update versions, dates and licences from your index."))


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--lang", choices=("en", "zh"), help="default: as the locale says")
    command.add_argument("--json", action="store_true", help="for a program to read")


def _add_needs(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("features", nargs="*", metavar="FEATURE", help="what it has: websocket, orm, openapi, ...")
    add("--without", action="append", default=[], metavar="FEATURE", help="what it does not have")
    for name, summary in QUESTIONS.items():
        add(f"--{name}", metavar=name.upper(), help=summary)
    flag = argparse.BooleanOptionalAction
    add("--installed", action=flag, help="those that are installed here, or the others")
    add("--adapter", action=flag, help="those that an app can be put on or run by, or the others")
    _add_output(command)


def _add_refresh(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("systems", nargs="*", metavar="NAME", help="which; default: all")
    add("--index", metavar="URL", help="a package index; default: the one of your uv or pip")
    add("--timeout", type=seconds, default=10.0, metavar="S", help="of each answer; default: 10")
    add("--force", action="store_true", help="ask anew for what was asked within the hour")
    _add_output(command)


# The commands


def list_systems(args: argparse.Namespace) -> int:
    """Lists the systems of the catalogue, or of one kind."""
    from .. import catalogue
    from . import overview

    with _warnings_in_a_line():
        found = catalogue.find(kind=args.kind)
    return _give(
        args, overview.data(found), lambda screen: overview.lines(found, screen, args.kind)
    )


def show(args: argparse.Namespace) -> int:
    """Shows what the catalogue has on a system; its name may be of several words."""
    from .. import catalogue
    from . import sheet

    with _warnings_in_a_line():
        system = catalogue.system(" ".join(args.system))
    return _give(args, system.to_dict(), lambda screen: sheet.lines(system, screen))


def find(args: argparse.Namespace) -> int:
    """Lists the systems that fit; where none does, tells which needs stand in the way."""
    from .. import catalogue
    from . import overview

    with _warnings_in_a_line():
        asked = needs.asked(args)
        found = catalogue.find(**asked)

    def lines(screen: Screen) -> list[str]:
        if found:
            return overview.lines(found, screen, args.kind)
        return list(needs.obstacles(asked, screen))

    return _give(args, overview.data(found), lines)


def compare(args: argparse.Namespace) -> int:
    """Shows systems side by side, where they differ first."""
    from .. import catalogue
    from . import comparison

    with _warnings_in_a_line():
        compared = catalogue.compare(*args.systems)
    return _give(args, compared.to_dict(), lambda screen: comparison.lines(compared, screen))


def recommend(args: argparse.Namespace) -> int:
    """Ranks systems by what is needed, and tells the reasons."""
    from .. import catalogue
    from . import ranking

    with _warnings_in_a_line():
        asked = {"kind": "frameworks"} | needs.asked(args)
        ranked = catalogue.recommend(limit=args.limit, **asked)
    data = [each.to_dict() for each in ranked]
    return _give(args, data, lambda screen: ranking.lines(ranked, screen, args.sources))


def refresh(args: argparse.Namespace) -> int:
    """Updates versions, dates and licences; code 1 where some could not be got."""
    from ..catalogue import refreshing
    from . import updates

    with _warnings_in_a_line():
        done = refreshing.refresh(args.systems, args.index, args.timeout, args.force)
    _give(args, done.to_dict(), lambda screen: updates.lines(done, screen))
    return INCOMPLETE if done.failed else 0


# What they share


def _give(args: argparse.Namespace, data: Any, lines: Callable[[Screen], Sequence[str]]) -> int:
    """Writes the data as JSON, or the lines for a person."""
    from .screen import screen

    to = screen("en" if args.json else args.lang)
    print(as_json(data, to) if args.json else to.text(lines(to)))
    return 0


def as_json(data: Any, screen: Screen) -> str:
    """JSON with Chinese in it as it is, where the encoding has all of it."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    return text if screen.can_show(text) else json.dumps(data, indent=2)


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """What the catalogue warns of, told as errors are."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            for text in dict.fromkeys(str(warning.message) for warning in caught):
                print("frameworkhub:", " ".join(text.split()), file=sys.stderr)
