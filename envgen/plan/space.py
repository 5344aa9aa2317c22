"""Any cells as a space, whatever matrix they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from envgen.cell import FIXED_AXES, Cell
from envgen.plan.axes import Axes
from envgen.plan.grid import Grid
from envgen.space import Space
from envgen.spec.selector import NONE


def space_of(cells: Sequence[Cell]) -> Space:
    """The space of some distinct cells, one row for each in the order given.

    The axes are the fixed ones and the user's own of any cell, in the order of appearance; a cell without a value on
    one of these has `none` there.
    """
    own = tuple(dict.fromkeys(axis for cell in cells for axis, _ in cell.extra))
    filled = [replace(cell, extra=tuple((axis, str(cell.value(axis) or NONE)) for axis in own)) for cell in cells]
    no_values = dict.fromkeys(FIXED_AXES, ())
    grid = Grid.over(Axes(**no_values, extra=tuple((axis, ()) for axis in own), written={}), filled)
    rows = np.array([grid.row(cell) for cell in filled], np.int16).reshape(-1, len(grid.names))
    return grid.space(rows)
