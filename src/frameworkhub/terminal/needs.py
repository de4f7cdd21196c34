"""What `find` and `recommend` are asked for on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import HubError

if TYPE_CHECKING:
    from .screen import Screen

QUESTIONS = {
    "kind": "frameworks, servers, templates, tasks or crawlers",
    "interface": "wsgi, asgi, ...",
    "colour": "sync or async: which handlers it takes",
    "status": "active, maintenance, dormant or ended",
    "licence": "an SPDX identifier or its beginning, permissive, weak copyleft or copyleft",
    "python": "a version that it runs on, such as 3.13",
    "text": "words that its texts have",
}


def asked(args: argparse.Namespace) -> dict[str, Any]:
    """What `find` and `recommend` are asked, in their words.

    Raises:
        HubError: a feature is none, or is both wanted and unwanted.
    """
    found: dict[str, Any] = {}
    for words, wanted in ((args.features, True), (args.without, False)):
        for word in ",".join(words).split(",") if words else ():
            if found.setdefault(feature(word), wanted) is not wanted:
                raise HubError(f"{word!r} is both wanted and unwanted")
    names = (*QUESTIONS, "installed", "adapter")
    return found | {name: value for name in names if (value := getattr(args, name)) is not None}


def feature(word: str) -> str:
    """The feature that is meant by `word`: case doesn't count, nor does - for _.

    Raises:
        HubError: there is none; the message has the option for a word of another group, or the
            near features.
    """
    from ..catalogue import vocabulary

    name = word.casefold().replace("-", "_")
    groups = vocabulary.all_words()
    options = {"kinds": "kind", "interfaces": "interface", "colours": "colour"}
    for group, option in (options | {"statuses": "status"}).items():
        if name in groups[group] and name not in groups["features"]:
            raise HubError(f"{word!r} is no feature; did you mean --{option} {name}?")
    return vocabulary.check("features", name)


def obstacles(needs: dict[str, Any], screen: Screen) -> Iterator[str]:
    """That nothing fits, and how many would without each single need."""
    from ..catalogue import find
    from .labels import say

    yield say("none", screen.language)
    helped = False
    for name in needs:
        others = {other: value for other, value in needs.items() if other != name}
        if count := len(find(**others)):
            helped = True
            yield "  " + say("without", screen.language, typed(name, needs[name]), count)
    if not helped:
        yield "  " + say("nothing helps", screen.language)


def typed(name: str, value: Any) -> str:
    """A need as it was typed."""
    if name in QUESTIONS:
        return f"--{name} {value}"
    if name in ("installed", "adapter"):
        return f"--{name}" if value else f"--no-{name}"
    return name if value else f"--without {name}"
