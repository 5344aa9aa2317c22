"""Few cells that cover every feasible t-tuple, chosen greedily over the valid cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import fsum

import numpy as np
from numpy.typing import NDArray

from envgen.covering.search import Search, random_numbers
from envgen.covering.tally import Tally
from envgen.covering.tuples import Tuples
from envgen.errors import UsageError
from envgen.space import Space

ONE = 2**24  # the weight of a tuple that one cell has
RUIN = (3, 3)
SMALLEST_STEP = 1e-9  # a cover that is cheaper by less is not searched for


def cover(
    space: Space,
    strength: int = 2,
    *,
    must: Collection[int] = (),
    wanted: NDArray[np.bool_] | None = None,
    prefer: NDArray[np.float64] | None = None,
    costs: NDArray[np.float64] | None = None,
    seed: int = 0,
    starts: int = 1,
    rounds: int = 1000,
) -> tuple[int, ...]:
    """Cells that together have every feasible tuple of `strength` values.

    A cell scores the tuples that are still missing, each by one over the root of how many cells have it: what is
    rare is covered first, what is common comes by itself. The array is then made
    smaller by local search. The same
    arguments give the same cells, on any machine.

    Args:
        must: rows that are in the answer whatever they add.
        wanted: which tuples (by their numbers in `Tuples.of(space, strength)`) are to be covered; all without it.
        prefer: for each row a factor > 0 on its score; 2 makes a cell worth twice what it covers.
        costs: for each row its cost > 0; then the sum of them is made small instead of the number of rows.
        seed: decides ties and what is improved.
        starts: so many arrays are made, and the best is the answer.
        rounds: of improvement, for each start.

    Returns:
        Row indices: first `must` in its order, then what covers most of the rest, and so on.

    Raises:
        UsageError: the strength does not fit the space, or a factor or cost is not a number above 0.
    """
    tuples = Tuples.of(space, strength)
    return cover_tuples(
        tuples, must=must, wanted=wanted, prefer=prefer, costs=costs, seed=seed, starts=starts, rounds=rounds
    )


def cover_tuples(
    tuples: Tuples,
    *,
    must: Collection[int],
    wanted: NDArray[np.bool_] | None,
    prefer: NDArray[np.float64] | None,
    costs: NDArray[np.float64] | None,
    seed: int,
    starts: int,
    rounds: int,
) -> tuple[int, ...]:
    """As `cover`, of tuples that were made before."""
    factors, prices = per_row(tuples, prefer, "preference"), per_row(tuples, costs, "cost")
    weights = np.rint(ONE / np.sqrt(np.maximum(tuples.cells, 1))).astype(np.int64)
    if wanted is not None:
        weights *= wanted
    fixed = list(dict.fromkeys(must))
    arrays = []
    for start in range(max(1, starts)):
        search = Search(Tally(tuples, weights, fixed), prices, factors, random_numbers(seed, start), RUIN)
        arrays.append(_smallest(search, rounds))
    best = min(arrays, key=lambda rows: (fsum(prices[rows]), -fsum(factors[rows])))
    return in_order(tuples, counting(tuples, wanted), best, len(fixed))


def per_row(tuples: Tuples, numbers: NDArray[np.float64] | None, name: str) -> NDArray[np.float64]:
    """The numbers as given, or ones.

    Raises:
        UsageError: one of them is not a number above 0, or there is not one for each row.
    """
    rows = len(tuples.of_rows)
    if numbers is None:
        return np.ones(rows)
    if len(numbers) != rows or not np.all(np.isfinite(numbers) & (numbers > 0)):
        raise UsageError(f"The {name} of a cell is not a number above 0.", f"Give every cell a {name} above 0.")
    return np.asarray(numbers, np.float64)


def counting(tuples: Tuples, wanted: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """The weights with which every wanted tuple counts once."""
    return np.ones(tuples.count, np.int64) if wanted is None else wanted.astype(np.int64)


def _smallest(search: Search, rounds: int) -> list[int]:
    """A full cover, then ever cheaper ones: a limit below the last is set, and what it lacks is searched for."""
    search.fill(np.inf)
    best, limit = list(search.tally.chosen), search.cost
    for _ in range(rounds):
        while not search.tally.lacking and search.free:
            best, limit = list(search.tally.chosen), search.cost * (1 - SMALLEST_STEP)
            search.shrink(limit)
        if not search.free:
            break
        search.round(limit)
    return best


def in_order(tuples: Tuples, weights: NDArray[np.int64], chosen: Sequence[int], fixed: int) -> tuple[int, ...]:
    """The same cells, the first ones fixed, such that every beginning covers as much weight as it can."""
    tally = Tally(tuples, weights, chosen[:fixed])
    rest = sorted(chosen[fixed:])
    while rest:
        tally.add(rest.pop(int(tally.gains[rest].argmax())))
    return tuple(tally.chosen)
