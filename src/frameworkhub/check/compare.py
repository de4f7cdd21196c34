"""What of an answer is compared, and what is not as the bare core itself says it anew each time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import attrs

from ..errors import REASONS
from .hosts import Reply
from .requests import Request

IGNORED = {
    "connection",
    "date",
    "keep-alive",
    "server",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
}
"""Fields that are the server's own, or frame the message."""

# Times as ISO 8601 and as RFC 9110, section 5.6.7, write them, and UUIDs.
_CHANGING = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
    r"|(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d[ -]\w{3}[ -]\d{4} \d\d:\d\d:\d\d GMT"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_WORD = re.compile(r"\w+|\W")


@attrs.frozen
class Difference:
    """One part of an answer (`status`, `body`, `header etag` ...) that a host gives otherwise."""

    part: str
    bare: str | None
    here: str | None


@attrs.frozen
class Part:
    """A part of the bare core's answer, as it came in its two runs; None where a run lacks it.

    Attributes:
        open: a body that does not end: only as much is compared as all have of it.
    """

    first: str | None
    second: str | None
    open: bool = False

    @property
    def is_volatile(self) -> bool:
        return not (self.agrees(self.second) if self.open else self.first == self.second)

    def agrees(self, text: str | None) -> bool:
        """Whether `text` is what the bare core says, but for words that differ between its runs."""
        if self.first is None or self.second is None:
            return self.first != self.second or text is None
        if text is None:
            return False
        texts = [self.first, self.second, text]
        if self.open and text:
            texts = [each[: min(map(len, texts))] for each in texts]
        one, two, here = texts
        return (
            here == one if one == two else self._agree_by_words(words(one), words(two), words(here))
        )

    def _agree_by_words(self, one: list[str], two: list[str], here: list[str]) -> bool:
        if self.open:
            shortest = min(len(one), len(two), len(here)) - 1  # the last one may be cut
            one, two, here = one[:shortest], two[:shortest], here[:shortest]
        if len(one) != len(two):
            return True  # nothing to hold on to
        if len(one) != len(here):
            return False
        return all(a != b or a == c for a, b, c in zip(one, two, here, strict=True))


def words(text: str) -> list[str]:
    """Words and single other characters; the usual forms of times and UUIDs are one word each."""
    return _WORD.findall(_CHANGING.sub("\ue000", text))


@attrs.frozen
class Expected:
    """What the bare core answered first, and each part of it in both runs.

    Attributes:
        any_length: the length is not compared, as it is that of a body which changes.
    """

    reply: Reply
    parts: dict[str, Part]
    any_length: bool = False

    @classmethod
    def of(cls, first: Reply, second: Reply) -> Expected:
        one, two = parts(first), parts(second)
        is_open = first.end == "open"
        found = {
            name: Part(one.get(name), two.get(name), is_open and name == "body")
            for name in one | two
        }
        return cls(first, found)

    @property
    def is_volatile(self) -> bool:
        return any(part.is_volatile for part in self.parts.values())


def parts(reply: Reply) -> dict[str, str]:
    """The answer as named texts; bytes are latin-1, repeated fields one line each."""
    found = {"status": str(reply.status), "reason": reply.reason, "end": reply.end}
    for name, value in reply.headers:
        key = f"header {name.lower()}"
        if name.lower() not in IGNORED:
            found[key] = f"{found[key]}\n{value}" if key in found else value
    return found | {"body": reply.body.decode("latin-1")}


def expect(
    requests: Sequence[Request], first: Sequence[Reply], second: Sequence[Reply]
) -> list[Expected]:
    """What the bare core answers, from its two runs."""
    found = [Expected.of(*pair) for pair in zip(first, second, strict=True)]
    changing = {
        request.target
        for request, expected in zip(requests, found, strict=True)
        if expected.parts["body"].is_volatile
    }
    return [
        attrs.evolve(expected, any_length=request.target in changing)
        for request, expected in zip(requests, found, strict=True)
    ]


def differences(expected: Expected, reply: Reply) -> Iterator[Difference]:
    """Where `reply` is not what the bare core answers."""
    here = parts(reply)
    for name in expected.parts | here:
        part = expected.parts.get(name, ABSENT)
        if _compared(name, expected, here) and not part.agrees(here.get(name)):
            yield Difference(name, part.first, here.get(name))


def _compared(name: str, expected: Expected, here: dict[str, str]) -> bool:
    if name == "reason":
        return expected.reply.reason == REASONS.get(expected.reply.status)
    if name == "header content-length":
        both = name in expected.parts and name in here
        return both and not expected.any_length
    if expected.reply.status == 101:
        return name in ("status", "header sec-websocket-accept", "header sec-websocket-protocol")
    return True


ABSENT = Part(None, None)
