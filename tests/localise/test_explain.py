"""What is said of failures that were observed, in plain cases and at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.localise import Explanation, Pattern, explain
from envgen.space import Space

from .faults import faults_of, pairwise, random_faults
from .model import realistic
from .spaces import grid, pattern, small

SPACE = small()
EVERY = range(len(SPACE.rows))


def explained(*patterns: Pattern, space: Space = SPACE) -> Explanation:
    """From the full grid."""
    return explain(space, faults_of(space, patterns).observed(range(len(space.rows))))


def texts(explanation: Explanation) -> list[str]:
    return [finding.pattern.text(explanation.space) for finding in explanation.findings]


def test_a_conjunction_with_its_support() -> None:
    explanation = explained(pattern(SPACE, torch="2.9..2.10", python="3.13"))
    assert texts(explanation) == ["python == 3.13 and torch >= 2.9"]
    (finding,) = explanation.findings
    assert len(finding.support) == len(finding.own) == explanation.failed == 18
    assert (finding.counter, finding.rivals, finding.wordings) == ((), (), ())
    assert finding.probability > 0.99
    assert explanation.complete
    assert explanation.alone(finding)


def test_several_causes_that_overlap() -> None:
    first, second = pattern(SPACE, python="3.10..3.11"), pattern(SPACE, os="!debian", cuda="cu130")
    explanation = explained(first, second)
    assert texts(explanation) == ["python <= 3.11", "cuda == cu130 and os != debian"]
    assert not any(explanation.alone(finding) for finding in explanation.findings)
    by_rule = explanation.findings[1]
    assert len(by_rule.support) == 32
    assert len(by_rule.own) == 16


def test_cells_that_were_not_observed_leave_rivals() -> None:
    fails = pattern(SPACE, torch="2.9..2.10").mask(SPACE)
    seen = [row for row in EVERY if SPACE.texts(row)[1] in ("2.7", "2.8", "2.10")]
    (finding,) = explain(SPACE, {row: bool(fails[row]) for row in seen}).findings
    assert finding.pattern.text(SPACE) in ("torch == 2.10", "torch >= 2.9")
    assert {rival.pattern.text(SPACE) for rival in finding.rivals} & {"torch == 2.10", "torch >= 2.9"}
    assert finding.probability < 0.9


def test_axes_that_went_together_are_other_wordings() -> None:
    space = Space(("python", "torch"), (("3.11", "3.12"), ("2.7", "2.8")), (True, True), np.array([[0, 0], [1, 1]]))
    (finding,) = explain(space, {0: False, 1: True}).findings
    assert finding.pattern.text(space) == "python == 3.12"
    assert [other.text(space) for other in finding.wordings] == ["torch == 2.8"]


def test_without_a_failure_there_is_nothing_to_explain() -> None:
    for observed in ({}, dict.fromkeys(EVERY, False)):
        explanation = explain(SPACE, observed)
        assert (explanation.findings, explanation.unexplained, explanation.failed) == ((), (), 0)
        assert not explanation.predicted.any()


def test_where_all_failed_no_condition_is_named() -> None:
    explanation = explain(SPACE, dict.fromkeys(EVERY, True))
    assert texts(explanation) == ["any value"]
    assert explanation.predicted.all()


def test_a_space_of_one_cell() -> None:
    space = grid(python="< 3.12", os="debian")
    assert texts(explain(space, {0: True})) == ["any value"]
    assert explain(space, {0: False}).findings == ()


def test_an_axis_with_one_value_is_never_named() -> None:
    space = grid(arch="x86_64", python="< 3.10 3.11 3.12", os="debian")
    explanation = explain(space, {0: False, 1: False, 2: True})
    assert texts(explanation) == ["python == 3.12"]
    assert explanation.findings[0].wordings == ()


def test_a_fault_of_four_conditions_is_not_said_to_be_explained() -> None:
    explanation = explained(pattern(SPACE, python="3.11", torch="2.9", cuda="cu126", os="ubuntu"))
    assert explanation.findings == ()
    assert len(explanation.unexplained) == 1
    assert not explanation.complete
    assert explanation.predicted.sum() == 1


def test_one_pass_in_a_rule_is_a_counter_example_and_not_its_end() -> None:
    faults = faults_of(SPACE, [pattern(SPACE, torch="2.9..2.10", python="3.12..3.13")])
    inside = np.flatnonzero(faults.fails)
    explanation = explain(SPACE, faults.observed(EVERY) | {int(inside[7]): False})
    assert texts(explanation) == ["python >= 3.12 and torch >= 2.9"]
    assert explanation.findings[0].counter == (int(inside[7]),)
    assert explanation.complete


def test_from_the_full_grid_the_failing_set_is_exact() -> None:
    """A few of those that benchmarks/localise.py counts."""
    space = realistic()
    assert len(space.rows) == 9883
    start = pairwise(space)
    for number in range(6):
        faults = random_faults(space, 1 + number % 3, start, np.random.default_rng([7, number]))
        explanation = explain(space, faults.observed(range(len(space.rows))))
        assert explanation.complete
        assert (explanation.predicted == faults.fails).all()


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(EVERY), st.booleans(), max_size=60), st.integers(0, 3))
def test_an_explanation_never_contradicts_what_it_says_of_itself(observed: dict[int, bool], seed: int) -> None:
    explanation = explain(SPACE, observed, seed=seed)
    failed = {row for row, value in observed.items() if value}
    supported = {row for finding in explanation.findings for row in finding.support}
    assert supported | {*explanation.unexplained} == failed
    assert supported.isdisjoint(explanation.unexplained)
    for finding in explanation.findings:
        mask = finding.pattern.mask(SPACE)
        assert set(finding.support) == {row for row in failed if mask[row]}
        assert set(finding.counter) == {row for row in observed.keys() - failed if mask[row]}
        assert set(finding.own) <= set(finding.support)
        assert finding.own
        assert 0 < finding.probability <= 1
    assert explain(SPACE, observed, seed=seed).findings == explanation.findings


@pytest.mark.parametrize("number", range(3))
def test_the_same_seed_gives_the_same(number: int) -> None:
    faults = random_faults(SPACE, 2, [*EVERY], np.random.default_rng(number))
    rows = [*EVERY][:: number + 2]
    assert explain(SPACE, faults.observed(rows)).findings == explain(SPACE, faults.observed(rows[::-1])).findings
