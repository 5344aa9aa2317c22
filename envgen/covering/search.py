"""Local search over choices of cells: a few go, better ones come, within a limit of cost."""

from __future__ import annotations

from math import fsum

import numpy as np
from numpy.typing import NDArray

from envgen.covering.tally import Tally

POWERS = range(1, 6)  # of the fourth root of a price: how much it counts, from little to more than in proportion
PROPORTIONAL = 4
NEARLY_FREE = 1e-9  # of the lowest price, in the place of 0
TOLERANCE = 1.05  # of a tuple's mean weight: now and then a round may lose a whole tuple


def random_numbers(seed: int, start: int = 0) -> np.random.RandomState:
    """Random numbers that numpy promises to be the same in every version."""
    return np.random.RandomState([seed % 2**32, start])


class Search:
    """Ruin and recreate with threshold accepting: rounds that may lose a little, to gain more later.

    A cell's score is what it gains, for its price. How much the price counts changes from round to round: to fill a
    limit well takes cells that are not the best for their price.

    Args:
        tally: the choice so far; its first cells, those it has now, stay.
        prices: what each cell costs, at least 0.
        factors: on what each cell gains.
        random: decides ties, and what is taken out.
        ruin: how many cells are taken out in a round, at least and at most.
    """

    def __init__(
        self,
        tally: Tally,
        prices: NDArray[np.float64],
        factors: NDArray[np.float64],
        random: np.random.RandomState,
        ruin: tuple[int, int],
    ) -> None:
        self.tally = tally
        self._fixed = len(tally.chosen)
        self._prices = prices
        self._price: list[float] = prices.tolist()
        free = float(prices[prices > 0].min(initial=1)) * NEARLY_FREE
        self._appeals = {power: factors / _root_power(np.maximum(prices, free), power) for power in POWERS}
        self._random = random
        self._ruin = ruin
        self._tolerance = TOLERANCE * tally.lacking / max(1, int((tally.times == 0).sum()))

    @property
    def cost(self) -> float:
        """What the chosen cells cost together."""
        return fsum(self._price[row] for row in self.tally.chosen)

    @property
    def free(self) -> list[int]:
        """The chosen cells that may go."""
        return self.tally.chosen[self._fixed :]

    def fill(self, limit: float, power: int = PROPORTIONAL) -> None:
        """Add the cell of the highest score, again and again, as long as one gains and the limit allows it."""
        while self.tally.lacking:
            scores = self.tally.gains * self._appeals[power]
            if limit < np.inf:
                scores[self._prices > limit - self.cost] = 0
            best = scores.max()
            if best <= 0:
                return
            ties = np.flatnonzero(scores == best)
            self.tally.add(int(ties[self._random.randint(len(ties))]))

    def shrink(self, limit: float) -> None:
        """Drop cells that have least for themselves, until the limit is kept."""
        while self.cost > limit and self.free:
            self.tally.drop(min(self.free, key=self.tally.only))

    def round(self, limit: float) -> None:
        """Take some cells out and fill up again; what is much worse than before is undone."""
        before, lacking = list(self.tally.chosen), self.tally.lacking
        free = self.free
        ruin = min(len(free), self._random.randint(self._ruin[0], self._ruin[1] + 1))
        for place in self._random.choice(len(free), ruin, replace=False).tolist():
            self.tally.drop(free[place])
        self.fill(limit, int(self._random.choice(POWERS)))
        if self.tally.lacking - lacking > self._tolerance * self._random.rand():
            self._restore(before)

    def _restore(self, before: list[int]) -> None:
        kept, now = set(before), list(self.tally.chosen)
        for row in now:
            if row not in kept:
                self.tally.drop(row)
        for row in before:
            if row not in now:
                self.tally.add(row)


def _root_power(prices: NDArray[np.float64], power: int) -> NDArray[np.float64]:
    """Powers of the fourth root by square roots and products, which are the same on every machine."""
    root = np.sqrt(np.sqrt(prices))
    result = np.ones(len(prices))
    for _ in range(power):
        result *= root
    return result
