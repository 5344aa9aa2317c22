"""A choice of cells that grows and shrinks, and what each other cell would add to it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from envgen.covering.tuples import Tuples


class Tally:
    """How often the chosen cells have each tuple, and how much every cell would gain.

    Weights are whole numbers: sums of them are exact, so that adding and dropping cells in any order, on any
    machine, ends in the same gains and the same ties.

    Attributes:
        chosen: the cells, in the order in which they were added.
        times: how many of the chosen cells have each tuple.
        gains: for every cell, the weight of its tuples that no chosen cell has.
        lacking: the weight of all tuples that no chosen cell has.
    """

    def __init__(self, tuples: Tuples, weights: NDArray[np.int64], chosen: Iterable[int] = ()) -> None:
        self._tuples = tuples
        self._weights: list[int] = weights.tolist()
        self.chosen: list[int] = []
        self.times = np.zeros(tuples.count, np.int32)
        self.gains = np.zeros(len(tuples.of_rows), np.int64)
        for column in tuples.of_rows.T:
            self.gains += weights[column]
        self.lacking = int(weights.sum())
        for row in chosen:
            self.add(row)

    def add(self, row: int) -> None:
        """Choose a cell."""
        own = self._tuples.of_rows[row]
        self.times[own] += 1
        for number in own[self.times[own] == 1].tolist():
            self._shift(number, -self._weights[number])
        self.chosen.append(row)

    def drop(self, row: int) -> None:
        """Take a chosen cell out again."""
        own = self._tuples.of_rows[row]
        self.times[own] -= 1
        for number in own[self.times[own] == 0].tolist():
            self._shift(number, self._weights[number])
        self.chosen.remove(row)

    def only(self, row: int) -> int:
        """The weight of what a chosen cell alone has."""
        own = self._tuples.of_rows[row]
        return sum(self._weights[number] for number in own[self.times[own] == 1].tolist())

    def _shift(self, number: int, weight: int) -> None:
        if weight:
            self.gains[self._tuples.holders(number)] += weight
            self.lacking += weight
