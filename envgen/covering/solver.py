"""The fewest cells, or the cheapest, that cover everything: by integer programming."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil, fsum, inf, isfinite
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from envgen.covering.bound import left_over, packing
from envgen.covering.greedy import counting, cover_tuples, in_order, per_row
from envgen.covering.program import Program, require_solver
from envgen.covering.tuples import Tuples
from envgen.space import Space

ROUNDING = 1e-6  # of a bound that the solver computed


@dataclass(frozen=True)
class Solved:
    """A cover, and how good it could be at best.

    Attributes:
        rows: row indices; first those that had to be in it, then what covers most of the rest, and so on.
        bound: no cover has fewer rows than this (or costs less, where costs were given).
        proved: whether these rows reach the bound.
    """

    rows: tuple[int, ...]
    bound: float
    proved: bool


def optimal(
    space: Space,
    strength: int = 2,
    *,
    must: Collection[int] = (),
    wanted: NDArray[np.bool_] | None = None,
    costs: NDArray[np.float64] | None = None,
    seconds: float = 60.0,
    seed: int = 0,
) -> Solved:
    """The smallest cover that can be found in the time given, and proved if there is enough of it.

    Args:
        must, wanted, costs, seed: as for `cover`.
        seconds: after which the best cover found so far is the answer.

    Raises:
        UsageError: HiGHS is not installed, the strength does not fit the space, or a cost is not above 0.
    """
    require_solver()
    end = monotonic() + seconds
    tuples = Tuples.of(space, strength)
    prices = per_row(tuples, costs, "cost")
    rows = cover_tuples(tuples, must=must, wanted=wanted, prefer=None, costs=costs, seed=seed, starts=1, rounds=1000)
    fixed = tuple(dict.fromkeys(must))
    left = left_over(tuples, fixed, wanted)
    bound = fsum(prices[list(fixed)]) + len(packing(tuples, left)) * float(prices.min(initial=inf) if left.any() else 0)
    if fsum(prices[list(rows)]) <= bound:
        return Solved(rows, bound, True)
    step = 1.0 if costs is None else ROUNDING
    outcome = _program(tuples, essential(tuples, left), prices, step).solve(end - monotonic())
    if outcome.values is not None:
        chosen = fixed + tuple(np.flatnonzero(outcome.values > 0.5).tolist())
        rows = min(rows, chosen, key=lambda rows: fsum(prices[list(rows)]))
    if isfinite(outcome.bound):
        reached = fsum(prices[list(fixed)]) + outcome.bound
        bound = max(bound, float(ceil(reached - ROUNDING)) if costs is None else reached)
    cost = fsum(prices[list(rows)])
    return Solved(
        in_order(tuples, counting(tuples, wanted), rows, len(fixed)), min(bound, cost), outcome.proved or cost <= bound
    )


def essential(tuples: Tuples, among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Tuples that, once covered, leave nothing uncovered: the others are in every cell that has one of these."""
    kept = among.copy()
    for number in np.flatnonzero(among).tolist():
        if kept[number]:
            holders = tuples.holders(number)
            together = np.bincount(tuples.of_rows[holders].ravel(), minlength=tuples.count)
            kept &= together < len(holders)
            kept[number] = True
    return np.flatnonzero(kept)


def _program(tuples: Tuples, numbers: NDArray[np.int64], prices: NDArray[np.float64], step: float) -> Program:
    holders = [tuples.holders(number) for number in numbers.tolist()]
    columns = np.concatenate(holders)
    return Program(
        costs=prices,
        integral=np.ones(len(prices), bool),
        starts=np.cumsum([0, *map(len, holders[:-1])]).astype(np.int32),
        columns=columns,
        factors=np.ones(len(columns)),
        lower=np.ones(len(numbers)),
        upper=np.full(len(numbers), inf),
        step=step,
    )
