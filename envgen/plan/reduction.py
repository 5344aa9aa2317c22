"""Few cells that stand for many: those that cover what values occur together, the extremes, or what a budget allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.covering import Tuples, cover, coverage, extremes, lower_bound, optimal, within
from envgen.errors import EmptySelectionError, UsageError
from envgen.plan.costs import Costs
from envgen.plan.match import Matcher
from envgen.plan.planner import Plan
from envgen.space import Space
from envgen.spec.matrix import Budget, Choice, Host, Match, Unit

Places = NDArray[np.intp]

PAIRS = 2
STARTS = 3  # arrays that are made, of which the smallest is taken
_LITTLE = 1e-4  # what a cell that is not preferred costs more than one that is
_NAMES = {2: "pair", 3: "triple"}


@dataclass(frozen=True)
class Scene:
    """What a choice depends on beside the plan.

    Attributes:
        facts: what `latest` and the labels of releases stand for.
        host: this machine, which `host` stands for.
        costs: what cells cost, for budgets.
        solver: whether to look for the proved best, for which the extra `solver` must be installed.
        seconds: how long the solver may take.
    """

    facts: Facts
    host: Host
    costs: Costs = field(default_factory=Costs)
    solver: bool = False
    seconds: float = 60.0


@dataclass(frozen=True, eq=False)
class Candidates:
    """The cells of a plan that a choice may choose, and those of them that it must."""

    plan: Plan
    places: Places
    must: Places

    @cached_property
    def space(self) -> Space:
        return self.plan.cells.grid.space(self.plan.cells.rows[self.places])

    @cached_property
    def must_rows(self) -> tuple[int, ...]:
        return tuple(map(int, np.searchsorted(self.places, self.must)))


def reduced(candidates: Candidates, choice: Choice, scene: Scene) -> tuple[Places, tuple[str, ...]]:
    """The cells that a choice takes of its candidates, and sentences on what they stand for.

    Raises:
        UsageError: the solver is asked for and not installed, or what must be chosen is over the budget.
        EmptySelectionError: the budget buys no cell.
    """
    if choice.extremes:
        rows = extremes(candidates.space)
        chosen = np.union1d(candidates.places[list(rows)], candidates.must)
        said = f"{counted(len(chosen), 'cell')} of {len(candidates.places)}: the oldest, the newest and the corners."
        return chosen, (said,)
    if choice.budget:
        return _within(candidates, choice, choice.budget, scene)
    if choice.cover:
        return _covering(candidates, choice, choice.cover, scene)
    return candidates.places, ()


def _covering(candidates: Candidates, choice: Choice, strength: int, scene: Scene) -> tuple[Places, tuple[str, ...]]:
    space, must = candidates.space, candidates.must_rows
    prefer = _preference(space, choice, scene.facts)
    if scene.solver:
        solved = optimal(space, strength, must=must, costs=_spurning(prefer), seconds=scene.seconds, seed=choice.seed)
        rows, bound = solved.rows, ceil(solved.bound / (1 + _LITTLE) - 1e-6)
    else:
        rows, bound = _few(candidates, choice, strength, prefer), lower_bound(space, strength, must=must)
    found = coverage(space, rows, strength)
    fewest = "and fewer cannot" if len(rows) == bound else f"and fewer than {bound} cannot"
    said = (
        f"{counted(len(rows), 'cell')} of {len(space.rows)} {_covers(rows)} {found.covered} of"
        f" {_tuples(found.feasible, strength)} that can meet in them, {fewest}.{_obliged(must)}"
    )
    return candidates.places[list(rows)], (said,)


def _few(candidates: Candidates, choice: Choice, strength: int, prefer: NDArray[np.float64] | None) -> tuple[int, ...]:
    """As few rows as can be found; of those as few, the ones with more of what is preferred."""
    space, must, seed = candidates.space, candidates.must_rows, choice.seed
    plain = cover(space, strength, must=must, costs=_spurning(prefer), seed=seed, starts=STARTS)
    if prefer is None:
        return plain
    eager = cover(space, strength, must=must, prefer=prefer, seed=seed, starts=STARTS)
    liking = np.log(prefer)
    return min((plain, eager), key=lambda rows: (len(rows), -float(liking[list(rows)].sum())))


def _spurning(prefer: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Costs by which the number of cells counts first, and then how little they are preferred."""
    return None if prefer is None else 1 + _LITTLE * (1 - prefer / prefer.max())


