"""The cells at the ends of the axes: oldest, newest, and each axis at one end while the others are at the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envgen.space import Space


def extremes(space: Space) -> tuple[int, ...]:
    """The few cells that a maintainer looks at first.

    The oldest and the newest value of an ordered axis are the first and the last that any cell has. The cells are:

    1. the one nearest to oldest on every axis, and the one nearest to newest on every axis;
    2. for each ordered axis and each end of it, of the cells that are at that end: the one nearest to that end on
       all other axes ("the newest Python with the newest of all that exists for it"), and the one nearest to the other
       end ("the newest Python with the oldest torch that takes it").

    So every ordered axis is at each of its ends in at least one cell. Near means the fewest steps along the axes,
    all together; of equals, the nearest on the first axis, then on the second, and so on, then on the axes without
    order the values listed first.

    Returns:
        Row indices, in the order above, each once.
    """
    if not len(space.rows):
        return ()
    axes = [place for place, ordered in enumerate(space.ordered) if ordered]
    lowest, highest = space.rows.min(axis=0), space.rows.max(axis=0)
    every = np.arange(len(space.rows))
    found = [_nearest(space, every, axes, lowest), _nearest(space, every, axes, highest)]
    for axis in axes:
        for ends in ((lowest, highest), (highest, lowest)):
            at_end = np.flatnonzero(space.rows[:, axis] == ends[0][axis])
            found += [_nearest(space, at_end, axes, end) for end in ends]
    return tuple(dict.fromkeys(found))


def _nearest(space: Space, among: NDArray[np.intp], axes: list[int], target: NDArray[np.int16]) -> int:
    rows = space.rows[among].astype(np.int64)
    steps = np.abs(rows[:, axes] - target[axes])
    unordered = [place for place in range(rows.shape[1]) if place not in axes]
    # lexsort takes the most important key last
    keys = np.concatenate([steps.sum(axis=1, keepdims=True), steps, rows[:, unordered]], axis=1).T[::-1]
    return int(among[np.lexsort(keys)[0]])
