"""The few cells that a changed value asks for."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from envgen.covering.greedy import cover
from envgen.covering.tuples import Tuples
from envgen.errors import UsageError
from envgen.space import Space


def cover_values(
    space: Space,
    axis: str,
    values: Collection[str],
    strength: int = 2,
    *,
    must: Collection[int] = (),
    prefer: NDArray[np.float64] | None = None,
    seed: int = 0,
    starts: int = 1,
    rounds: int = 1000,
) -> tuple[int, ...]:
    """Cells that together have every feasible tuple with one of these values of an axis.

    Args:
        must, prefer, seed, starts, rounds: as for `cover`.

    Raises:
        UsageError: the space has no such axis or value.
    """
    wanted = tuples_with(Tuples.of(space, strength), axis, values)
    return cover(space, strength, must=must, wanted=wanted, prefer=prefer, seed=seed, starts=starts, rounds=rounds)


def tuples_with(tuples: Tuples, axis: str, values: Collection[str]) -> NDArray[np.bool_]:
    """Which tuples have one of these values of an axis.

    Raises:
        UsageError: the space has no such axis or value.
    """
    space = tuples.space
    if axis not in space.names:
        raise UsageError(f"There is no axis {axis!r}.", f"The axes are {', '.join(space.names)}.")
    place = space.names.index(axis)
    known = space.values[place]
    for value in values:
        if value not in known:
            raise UsageError(f"There is no {axis} {value}.", f"Values of {axis} are {', '.join(known)}.")
    rows = np.isin(space.rows[:, place], [known.index(value) for value in values])
    columns = [column for column, axes in enumerate(tuples.axes) if place in axes]
    wanted = np.zeros(tuples.count, bool)
    wanted[tuples.of_rows[rows][:, columns]] = True
    return wanted
