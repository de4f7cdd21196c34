"""Keeps `docs/semantics.md` and the conformance suite together."""

from __future__ import annotations

import ast
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from frameworkhub.testing import rules

SUITE = sorted(Path(rules.__file__).parent.glob("test_*.py"))
RULES = rules.all_rules()
SECTIONS = [(name, list(each)) for name, each in groupby(RULES.values(), lambda r: r.section)]
NAMED = {name for rule in RULES.values() for name in rule.tests}


def functions() -> list[ast.FunctionDef]:
    """Every test function of the suite."""
    nodes = [node for file in SUITE for node in ast.parse(file.read_text("utf-8")).body]
    return [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]


def test_every_test_stands_under_a_rule() -> None:
    assert sorted({function.name for function in functions()} - NAMED) == []


def test_every_named_test_exists() -> None:
    assert sorted(NAMED - {function.name for function in functions()}) == []


def test_every_section_has_rules() -> None:
    headings = [line[3:] for line in rules.page().splitlines() if line.startswith("## ")]
    assert headings == [name for name, _ in SECTIONS]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_has_a_text_and_a_test(rule: rules.Rule) -> None:
    assert rule.text.endswith(".")
    assert rule.tests


@pytest.mark.parametrize(("section", "numbered"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_every_section_has_rules_of_one_letter_numbered_in_order(
    section: str, numbered: list[rules.Rule]
) -> None:
    letter = numbered[0].number[0]
    assert [r.number for r in numbered] == [f"{letter}{i + 1}" for i in range(len(numbered))]


def test_no_letter_serves_two_sections() -> None:
    letters = Counter(numbered[0].number[0] for _, numbered in SECTIONS)
    assert [letter for letter, times in letters.items() if times > 1] == []


def test_no_two_tests_share_a_name() -> None:
    # Gaps and rules name a test by its function alone.
    times = Counter(function.name for function in functions())
    assert [name for name, count in times.items() if count > 1] == []


def test_every_test_says_its_rule() -> None:
    assert [f.name for f in functions() if not ast.get_docstring(f)] == []


def test_there_are_enough() -> None:
    assert len(functions()) >= 150
