"""Keeps `docs/semantics.md` and the conformance suite together."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "semantics.md").read_text("utf-8")
SUITE = sorted((ROOT / "src" / "frameworkhub" / "testing").glob("test_*.py"))
SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
RULES = {
    number: text
    for number, text in re.findall(r"^- \*\*(\w+)\.\*\* (.*?)(?=^- |^#|\Z)", PAGE, re.M | re.S)
}


def names_in(text: str) -> list[str]:
    return re.findall(r"`(test_\w+)`", text)


def functions() -> list[ast.FunctionDef]:
    """Every test function of the suite."""
    nodes = [node for file in SUITE for node in ast.parse(file.read_text("utf-8")).body]
    return [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]


def test_every_test_stands_under_a_rule() -> None:
    named = {name for text in RULES.values() for name in names_in(text)}
    assert sorted({function.name for function in functions()} - named) == []


def test_every_named_test_exists() -> None:
    known = {function.name for function in functions()}
    assert sorted(set(names_in(PAGE)) - known) == []


@pytest.mark.parametrize("number", RULES)
def test_every_rule_has_a_test(number: str) -> None:
    assert names_in(RULES[number])


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_every_section_has_rules_of_one_letter_numbered_in_order(section: str) -> None:
    numbers = re.findall(r"^- \*\*(\w+)\.\*\*", section, re.MULTILINE)
    letter = numbers[0][0]
    assert numbers == [f"{letter}{i}" for i in range(1, len(numbers) + 1)]


def test_no_letter_serves_two_sections() -> None:
    letters = [re.findall(r"^- \*\*([A-Z])", s, re.MULTILINE)[0] for s in SECTIONS]
    assert [letter for letter, times in Counter(letters).items() if times > 1] == []


def test_no_two_tests_share_a_name() -> None:
    # Gaps and rules name a test by its function alone.
    times = Counter(function.name for function in functions())
    assert [name for name, count in times.items() if count > 1] == []


def test_every_test_says_its_rule() -> None:
    assert [f.name for f in functions() if not ast.get_docstring(f)] == []


def test_there_are_enough() -> None:
    assert len(functions()) >= 150
