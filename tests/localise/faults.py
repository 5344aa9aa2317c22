"""Synthetic faults: conjunctions by chance, of the kinds that real ones are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envgen.localise import Condition, Pattern
from envgen.space import Space

ONE_SIDED, EQUAL = 0.5, 0.35  # on an ordered axis; the rest are two-sided ranges
LARGEST = 0.5  # of the space that one fault may take


@dataclass(frozen=True)
class Faults:
    """Some faults at once.

    Attributes:
        patterns: what fails.
        fails: of each cell, whether it does.
    """

    patterns: tuple[Pattern, ...]
    fails: NDArray[np.bool_]

    def observed(self, rows: Iterable[int]) -> dict[int, bool]:
        return {int(row): bool(self.fails[row]) for row in rows}

    def oracle(self, row: int) -> bool:
        return bool(self.fails[row])


def faults_of(space: Space, patterns: Sequence[Pattern]) -> Faults:
    return Faults(tuple(patterns), np.any([pattern.mask(space) for pattern in patterns], axis=0))


def random_faults(space: Space, number: int, start: Sequence[int], random: np.random.Generator) -> Faults:
    """Faults each of which has a failing cell of its own among the first cells run."""
    while True:
        patterns = [_pattern(space, random) for _ in range(number)]
        masks = np.array([pattern.mask(space)[list(start)] for pattern in patterns])
        own = masks & (masks.sum(0) == 1)
        if own.any(1).all():
            return faults_of(space, patterns)


def _pattern(space: Space, random: np.random.Generator) -> Pattern:
    while True:
        axes = sorted(random.choice(len(space.names), random.integers(1, 4), replace=False))
        pattern = Pattern(tuple(_condition(space, int(axis), random) for axis in axes))
        if 0 < pattern.mask(space).mean() < LARGEST:
            return pattern


def _condition(space: Space, axis: int, random: np.random.Generator) -> Condition:
    size = space.sizes[axis]
    kind = random.random()
    if not space.ordered[axis] or ONE_SIDED <= kind < ONE_SIDED + EQUAL:
        value = int(random.integers(size))
        return Condition(axis, value, value)
    if kind < ONE_SIDED:
        bound = int(random.integers(1, size))
        return Condition(axis, bound, size - 1) if random.random() < 0.5 else Condition(axis, 0, bound - 1)
    low, high = sorted(int(value) for value in random.choice(np.arange(1, size - 1), 2, replace=False))
    return Condition(axis, low, high)


def pairwise(space: Space, seed: int = 0) -> list[int]:
    """Cells that hold every pair of values: each the one of most new pairs, the rarer a pair the more it counts."""
    rows = space.rows.astype(np.int64)
    pairs = np.stack([place * 10**6 + rows[:, a] * 1000 + rows[:, b] for place, (a, b) in _pairs(space)], axis=1)
    _, inverse, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    members = inverse.reshape(pairs.shape)
    worth = 1 / np.sqrt(counts)
    noise = np.random.default_rng(seed).random(len(members)) * 1e-9
    chosen: list[int] = []
    while worth.any():
        chosen.append(int((worth[members].sum(1) + noise).argmax()))
        worth[members[chosen[-1]]] = 0
    return chosen


def _pairs(space: Space) -> Iterable[tuple[int, tuple[int, ...]]]:
    return enumerate(space.axes_of(2))
