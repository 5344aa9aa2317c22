"""The solver: the fewest and the cheapest cells, its time, and what is said when it is not there."""

from __future__ import annotations

import sys
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.covering import Tuples, cover, lower_bound, optimal, tuples_with, within
from envgen.covering.solver import essential
from envgen.errors import UsageError
from envgen.space import Space

from .checker import cheapest, feasible, missing, tuples_of
from .drawn import numbers, some_rows, space_of, spaces

RELAXED = settings(max_examples=20, deadline=None)
TINY = 9  # cells, all choices of which are tried
ROUNDS = 40


@RELAXED
@given(st.data(), spaces(most_rows=TINY), st.integers(1, 3))
def test_the_fewest_against_all_choices(data: st.DataObject, space: Space, strength: int) -> None:
    strength = min(strength, len(space.names))
    must = data.draw(some_rows(space, 2))
    tuples = Tuples.of(space, strength)
    wanted = np.array([data.draw(st.booleans()) for _ in range(tuples.count)], bool)
    goal = {tuples.describe(int(number)) for number in np.flatnonzero(wanted)}
    fewest = cheapest(space, goal, strength, [1] * len(space.rows), must)
    solved = optimal(space, strength, must=must, wanted=wanted)
    assert solved.proved
    assert len(solved.rows) == solved.bound == fewest
    assert list(solved.rows[: len(must)]) == must
    assert tuples_of(space, solved.rows, strength) >= goal
    assert lower_bound(space, strength, must=must, wanted=wanted) <= fewest
    assert len(cover(space, strength, must=must, wanted=wanted, rounds=ROUNDS)) >= fewest


@RELAXED
@given(st.data(), spaces(most_rows=TINY))
def test_the_cheapest_against_all_choices(data: st.DataObject, space: Space) -> None:
    costs = data.draw(numbers(len(space.rows)))
    lowest = cheapest(space, feasible(space), 2, costs)
    solved = optimal(space, costs=np.array(costs))
    assert solved.proved
    assert missing(space, solved.rows) == set()
    assert fsum(costs[row] for row in solved.rows) == pytest.approx(lowest) == pytest.approx(solved.bound)
    chosen = cover(space, costs=np.array(costs), rounds=ROUNDS)
    assert missing(space, chosen) == set()
    assert fsum(costs[row] for row in chosen) >= lowest - 1e-9


def test_implied_pairs_are_dropped(env: Space) -> None:
    tuples = Tuples.of(env, 2)
    kept = essential(tuples, np.ones(tuples.count, bool))
    assert len(kept) == 546
    assert missing(env, optimal(env, wanted=np.isin(np.arange(tuples.count), kept), seconds=0).rows) == set()


def test_no_time_leaves_the_greedy_answer(env: Space) -> None:
    solved = optimal(env, seconds=0)
    assert missing(env, solved.rows) == set()
    assert len(solved.rows) == len(cover(env))
    assert solved.bound == lower_bound(env) < len(solved.rows)
    assert not solved.proved


def test_only_what_is_wanted_is_covered(env: Space) -> None:
    wanted = tuples_with(Tuples.of(env, 2), "python", ["3.15"])
    solved = optimal(env, wanted=wanted, must=(0,))
    assert solved.rows[0] == 0
    assert solved.proved
    assert len(solved.rows) == solved.bound == 7


def test_without_the_solver_all_but_proofs_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    space, ones = space_of([2, 2], [(0, 0), (1, 1)]), np.ones(2)
    assert len(cover(space)) == len(within(space, 2, ones).rows) == 2
    for asked in (lambda: optimal(space), lambda: within(space, 2, ones, solver=True)):
        with pytest.raises(UsageError, match="The solver that proves a selection to be the best is not here") as error:
            asked()
        assert error.value.remedy == "Install it with: pip install 'envgen[solver]'"
