"""Budgets: never exceeded, and the bound holds."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.covering import Tuples, within
from envgen.covering.relaxation import upper_bound
from envgen.errors import UsageError
from envgen.space import Space

from .checker import feasible, most, tuples_of
from .costs import costs
from .drawn import numbers, some_rows, spaces


@settings(max_examples=30, deadline=None)
@given(st.data(), spaces(most_rows=9), st.integers(0, 90), st.booleans())
def test_bounds_hold_against_all_choices(data: st.DataObject, space: Space, tenths: int, solver: bool) -> None:
    budget = tenths / 10
    prices = data.draw(numbers(len(space.rows), low=0, high=25))
    must = tuple(data.draw(some_rows(space, 2)))
    tuples = Tuples.of(space, 2)
    weights = data.draw(numbers(tuples.count, low=0))
    asked = {"must": must, "weights": np.array(weights), "rounds": 20, "solver": solver, "seconds": 20}
    if fsum(prices[row] for row in must) > budget + 1e-9:
        with pytest.raises(UsageError, match="more than the budget"):
            within(space, budget, np.array(prices), **asked)
        return
    bought = within(space, budget, np.array(prices), **asked)
    weight_of = {tuples.describe(number): weight for number, weight in enumerate(weights)}
    best = most(space, prices, budget, weight_of, must)
    assert bought.rows[: len(must)] == must
    assert bought.cost == fsum(prices[row] for row in bought.rows) <= budget + 1e-9
    assert bought.covered == pytest.approx(fsum(weight_of[pair] for pair in tuples_of(space, bought.rows)))
    assert bought.feasible == pytest.approx(fsum(weights))
    assert bought.bound <= bought.feasible + 1e-6
    assert bought.covered <= best + 1e-6
    assert best <= bought.bound + 1e-6
    if solver:
        assert bought.covered == pytest.approx(best, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.data(), spaces(most_rows=9), st.integers(0, 90))
def test_the_relaxation_is_never_too_low(data: st.DataObject, space: Space, tenths: int) -> None:
    prices = data.draw(numbers(len(space.rows), low=0, high=25))
    tuples = Tuples.of(space, 2)
    best = most(space, prices, tenths / 10, dict.fromkeys(feasible(space), 1.0))
    bound = upper_bound(tuples, np.ones(tuples.count), np.array(prices), tenths / 10 + 1e-9, best)
    assert best - 1e-6 <= bound <= tuples.count


def test_the_same_every_time(env: Space) -> None:
    prices = costs(env)
    assert within(env, 600, prices, seed=5, rounds=30) == within(env, 600, prices, seed=5, rounds=30)


def test_no_time_leaves_the_greedy_answer(env: Space) -> None:
    bought = within(env, 100, costs(env), solver=True, rounds=1, seconds=0)
    assert bought.cost <= 100
    assert bought.covered == len(tuples_of(env, bought.rows)) <= bought.bound <= 772


def test_enough_money_buys_everything(env: Space) -> None:
    bought = within(env, 20_000, costs(env), rounds=10)
    assert bought.covered == bought.bound == bought.feasible == 772


def test_cells_that_must_be_in_come_first(env: Space) -> None:
    bought = within(env, 500, costs(env), must=(9000, 17), rounds=50)
    assert bought.rows[:2] == (9000, 17)
    assert bought.cost <= 500


def test_must_that_costs_more_than_the_budget(env: Space) -> None:
    prices = costs(env)
    with pytest.raises(UsageError, match="cost 240, more than the budget of 100"):
        within(env, 100, prices, must=(int(prices.argmax()),))


def test_what_costs_nothing_is_taken_first(env: Space) -> None:
    free = env.rows[:, env.names.index("os")] == 1
    bought = within(env, 0, np.where(free, 0.0, 5.0), rounds=10)
    assert bought.cost == 0
    assert free[list(bought.rows)].all()
    assert bought.covered == bought.bound == len(tuples_of(env, np.flatnonzero(free)))


def test_too_little_for_any_cell(env: Space) -> None:
    bought = within(env, 1, np.full(len(env.rows), 2.0))
    assert (bought.rows, bought.cost, bought.covered) == ((), 0, 0)


def test_weights_say_what_matters(env: Space) -> None:
    tuples = Tuples.of(env, 2)
    asked = {pair for pair in feasible(env) if ("torch", "2.12") in pair}
    weights = np.array([float(tuples.describe(number) in asked) for number in range(tuples.count)])
    bought = within(env, 6, np.ones(len(env.rows)), weights=weights)
    assert bought.covered == bought.feasible == len(asked)
    assert tuples_of(env, bought.rows) >= asked


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_cost_is_a_number(env: Space, wrong: float) -> None:
    prices = np.ones(len(env.rows))
    prices[3] = wrong
    with pytest.raises(UsageError, match="cost of a cell"):
        within(env, 10, prices)
