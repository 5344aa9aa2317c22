"""How much a budget could cover at best: the Lagrangian relaxation of coverage within a budget."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envgen.covering.tuples import Tuples

STEPS = 400
DEFLECTION = 0.7  # how much of the last direction a step keeps
PATIENCE = 20  # steps without a better bound until they become shorter


def upper_bound(
    tuples: Tuples, weights: NDArray[np.float64], costs: NDArray[np.float64], budget: float, reached: float
) -> float:
    """A weight of covered tuples that no choice of cells within the budget exceeds.

    A tuple counts once, however many chosen cells have it. Without that rule, but with a price for every tuple, the
    best choice is a knapsack of cells that may be cut, which is exact and quick; each set of prices between 0 and the
    weights gives a valid bound, and subgradient steps find prices that make it low.

    Args:
        weights: of the tuples; 0 for those that are covered already.
        costs: of the cells, at least 0.
        budget: what the cells may cost together.
        reached: a weight that some choice covers, for the length of the steps.
    """
    prices = weights / 2
    best, best_prices = np.inf, prices
    direction = np.zeros(len(weights))
    length, stale = 2.0, 0
    for _ in range(STEPS):
        bound, often = _relaxed(tuples, weights, prices, costs, budget)
        if bound < best - 1e-9:
            best, best_prices, stale = bound, prices, 0
        elif (stale := stale + 1) >= PATIENCE:
            prices, direction, length, stale = best_prices, np.zeros(len(weights)), length / 2, 0
            continue
        direction = (often - 1) + DEFLECTION * direction
        stuck = ((prices <= 0) & (direction > 0)) | ((prices >= weights) & (direction < 0))
        move = np.where(stuck, 0, direction)
        square = float(move @ move)
        if square == 0 or bound <= reached:
            break
        prices = np.clip(prices - length * (bound - reached) / square * move, 0, weights)
    return min(best, float(weights.sum()))


def _relaxed(
    tuples: Tuples, weights: NDArray[np.float64], prices: NDArray[np.float64], costs: NDArray[np.float64], budget: float
) -> tuple[float, NDArray[np.float64]]:
    """The bound that these prices give, and how often the knapsack behind it has each tuple."""
    values = np.zeros(len(costs))
    for column in tuples.of_rows.T:
        values += prices[column]
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(-np.where(costs > 0, values / costs, np.inf), kind="stable")
    spent = np.cumsum(costs[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    packed = order[: whole + 1]
    shares = np.ones(len(packed))
    if len(packed) > whole:
        shares[-1] = (budget - (spent[whole - 1] if whole else 0)) / costs[packed[-1]]
    columns = tuples.of_rows.shape[1]
    often = np.zeros(tuples.count)
    often += np.bincount(tuples.of_rows[packed].ravel(), np.repeat(shares, columns), minlength=tuples.count)
    return float((weights - prices).sum() + shares @ values[packed]), often
