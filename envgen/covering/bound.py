"""How few cells could cover everything at best: tuples of which no cell has two need a cell each."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import numpy as np
from numpy.typing import NDArray

from envgen.covering.tuples import Tuples
from envgen.space import Space

STEPS = 2000
REST = 25  # steps for which a tuple that was moved stays as it is


def lower_bound(
    space: Space,
    strength: int = 2,
    *,
    must: Collection[int] = (),
    wanted: NDArray[np.bool_] | None = None,
    steps: int = STEPS,
) -> int:
    """A number of rows below which no cover can be, with those that must be in it.

    Args:
        must, wanted: as for `cover`.
        steps: of the search; more of them can only raise the bound.

    Raises:
        UsageError: the space has fewer axes than `strength`, or that is less than 1.
    """
    tuples = Tuples.of(space, strength)
    return len(set(must)) + len(packing(tuples, left_over(tuples, must, wanted), steps))


def left_over(tuples: Tuples, must: Collection[int], wanted: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """The tuples that the cells beside `must` have to cover."""
    left = ~tuples.covered_by(must)
    return left if wanted is None else left & wanted


def packing(tuples: Tuples, among: NDArray[np.bool_], steps: int = STEPS) -> tuple[int, ...]:
    """Many tuples of which no cell has two: a certificate that anybody can check with the cells alone."""
    if not among.any():
        return ()
    return max((_Packing(tuples, among).search(first, steps) for first in (True, False)), key=len)


class _Packing:
    """Tuples that clash with none of each other, searched by swaps (an independent set of the conflict graph).

    A tuple that clashes with one packed tuple takes its place, which frees others. A tuple that was moved rests for
    some steps, and the one that rested longest goes first: so the search does not go in circles, and needs no chance.
    """

    def __init__(self, tuples: Tuples, among: NDArray[np.bool_]) -> None:
        self._tuples = tuples
        self._among = among
        self._clashes = cache(self._find_clashes)

    def search(self, from_axes: bool, steps: int) -> tuple[int, ...]:
        """The best packing met, begun with the axes that have the most tuples together, or with nothing."""
        self._packed = np.zeros(self._tuples.count, bool)
        self._blocked = np.where(self._among, 0, 3)  # by how many packed tuples; three is never swapped or filled
        self._moved = np.full(self._tuples.count, -REST - 1)
        if from_axes:
            for number in self._largest_axes():
                self._add(number)
        best: tuple[int, ...] = ()
        since = 0
        for step in range(steps):
            self._fill()
            if self._packed.sum() > len(best):
                best, since = tuple(np.flatnonzero(self._packed).tolist()), step
            if not self._swap(step, by=2 if step - since > 50 and step % 25 == 0 else 1):
                break
        return best

    def _largest_axes(self) -> list[int]:
        """The tuples on one choice of axes: no cell has two of them."""
        groups = np.split(self._among, self._tuples.starts[1:-1])
        largest = int(np.argmax([group.sum() for group in groups]))
        return [int(number) for number in np.flatnonzero(groups[largest]) + self._tuples.starts[largest]]

    def _fill(self) -> None:
        while (free := np.flatnonzero(self._blocked == 0)).size:
            self._add(int(free[self._tuples.cells[free].argmin()]))

    def _swap(self, step: int, by: int) -> bool:
        """Pack a tuple in the place of the ones (as many as `by`, or else one or two) that it clashes with."""
        rested = ~self._packed & (self._moved < step - REST)
        for count in (by, 3 - by):
            candidates = np.flatnonzero(rested & (self._blocked == count))
            if candidates.size:
                chosen = int(candidates[self._moved[candidates].argmin()])
                clashing = self._clashes(chosen)
                for number in clashing[self._packed[clashing]].tolist():
                    self._packed[number] = False
                    self._blocked[self._clashes(number)] -= 1
                    self._moved[number] = step
                self._add(chosen)
                return True
        return False

    def _add(self, number: int) -> None:
        self._packed[number] = True
        self._blocked[self._clashes(number)] += 1

    def _find_clashes(self, number: int) -> NDArray[np.int32]:
        """Every tuple that some cell has together with this one, itself among them."""
        together = np.zeros(self._tuples.count, bool)
        together[self._tuples.of_rows[self._tuples.holders(number)]] = True
        return np.flatnonzero(together).astype(np.int32)
