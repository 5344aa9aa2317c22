"""The feasible t-tuples of a space: the combinations of t values, on t axes, that some cell has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Self

import numpy as np
from numpy.typing import NDArray

from envgen.errors import UsageError
from envgen.space import Space


@dataclass(frozen=True, eq=False)
class Tuples:
    """Every feasible t-tuple of a space, numbered from 0.

    Attributes:
        space: where the tuples are from.
        axes: every choice of t axes; the tuples of one choice have consecutive numbers.
        of_rows: shape (cells, choices of axes), the tuples that each cell has.
        starts: the first number of each choice of axes, and at last the count of all.
        codes: of each tuple, its values as one number in the mixed radix of its axes' sizes.
    """

    space: Space
    axes: tuple[tuple[int, ...], ...]
    of_rows: NDArray[np.int32]
    starts: NDArray[np.int64]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, space: Space, strength: int) -> Self:
        """The feasible tuples of that many values.

        Raises:
            UsageError: the space has fewer axes than that, or the strength is less than 1.
        """
        if not 1 <= strength <= len(space.names):
            raise UsageError(
                f"Combinations of {strength} values cannot be covered over {len(space.names)} axes.",
                f"Choose a strength between 1 and {len(space.names)}.",
            )
        axes = space.axes_of(strength)
        of_rows = np.empty((len(space.rows), len(axes)), np.int32)
        starts, codes = [0], []
        for column, places in enumerate(axes):
            distinct, ranks = _ranked(_encoded(space, places), prod(space.sizes[place] for place in places))
            of_rows[:, column] = ranks + starts[-1]
            starts.append(starts[-1] + len(distinct))
            codes.append(distinct)
        return cls(space, axes, of_rows, np.array(starts), np.concatenate(codes))

    @property
    def count(self) -> int:
        """How many tuples there are."""
        return len(self.codes)

    @property
    def strength(self) -> int:
        """How many values a tuple has."""
        return len(self.axes[0])

    def describe(self, number: int) -> tuple[tuple[str, str], ...]:
        """A tuple as (axis, value) pairs."""
        places = self.axes[int(np.searchsorted(self.starts, number, side="right")) - 1]
        indices = np.unravel_index(int(self.codes[number]), [self.space.sizes[place] for place in places])
        return tuple(
            (self.space.names[place], self.space.values[place][int(index)])
            for place, index in zip(places, indices, strict=True)
        )

    def covered_by(self, rows: Collection[int]) -> NDArray[np.bool_]:
        """Which tuples some of these cells has."""
        covered = np.zeros(self.count, bool)
        covered[self.of_rows[np.fromiter(rows, np.intp, len(rows))]] = True
        return covered

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """How many cells have each tuple."""
        return np.bincount(self.of_rows.ravel(), minlength=self.count)

    def holders(self, number: int) -> NDArray[np.int32]:
        """The cells that have a tuple, ascending."""
        bounds, rows = self._index
        return rows[bounds[number] : bounds[number + 1]]

    @cached_property
    def _index(self) -> tuple[list[int], NDArray[np.int32]]:
        """The cells of all tuples one after the other, and where those of each begin."""
        rows = np.empty(self.of_rows.size, np.int32)
        for column, start in enumerate(self.starts[:-1]):
            ranks = self.of_rows[:, column] - start
            if self.starts[column + 1] - start <= np.iinfo(np.uint16).max:
                ranks = ranks.astype(np.uint16)  # numpy sorts these in linear time
            rows[column * len(ranks) : (column + 1) * len(ranks)] = np.argsort(ranks, kind="stable")
        return [0, *np.cumsum(self.cells).tolist()], rows


def _encoded(space: Space, places: tuple[int, ...]) -> NDArray[np.int64]:
    codes = np.zeros(len(space.rows), np.int64)
    for place in places:
        codes *= space.sizes[place]
        codes += space.rows[:, place]
    return codes


def _ranked(codes: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct codes, ascending, and for each code which of them it is."""
    if size > 4 * len(codes) + 1024:
        distinct, ranks = np.unique(codes, return_inverse=True)
        return distinct, ranks
    distinct = np.flatnonzero(np.bincount(codes, minlength=size))
    ranks = np.empty(size, np.int64)
    ranks[distinct] = np.arange(len(distinct))
    return distinct, ranks[codes]
