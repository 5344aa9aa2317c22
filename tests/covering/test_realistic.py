"""How few cells cover the realistic model, and how much a budget covers of it, by the independent checker."""

from __future__ import annotations

import os
import subprocess
import sys
from math import fsum, prod
from pathlib import Path

import numpy as np
import pytest
from localise.model import constraints

from envgen.covering import Tuples, cover, cover_values, coverage, lower_bound, optimal, tuples_with, within
from envgen.space import Space

from .checker import allowed, feasible, missing, tuples_of
from .costs import costs

FEWEST = 90
STARTS = 3  # of a selection


@pytest.fixture(scope="module")
def whole(env: Space) -> float:
    """What a cover of all pairs costs."""
    prices = costs(env)
    return fsum(prices[list(cover(env, costs=prices))])


@pytest.fixture(scope="module")
def smallest(env: Space) -> int:
    """The size of a cover as selections make it."""
    return len(cover(env, starts=STARTS))


def test_it_is_the_model_that_others_were_measured_on(env: Space) -> None:
    assert (prod(env.sizes), len(env.rows)) == (430_080, 9_883)
    assert (len(feasible(env)), len(feasible(env, 3))) == (772, 5_024)


@pytest.mark.parametrize("seed", range(3))
def test_94_cells_cover_all_pairs(env: Space, seed: int) -> None:
    chosen = cover(env, seed=seed)
    assert len(set(chosen)) == len(chosen) <= 94
    assert missing(env, chosen) == set()
    rules = constraints()
    assert all(allowed(rules, dict(enumerate(env.rows[row].tolist()))) for row in chosen)


def test_498_cells_cover_all_triples(env: Space) -> None:
    chosen = cover(env, 3)
    assert len(chosen) <= 498
    assert missing(env, chosen, 3) == set()


@pytest.mark.parametrize("drawn", range(3))
def test_five_cells_that_must_be_in_cost_three_at_most(env: Space, smallest: int, drawn: int) -> None:
    must = np.random.RandomState(drawn).choice(len(env.rows), 5, replace=False).tolist()
    chosen = cover(env, must=must, starts=STARTS)
    assert list(chosen[:5]) == must
    assert missing(env, chosen) == set()
    assert len(chosen) <= FEWEST + 3
    assert len(chosen) <= smallest + 3


def test_90_cells_are_proved_to_be_the_fewest(env: Space) -> None:
    solved = optimal(env, seconds=120)
    assert (len(solved.rows), solved.bound, solved.proved) == (FEWEST, FEWEST, True)
    assert missing(env, solved.rows) == set()


def test_the_bound_without_a_solver_is_near(env: Space) -> None:
    assert FEWEST - 3 <= lower_bound(env) <= FEWEST


@pytest.mark.parametrize("share", [0.1, 0.25])
def test_a_budget_covers_nearly_what_it_could(env: Space, whole: float, share: float) -> None:
    prices = costs(env)
    bought = within(env, whole * share, prices)
    assert bought.cost == fsum(prices[list(bought.rows)]) <= whole * share
    assert bought.covered == len(tuples_of(env, bought.rows))
    assert bought.feasible == 772
    assert 0.97 * bought.bound <= bought.covered <= bought.bound


def test_a_budget_of_cells(env: Space) -> None:
    bought = within(env, 30, np.ones(len(env.rows)))
    assert len(bought.rows) == bought.cost == 30
    assert bought.covered == len(tuples_of(env, bought.rows))
    assert 0.97 * bought.bound <= bought.covered <= bought.bound


def test_the_solver_covers_still_more_of_it(env: Space) -> None:
    """On one system of the model: for all of it a proof takes minutes."""
    one = (env.rows[:, env.names.index("os")] == 1) & (env.rows[:, env.names.index("arch")] == 0)
    space, prices = Space(env.names, env.values, env.ordered, env.rows[one]), costs(env)[one]
    budget = 0.25 * fsum(prices[list(cover(space, costs=prices))])
    bought = within(space, budget, prices, solver=True, rounds=10)
    assert bought.cost <= budget
    assert bought.covered == len(tuples_of(space, bought.rows))
    assert 0.99 * bought.bound <= bought.covered <= bought.bound
    assert bought.covered > within(space, budget, prices, rounds=10).covered


def test_a_new_torch_asks_for_as_few_cells_as_can_be(env: Space) -> None:
    chosen = cover_values(env, "torch", ["2.12"])
    asked = {pair for pair in feasible(env) if ("torch", "2.12") in pair}
    assert tuples_of(env, chosen) >= asked
    assert len(chosen) == lower_bound(env, wanted=tuples_with(Tuples.of(env, 2), "torch", ["2.12"]))


def test_what_is_missing_is_named(env: Space) -> None:
    seen = coverage(env, range(40))
    assert set(seen.missing) == missing(env, range(40))
    assert (seen.feasible, seen.covered + len(seen.missing)) == (772, 772)
    assert seen.share == pytest.approx(seen.covered / 772)


COVER = "from localise.model import realistic; from envgen.covering import cover; print(*cover(realistic(), seed=3))"


def test_the_same_cells_in_another_process(env: Space) -> None:
    tests = Path(__file__).resolve().parents[1]
    said = subprocess.run(
        [sys.executable, "-c", COVER],
        env={**os.environ, "PYTHONPATH": str(tests), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert tuple(map(int, said.stdout.split())) == cover(env, seed=3)
