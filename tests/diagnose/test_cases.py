"""The rules against real messages: how often the right cause is told, and that no rule is there for one case."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from envgen.diagnose.rule import Weight
from envgen.diagnose.ruleset import rules
from envgen.diagnose.scan import Found, Scan

from .cases import Case, cases

FILES = {"cases.jsonl": 222, "found.jsonl": 398}


def share(of: tuple[Case, ...], within: int) -> float:
    return sum(case.cause in case.told[:within] for case in of) / len(of)


@pytest.mark.parametrize("file", FILES)
def test_the_right_cause(file: str) -> None:
    known = cases(file)
    assert len(known) == FILES[file]
    wrong = [f"{case.id}: {case.cause} is {case.told}" for case in known if case.cause not in case.told[:2]]
    assert share(known, 1) >= 0.9, wrong
    assert share(known, 2) >= 0.97, wrong


def test_every_case_is_of_a_public_thread() -> None:
    for file in FILES:
        assert all(case.source.startswith("https://") for case in cases(file))
    first, second = ({case.source for case in cases(file)} for file in FILES)
    assert not first & second


def test_every_cause_of_the_cases_is_told() -> None:
    told = {case.told[0] for case in cases() if case.told}
    assert told >= {case.cause for case in cases()}


@cache
def fits() -> Counter[str]:
    """How many of all messages each rule fits."""
    counts: Counter[str] = Counter()
    for case in (case for file in FILES for case in cases(file)):
        counts.update({found.rule.id for found in scanned(case.error)})
    return counts


def scanned(text: str) -> list[Found]:
    scan = Scan(rules())
    scan.feed(text)
    return scan.finish()


def test_no_rule_is_there_for_one_case() -> None:
    """A rule that fits one message alone must have been made of what the programs can print, not of that message.

    So it has further alternatives, or decides by a table of names, or its text is a fixed one of a program.
    """
    narrow = {rule.id for rule in rules() if fits()[rule.id] == 1}
    long_texts = {rule.id for rule in rules() if rule.id in narrow and longest_literal(rule.pattern.pattern) > 60}
    assert not long_texts, "these repeat a message rather than say what it is known by"
    assert len(narrow) <= len(rules()) / 3


def longest_literal(pattern: str) -> int:
    """Characters of the longest run that is no more than text, in any alternative."""
    plain = pattern.replace(r"\s{1,60}", " ").replace("['\"]?", "'")
    return max(len(run) for run in re.split(r"[\\\[\](){}|?*+.<>]", plain))


def test_rules_are_found_by_the_words_that_stand_near_them() -> None:
    """What is near a rule's text stands, as whole words, beside every match of it."""
    for case in (case for file in FILES for case in cases(file)):
        found = {each.rule.id for each in scanned(case.error)}
        text = case.error.translate(dict.fromkeys((0x60, 0x2018, 0x2019, 0x201C, 0x201D), "'"))
        exact = (rule for rule in rules() if rule.weight > Weight.GIST)
        missed = {rule.id for rule in exact if rule.pattern.search(text)} - found
        assert not missed, (case.id, missed)


def test_ids_are_unique() -> None:
    counts = Counter(rule.id for rule in rules())
    assert {rule for rule, count in counts.items() if count > 1} == set()
