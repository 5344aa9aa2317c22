"""All patterns over a space at once.

A *box* is a pattern as numbers: the places of its conditions in one table, filled up with the condition that always
holds. How much of something lies in every box is a contraction of a grid of sums with the axes' membership matrices, so
a million boxes are counted without a loop over them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from envgen.localise.pattern import MOST_CONDITIONS, Condition, Mask, Pattern, conditions_on
from envgen.space import Space

Box = tuple[int, ...]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ALWAYS = 0  # the place of the condition that every cell fulfils
_MARK_BITS = 32  # of a random number per cell; sums of a million of them are exact in a float
_RANGE_BITS = 2.0  # what `!=` costs over `==`


@dataclass(frozen=True)
class Boxes:
    """Some boxes, side by side.

    Attributes:
        conditions: shape (boxes, 3).
        bits: the length of each one's description.
        marks: a number that two boxes share when the same cells of the space have them.
        counts: what the cells that have each count.
    """

    conditions: Ints
    bits: Floats
    marks: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.bits)

    def box(self, place: int) -> Box:
        return tuple(int(condition) for condition in self.conditions[place])

    def taken(self, places: NDArray[np.intp] | Mask) -> Boxes:
        return Boxes(self.conditions[places], self.bits[places], self.marks[places], self.counts[places])


class Family:
    """The boxes of at most three conditions over a space.

    Args:
        space: the cells.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self._axes = [axis for axis, size in enumerate(space.sizes) if size > 1]
        found = [Condition(0, 0, space.sizes[0] - 1)]
        for axis in self._axes:
            found += conditions_on(axis, space.sizes[axis], ordered=space.ordered[axis])
        self.conditions = tuple(found)
        self._axis_of = np.array([condition.axis for condition in found])
        self._accepts = np.zeros((len(found), max(space.sizes)), bool)
        for place, condition in enumerate(found):
            size = space.sizes[condition.axis]
            self._accepts[place, :size] = condition.accepts(size)
        self._bits = np.array([0.0, *(self._length(condition) for condition in found[1:])])
        self._masks: dict[Box, Mask] = {}

    def _length(self, condition: Condition) -> float:
        """The bits that name the axis, and the values on it."""
        size = self.space.sizes[condition.axis]
        value = math.log2(size)
        ends = 1 if condition.low in (condition.high, 0) or condition.high == size - 1 else 2
        return math.log2(len(self._axes)) + ends * value + condition.negated * _RANGE_BITS

    @cached_property
    def _subsets(self) -> list[tuple[tuple[int, ...], Ints]]:
        """Every choice of at most three axes, none among them, with the place of each cell on the grid over them."""
        sizes, rows = self.space.sizes, self.space.rows.astype(np.int64)
        found = []
        for chosen in (c for n in range(MOST_CONDITIONS + 1) for c in combinations(self._axes, n)):
            places = np.zeros(len(rows), np.int64)
            for axis in chosen:
                places = places * sizes[axis] + rows[:, axis]
            found.append((chosen, places))
        return found

    @cached_property
    def _marks(self) -> list[Floats]:
        """Per choice of axes, two layers of sums of a random number per cell."""
        random = np.random.default_rng(0).integers(1, 2**_MARK_BITS, (2, len(self.space.rows))).astype(float)
        return [np.stack([self._grid(subset, layer) for layer in random]) for subset in self._subsets]

    def _grid(self, subset: tuple[tuple[int, ...], Ints], weights: Floats) -> Floats:
        axes, places = subset
        shape = [self.space.sizes[axis] for axis in axes]
        counted = np.flatnonzero(weights)  # of many cells, few were observed
        sums: Floats = np.bincount(places[counted], weights[counted], math.prod(shape)).astype(float)
        return sums.reshape(shape)

    def holding(self, row: int, weights: Floats, most: int) -> Boxes:
        """The boxes that a cell has.

        Args:
            row: the cell.
            weights: what each cell counts.
            most: boxes that count more are left out.
        """
        holds = self.held(row)
        on_axis = {a: np.flatnonzero(holds & (self._axis_of == a) & (np.arange(len(holds)) > 0)) for a in self._axes}
        member = {a: self._accepts[on_axis[a], : self.space.sizes[a]].astype(float) for a in self._axes}
        parts = []
        for subset, marks in zip(self._subsets, self._marks, strict=True):
            axes = subset[0]
            sums = np.concatenate([self._grid(subset, weights)[np.newaxis], marks])
            for place, axis in enumerate(axes, 1):
                sums = np.moveaxis(np.tensordot(member[axis], sums, (1, place)), 0, place)
            sums = sums.reshape(3, -1)
            few = np.flatnonzero(sums[0] <= most)
            chosen = np.unravel_index(few, [len(on_axis[axis]) for axis in axes]) if axes else ()
            parts.append(self._boxes([on_axis[a][c] for a, c in zip(axes, chosen, strict=True)], sums[:, few]))
        names = ("conditions", "bits", "marks", "counts")
        return Boxes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def _boxes(self, columns: list[NDArray[np.intp]], sums: Floats) -> Boxes:
        conditions = np.full((sums.shape[1], MOST_CONDITIONS), ALWAYS)
        for place, column in enumerate(columns):
            conditions[:, place] = column
        bits = self._bits[conditions].sum(1) - math.log2(math.factorial(len(columns)))
        marks = sums[1].astype(np.int64) * np.int64(0x9E3779B97F4A7C1 | 1) + sums[2].astype(np.int64)
        return Boxes(conditions, bits, marks, sums[0].astype(np.int64))

    def held(self, row: int) -> Mask:
        """Which conditions a cell fulfils."""
        mask: Mask = self._accepts[np.arange(len(self.conditions)), self.space.rows[row, self._axis_of]]
        return mask

    def bits(self, box: Box) -> float:
        used = sum(condition != ALWAYS for condition in box)
        return float(self._bits[list(box)].sum()) - math.log2(math.factorial(used))

    def mask(self, box: Box) -> Mask:
        """The cells that have a box."""
        if box not in self._masks:
            self._masks[box] = self.pattern(box).mask(self.space)
        return self._masks[box]

    def union(self, boxes: tuple[Box, ...] | list[Box]) -> Mask:
        """The cells that have any of some boxes."""
        mask = np.zeros(len(self.space.rows), bool)
        for box in boxes:
            mask |= self.mask(box)
        return mask

    def pattern(self, box: Box) -> Pattern:
        return Pattern(tuple(self.conditions[condition] for condition in box if condition != ALWAYS))
