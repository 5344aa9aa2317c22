"""Further cells: which are asked for, when it ends, and what one wrong outcome does."""

from __future__ import annotations

import numpy as np
import pytest

from envgen.localise import Localised, Localiser, localise
from envgen.space import Space

from .faults import Faults, faults_of, pairwise, random_faults
from .model import realistic
from .spaces import pattern, small

SPACE = small()
FAULT = pattern(SPACE, torch="2.9..2.10", python="3.12..3.13")


@pytest.fixture(scope="module")
def large() -> Space:
    return realistic()


@pytest.fixture(scope="module")
def start(large: Space) -> list[int]:
    return pairwise(large)


def begun(faults: Faults) -> dict[int, bool]:
    """One failure and one pass."""
    return faults.observed([np.flatnonzero(faults.fails)[0], np.flatnonzero(~faults.fails)[0]])


def exact(found: Localised, faults: Faults) -> bool:
    return bool((found.explanation.predicted == faults.fails).all())


@pytest.mark.parametrize("number", range(12))
def test_a_pairwise_run_and_few_cells_more_give_the_exact_failing_set(
    large: Space, start: list[int], number: int
) -> None:
    """A few of those that benchmarks/localise.py counts."""
    faults = random_faults(large, 1 + number % 3, start, np.random.default_rng([11, number]))
    found = localise(large, faults.observed(start), faults.oracle)
    assert exact(found, faults)
    assert found.explanation.complete
    assert len(set(found.asked)) == len(found.asked)
    assert len(found.asked) <= 20


@pytest.mark.parametrize("number", range(6))
def test_one_flaky_pass_does_not_destroy_a_rule(large: Space, start: list[int], number: int) -> None:
    random = np.random.default_rng([13, number])
    while True:
        faults = random_faults(large, 1, start, random)
        failing = [row for row in start if faults.fails[row]]
        if len(failing) >= 3:
            break
    flaky = failing[number % len(failing)]
    found = localise(large, faults.observed(start) | {flaky: False}, faults.oracle)
    assert exact(found, faults)
    assert found.flaky == (flaky,)
    assert found.asked.count(flaky) == 2  # it failed, and then the third run decided


def test_a_flaky_pass_of_a_cell_that_was_asked_for() -> None:
    faults = faults_of(SPACE, [FAULT])
    runs: list[int] = []

    def oracle(row: int) -> bool:
        first = row not in runs
        runs.append(row)
        return faults.oracle(row) and not (first and sum(faults.fails[runs]) == 3)

    found = localise(SPACE, begun(faults), oracle)
    assert exact(found, faults)
    assert len(found.flaky) == 1


def test_a_pass_that_stays_a_pass_is_trusted() -> None:
    faults = faults_of(SPACE, [FAULT])
    observed = faults.observed(range(len(SPACE.rows)))
    kept = int(np.flatnonzero(faults.fails)[4])
    found = localise(SPACE, observed | {kept: False}, lambda row: row != kept and faults.oracle(row))
    assert found.asked[0] == kept
    assert found.flaky == ()
    assert not found.explanation.predicted[kept]
    assert not any(finding.counter for finding in found.explanation.findings)


def test_a_lone_failure_is_run_again() -> None:
    found = localise(SPACE, {row: row == 17 for row in range(len(SPACE.rows))}, lambda row: False)
    assert found.asked[:2] == (17, 17)
    assert found.flaky == (17,)
    assert found.explanation.failed == 0


def test_it_is_deterministic() -> None:
    faults = faults_of(SPACE, [FAULT, pattern(SPACE, os="rocky", cuda="cu130")])
    first, second = (localise(SPACE, begun(faults), faults.oracle, seed=3) for _ in range(2))
    assert first.asked == second.asked
    assert first.explanation.findings == second.explanation.findings


def test_no_more_is_asked_than_may_be() -> None:
    faults = faults_of(SPACE, [FAULT])
    assert len(localise(SPACE, begun(faults), faults.oracle, extra=3).asked) == 3
    assert localise(SPACE, begun(faults), faults.oracle, extra=0).asked == ()


def test_without_a_failure_nothing_is_asked() -> None:
    assert localise(SPACE, {0: False}, pytest.fail).asked == ()
    assert localise(SPACE, {}, pytest.fail).asked == ()


def test_what_costs_too_much_is_never_asked_and_what_costs_less_rather() -> None:
    faults = faults_of(SPACE, [FAULT])
    costs = np.where(SPACE.rows[:, 3] == 0, 1.0, np.where(SPACE.rows[:, 3] == 1, 50.0, np.inf))
    found = localise(SPACE, begun(faults), faults.oracle, costs=costs)
    assert found.asked
    assert not np.isinf(costs[list(found.asked)]).any()
    assert (costs[list(found.asked)] == 1.0).sum() > len(found.asked) / 2


def test_a_cell_that_cannot_be_run_is_not_asked_for_again() -> None:
    faults = faults_of(SPACE, [FAULT])
    localiser = Localiser(SPACE, begun(faults))
    refused = []
    while question := localiser.next():
        if SPACE.texts(question.row)[0] == "3.13":
            refused.append(question.row)
            localiser.observe(question.row, None)
        else:
            localiser.observe(question.row, faults.oracle(question.row))
    assert refused
    assert len(set(refused)) == len(refused)
    assert len(localiser.asked) <= 20


def test_every_question_has_a_reason() -> None:
    faults = faults_of(SPACE, [FAULT])
    localiser = Localiser(SPACE, begun(faults))
    first = localiser.next()
    assert first
    assert localiser.next() == first
    reasons = []
    while question := localiser.next():
        reasons.append(question.reason)
        localiser.observe(question.row, faults.oracle(question.row))
    assert any(reason.startswith("tells `") and "` from `" in reason for reason in reasons)
    assert reasons[-1].startswith(
        ("checks `python >= 3.12 and torch >= 2.9`", "tells `python >= 3.12 and torch >= 2.9`")
    )
