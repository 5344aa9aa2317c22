"""Which cells that passed a rung are next to one that failed there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envgen.space import Space


def passed_beside(space: Space, row: int, passed: Sequence[int]) -> tuple[str, ...]:
    """The values with which a failing cell passed that rung, everything else being equal: `python 3.11, 3.12 or 3.13`.

    Args:
        row: the failing cell.
        passed: the cells that passed the rung, by their rows; further up they may have failed.

    Returns:
        one text for each axis on which a passing cell differs and on no other, in the order of the axes.
    """
    others = space.rows[list(passed)]
    differs = others != space.rows[row]
    neighbours = differs.sum(1) == 1
    found: list[str] = []
    for axis, name in enumerate(space.names):
        codes = np.unique(others[neighbours & differs[:, axis], axis])
        if len(codes):
            *first, last = (space.values[axis][code] for code in codes)
            found.append(f"{name} {', '.join(first)} or {last}" if first else f"{name} {last}")
    return tuple(found)
