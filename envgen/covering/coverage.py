"""What chosen cells cover of what can be covered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envgen.covering.tuples import Tuples
from envgen.space import Space


@dataclass(frozen=True)
class Coverage:
    """How many of the feasible t-tuples some chosen cell has.

    Attributes:
        strength: t, the number of values in a tuple.
        covered: tuples that a chosen cell has.
        feasible: tuples that any cell has.
        missing: the feasible tuples that no chosen cell has, each as (axis, value) pairs.
    """

    strength: int
    covered: int
    feasible: int
    missing: tuple[tuple[tuple[str, str], ...], ...]

    @property
    def share(self) -> float:
        """Covered of feasible, from 0 to 1; 1 where there is nothing to cover."""
        return self.covered / self.feasible if self.feasible else 1.0


def coverage(
    space: Space, chosen: Collection[int], strength: int = 2, *, wanted: NDArray[np.bool_] | None = None
) -> Coverage:
    """The coverage of a choice of rows.

    Args:
        chosen: row indices.
        wanted: which tuples count (by their numbers in `Tuples.of(space, strength)`); all without it.

    Raises:
        UsageError: the space has fewer axes than `strength`, or that is less than 1.
    """
    tuples = Tuples.of(space, strength)
    counting = np.ones(tuples.count, bool) if wanted is None else wanted
    missing = np.flatnonzero(counting & ~tuples.covered_by(chosen))
    feasible = int(counting.sum())
    return Coverage(
        strength, feasible - len(missing), feasible, tuple(tuples.describe(int(number)) for number in missing)
    )
