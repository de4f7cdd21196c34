"""`recommend`: systems ranked by what is needed, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from . import queries, vocabulary
from .measured import Measured
from .model import Claim, Source, System, Text

NEED, CLAIM = 10, 2
STATUSES = {"active": 3, "maintenance": 0, "dormant": -5, "ended": -8}


@attrs.frozen
class Reason:
    """Why a system stands where it stands.

    Attributes:
        points: what it adds to the score; a need that is not met takes `NEED` away.
        text: the reason, in words.
        source: where it was read or seen; None for what this library computes.
    """

    points: int
    text: Text
    source: Source | None = None


@attrs.frozen
class Recommendation:
    """A system with its score and the reasons that add up to it, the weightiest first."""

    system: System
    score: int
    reasons: tuple[Reason, ...]

    @property
    def fits(self) -> bool:
        """Whether every need is met."""
        return all(reason.points > -NEED for reason in self.reasons)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; the system by its key."""
        reasons = [
            {
                "points": reason.points,
                "text": attrs.asdict(reason.text),
                "source": reason.source and attrs.asdict(reason.source, value_serializer=_plain),
            }
            for reason in self.reasons
        ]
        score = {"system": self.system.key, "score": self.score, "fits": self.fits}
        return score | {"reasons": reasons}


def _plain(_: Any, __: Any, value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def recommend(
    *, limit: int = 5, kind: str = "frameworks", text: str | None = None, **needs: Any
) -> tuple[Recommendation, ...]:
    """The best `limit` systems of a kind for these needs, the best first.

    Args:
        limit: how many, at most.
        kind: of which kind.
        text: words for what it is to be used for; claims that have one of them count.
        needs: as for `find`: websocket=True, licence="permissive", python="3.13".

    Each need that is met gives 10 points, each that is not takes 10; then count the status (active
    3, dormant -5, ended -8), what its adapter was measured to do, and the claims that `text` finds
    (good for and strengths 2 each, poor for and weaknesses -2 each).

    Raises:
        HubError: there is no such need, or no such word; the near ones are in the message.
    """
    ranked = [_judge(system, needs, text) for system in queries.find(kind=kind)]
    ranked.sort(key=lambda each: (-each.score, each.system.name.casefold()))
    return tuple(ranked[:limit])


def _judge(system: System, needs: dict[str, Any], text: str | None) -> Recommendation:
    reasons = [
        *(_need(system, name, value) for name, value in needs.items() if value is not None),
        *_state(system),
        *(_claims(system, text) if text else ()),
    ]
    reasons.sort(key=lambda reason: -abs(reason.points))
    return Recommendation(system, sum(reason.points for reason in reasons), tuple(reasons))


def _need(system: System, name: str, value: Any) -> Reason:
    is_met = system in queries.find(**{name: value})
    points = NEED if is_met else -NEED
    if name in vocabulary.all_words()["features"]:
        label = vocabulary.all_words()["features"][name].label
        has = name in system.features
        text = Text(
            f"{'has' if has else 'lacks'} {label.en}",
            _spaced("具备" if has else "不具备", label.zh),
        )
        return Reason(points, text, system.features.get(name))
    return _asked(system, name, value, points)


def _asked(system: System, name: str, value: Any, points: int) -> Reason:
    subject, group = _SUBJECTS[name]
    word = vocabulary.all_words()[group][value].label if group else Text(str(value), str(value))
    if isinstance(value, bool):
        is_so = value == (points > 0)
        en, zh = subject.en if is_so else f"not {subject.en}", subject.zh
        return Reason(points, Text(en, zh if is_so else f"未{zh}"))
    en, zh = f"{subject.en} {word.en}", _spaced(subject.zh, word.zh)
    if points < 0:
        en, zh = f"not {en}", _spaced("不符合：", zh)
    found = getattr(system, group) if group in ("interfaces", "colours") else {}
    is_of_release = name in ("licence", "python", "status")
    source = system.release.source if is_of_release else found.get(value)
    return Reason(points, Text(en, zh), source)


# What is asked for, as a person reads it; the group of the vocabulary, if its value is a word.
_SUBJECTS: Mapping[str, tuple[Text, str]] = {
    "interface": (Text("served as", "接口为"), "interfaces"),
    "colour": (Text("takes handlers that are", "处理函数可为"), "colours"),
    "licence": (Text("of licence", "许可证为"), ""),
    "python": (Text("for Python", "支持 Python"), ""),
    "status": (Text("of status", "状态为"), "statuses"),
    "kind": (Text("of kind", "类别为"), "kinds"),
    "installed": (Text("installed here", "安装在本机"), ""),
    "adapter": (Text("carried by an adapter", "提供适配器"), ""),
}


def _spaced(chinese: str, after: str) -> str:
    """Two pieces of a Chinese text; Latin letters and digits stand apart."""
    apart = after[:1].isascii() and not chinese.endswith("：")
    return f"{chinese} {after}" if apart else chinese + after


def _state(system: System) -> Iterator[Reason]:
    if points := STATUSES[system.status]:
        label = vocabulary.all_words()["statuses"][system.status].label
        day = system.release.date.isoformat()
        en = f"{label.en}; {system.release.version} of {day}"
        zh = f"{label.zh}；{system.release.version}，{day}"
        yield Reason(points, Text(en, zh), system.release.source)
    perfect = [each for each in system.measured if _is_perfect(each)]
    for measured in perfect[:1]:
        passed = measured.conformance.total.passed if measured.conformance else 0
        en = f"its adapter {measured.adapter} passes all {passed} tests of the suite"
        zh = f"适配器 {measured.adapter} 通过一致性测试全部 {passed} 项"
        yield Reason(2, Text(en, zh))


def _is_perfect(measured: Measured) -> bool:
    if measured.conformance is None:
        return False
    total = measured.conformance.total
    return not (total.failed or total.gaps)


def _claims(system: System, words: str) -> Iterator[Reason]:
    wanted = words.casefold().split()
    for points, claims in (
        (CLAIM, (*system.good_for, *system.strengths)),
        (-CLAIM, (*system.poor_for, *system.weaknesses)),
    ):
        for claim in claims:
            if _tells(claim, wanted):
                yield Reason(points, claim.text, claim.source)


def _tells(claim: Claim, words: list[str]) -> bool:
    text = f"{claim.text.en}\n{claim.text.zh}".casefold()
    return any(word in text for word in words)