def _within(candidates: Candidates, choice: Choice, budget: Budget, scene: Scene) -> tuple[Places, tuple[str, ...]]:
    strength, space, must = choice.cover or PAIRS, candidates.space, candidates.must_rows
    cells = [candidates.plan.cells.grid.cell(row) for row in candidates.plan.cells.rows[candidates.places].tolist()]
    prices = scene.costs.of(cells, budget.unit, scene.facts)
    _check_affordable(budget, prices, must)
    weights = _tuple_weights(space, strength, choice, scene.facts)
    # What covers everything for less than the budget is not made larger.
    rows, bound = cover(space, strength, must=must, costs=prices, seed=choice.seed, starts=STARTS), inf
    if prices[list(rows)].sum() > budget.amount:
        found = within(
            space, budget.amount, prices, strength=strength, must=must, weights=weights,
            solver=scene.solver, seconds=scene.seconds, seed=choice.seed,
        )  # fmt: skip
        rows, bound = found.rows, found.bound if weights is None else inf
    seen = coverage(space, rows, strength)
    most = f"; at most {bound:g} could be" if bound < seen.feasible else ""
    spent = "" if budget.unit is Unit.CELLS else f", for about {Budget(float(prices[list(rows)].sum()), budget.unit)}"
    said = (
        f"{counted(len(rows), 'cell')} of {len(space.rows)} within {budget}{spent} {_covers(rows)}"
        f" {seen.covered} of {_tuples(seen.feasible, strength)} that can meet in them{most}.{_obliged(must)}"
    )
    return candidates.places[list(rows)], (said,)


def _check_affordable(budget: Budget, prices: NDArray[np.float64], must: tuple[int, ...]) -> None:
    """Refuses a budget that buys nothing, or not what must be chosen."""
    obliged, least = Budget(float(prices[list(must)].sum()), budget.unit), Budget(float(prices.min()), budget.unit)
    if obliged.amount > budget.amount:
        raise UsageError(
            f"The cells that must be chosen cost {obliged}, more than the budget of {budget}.",
            "Raise the budget, or choose fewer cells in any case.",
        )
    if least.amount > budget.amount:
        raise EmptySelectionError(
            f"The budget of {budget} buys no cell: the cheapest costs about {least}.", "Raise the budget."
        )


def _tuples(count: int, strength: int) -> str:
    if strength == 1:
        return counted(count, "value")
    return f"{counted(count, _NAMES.get(strength, f'{strength}-tuple'))} of values"


def _obliged(must: tuple[int, ...]) -> str:
    return f" {len(must)} of them must be in." if must else ""


def _covers(rows: tuple[int, ...]) -> str:
    return "covers" if len(rows) == 1 else "cover"


def _value_weights(space: Space, choice: Choice, facts: Facts) -> list[NDArray[np.float64]]:
    """The weight of every value of every axis."""
    found = []
    for axis, values in zip(space.names, space.values, strict=True):
        weights = np.ones(len(values))
        for text, weight in choice.weights.get(axis, {}).items():
            matcher = Matcher(Match({axis: (text,)}), facts)
            weights[[matcher.accepts_value(axis, value) for value in values]] = weight
        found.append(weights)
    return found


def _preference(space: Space, choice: Choice, facts: Facts) -> NDArray[np.float64] | None:
    """The product of the weights of each cell's values; None where nothing is weighted."""
    if not choice.weights:
        return None
    columns = [w[space.rows[:, i]] for i, w in enumerate(_value_weights(space, choice, facts))]
    product: NDArray[np.float64] = np.prod(columns, axis=0)
    return product


def _tuple_weights(space: Space, strength: int, choice: Choice, facts: Facts) -> NDArray[np.float64] | None:
    """The product of the weights of each tuple's values; None where nothing is weighted."""
    if not choice.weights:
        return None
    by_value = _value_weights(space, choice, facts)
    tuples = Tuples.of(space, strength)
    weights = np.ones(tuples.count)
    for place, axes in enumerate(space.axes_of(strength)):
        product = np.prod([by_value[axis][space.rows[:, axis]] for axis in axes], axis=0)
        weights[tuples.of_rows[:, place]] = product
    return weights
