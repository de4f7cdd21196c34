"""All that the catalogue has on one system, as `show` sets it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from ..catalogue import Claim, Measured, Source, System, store
from ..catalogue.measured import Cost, Overhead
from .labels import clauses, comma, label, say, source_line, verdict, word, words
from .screen import Screen
from .tables import table
from .typesetting import NO_BREAK_SPACE, WORD_JOINER, pad, paragraph, width

MARKS = {"strengths": "+ ", "weaknesses": "- ", "good_for": "+ ", "poor_for": "- "}
# Beyond these, lines of prose are hard to read, however wide the terminal is.
LINE = 100


def lines(system: System, screen: Screen) -> list[str]:
    """The page of a system."""
    return list(_Sheet(system, screen).lines())


class _Sheet:
    """One page. Sources get their numbers in the order in which they are first named."""

    def __init__(self, system: System, screen: Screen) -> None:
        self.system = system
        self.screen = screen
        self.language = screen.language
        self.columns = min(screen.columns, LINE)
        self.sources: dict[Source, int] = {}

    def lines(self) -> Iterator[str]:
        yield from self.head()
        yield from self.facts()
        yield from self.part("features", self.features())
        yield from self.part("remedies", self.claims(self.system.install.remedies, "- "))
        for name, mark in MARKS.items():
            yield from self.part(name, self.claims(getattr(self.system, name), mark))
        yield from self.part("corrections", self.corrections())
        yield from self.part("measured", self.measured())
        yield from self.part("sources", self.numbered())

    def note(self, source: Source) -> str:
        """The number of a source, to be put behind what it tells."""
        glue = WORD_JOINER if self.language == "zh" else NO_BREAK_SPACE
        return f"{glue}[{self.sources.setdefault(source, len(self.sources) + 1)}]"

    def noted(self, group: str, named: Mapping[str, Source]) -> str:
        """Words of the vocabulary, each with its source."""
        texts = (word(group, name, self.language) + self.note(at) for name, at in named.items())
        return comma(self.language).join(text.replace(" ", NO_BREAK_SPACE) for text in texts)

    def part(self, name: str, body: Iterator[str]) -> Iterator[str]:
        """A title and what is below it; nothing if nothing is."""
        if below := list(body):
            yield from ("", self.screen.bold(label(name, self.language)), *below)

    def head(self) -> Iterator[str]:
        kinds = words("kinds", self.system, self.language)
        yield f"{self.screen.bold(self.system.name)} · {kinds}"
        yield from paragraph(self.system.summary.in_(self.language), self.columns)
        yield ""

    def facts(self) -> Iterator[str]:
        facts = [(label(name, self.language), text) for name, text in self._facts() if text]
        size = max(width(name) for name, _ in facts)
        for name, text in facts:
            yield from paragraph(text, self.columns, f"{pad(name, size)}  ")

    def _facts(self) -> Iterator[tuple[str, str]]:
        system, release = self.system, self.system.release
        newest = say("of", self.language, release.version, release.date)
        checked = say("checked", self.language, release.source.checked)
        yield "version", clauses(self.language, newest, checked) + self.note(release.source)
        yield "installed", system.installed or label("not installed", self.language)
        yield "status", self.status()
        yield "licence", release.licence
        yield "python", self.pythons()
        yield "interfaces", self.noted("interfaces", system.interfaces)
        yield "colours", self.noted("colours", system.colours)
        yield "adapter", ", ".join(each.adapter for each in system.measured)
        yield "install", system.install.command
        yield "aliases", ", ".join(system.aliases)
        yield "ancestors", names(system.ancestors)
        yield "successors", names(system.successors)
        for name in ("homepage", "repository", "documentation", "documentation_zh"):
            yield name, getattr(system.links, name)

    def status(self) -> str:
        status = word("statuses", self.system.status, self.language)
        if declared := self.system.declared:
            return say("declared", self.language, status) + self.note(declared.source)
        return say("by age", self.language, status)

    def pythons(self) -> str:
        ran_on = comma(self.language).join(self.system.install.ran_on)
        seen = say("seen on", self.language, ran_on) if ran_on else ""
        return clauses(self.language, self.system.release.python, seen)

    def features(self) -> Iterator[str]:
        if self.system.features:
            yield from paragraph(self.noted("features", self.system.features), self.columns, "  ")

    def claims(self, claims: Sequence[Claim], mark: str) -> Iterator[str]:
        for claim in claims:
            text = claim.text.in_(self.language) + self.note(claim.source)
            yield from paragraph(text, self.columns, f"  {mark}")

    def corrections(self) -> Iterator[str]:
        for correction in self.system.corrections:
            said = correction.said.in_(self.language)
            yield from paragraph(f"“{said}”", self.columns, "  • ")
            today = correction.today.in_(self.language) + self.note(correction.source)
            yield from paragraph(say("today", self.language, today), self.columns, "    ")

    def measured(self) -> Iterator[str]:
        for each in self.system.measured:
            if each.conformance:
                yield from paragraph(self.conformance(each), self.columns, "  ")
            if each.overhead:
                yield from self.overhead(each.overhead)

    def conformance(self, measured: Measured) -> str:
        assert measured.conformance
        run, total = measured.conformance, measured.conformance.total
        tests = total.passed + total.gaps + total.failed
        parts = [say("passed", self.language, total.passed, tests)]
        if total.gaps:
            parts.append(say("gaps", self.language, total.gaps))
        if total.failed:
            parts.append(say("failed", self.language, total.failed))
        parts += [say("run on", self.language, run.python), run.date.isoformat()]
        colon = "：" if self.language == "zh" else ": "
        return measured.adapter + colon + clauses(self.language, *parts)

    def overhead(self, overhead: Overhead) -> Iterator[str]:
        titles = [label(n, self.language) for n in ("request", "ratio", "interval", "verdict")]
        room = attrs.evolve(self.screen, columns=self.columns - 4)
        for where, host in dict.fromkeys((cost.where, cost.host) for cost in overhead.costs):
            costs = [c for c in overhead.costs if (c.where, c.host) == (where, host)]
            server = f" ({costs[0].server})" if costs[0].server else ""
            place = f"{host} {say(where, self.language)}{server}"
            text = say("cost", self.language, place, overhead.date)
            yield from paragraph(text, self.columns, "  ")
            yield from (f"    {line}" for line in table(titles, [*map(self.cost, costs)], room))

    def cost(self, cost: Cost) -> list[str]:
        interval = f"{cost.low:.2f} … {cost.high:.2f}"
        return [cost.request, f"{cost.ratio:.2f}", interval, verdict(cost.verdict, self.language)]

    def numbered(self) -> Iterator[str]:
        size = len(str(len(self.sources))) + 2
        for source, number in self.sources.items():
            text = source_line(source, self.language)
            yield from paragraph(text, self.columns, f"  {pad(f'[{number}]', size)} ")


def names(keys: Sequence[str]) -> str:
    """The names of the systems with these keys; the key itself of one that has no entry."""
    known = {system.key: system.name for system in store.systems()}
    return ", ".join(known.get(key, key) for key in keys)
