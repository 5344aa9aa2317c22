"""The cells of a plan: many of them, so each is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from envgen.cell import FIXED_AXES, Cell
from envgen.compat.verdict import Trace
from envgen.plan.grid import Grid, Rows


@dataclass(frozen=True)
class Planned:
    """A cell of the plan; `included` is the reason of the include entry that it comes from."""

    cell: Cell
    trace: Trace
    included: str | None = None


class Cells(Sequence[Planned]):
    """The cells of a plan, sorted; each is made when it is asked for.

    Args:
        grid: the axes.
        rows: the cells as rows of it.
        trace: gives the verdicts on a row.
        included: the rows that an include entry brought in, each with its reason.
    """

    def __init__(
        self, grid: Grid, rows: Rows, trace: Callable[[Sequence[int]], Trace], included: Mapping[tuple[int, ...], str]
    ) -> None:
        self.grid, self.rows = grid, rows
        self._trace, self._included = trace, included
        self._known: dict[int, Planned] = {}

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Planned: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Planned, ...]: ...
    def __getitem__(self, index: int | slice) -> Planned | tuple[Planned, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = range(len(self))[index]
        if place not in self._known:
            self._known[place] = self._made(self.rows[place].tolist())
        return self._known[place]

    def place(self, cell: Cell) -> int | None:
        """Where a cell stands; None when the plan does not have it."""
        if any(cell.value(axis) not in values for axis, values in zip(self.grid.names, self.grid.values, strict=True)):
            return None
        if len(cell.extra) != len(self.grid.names) - len(FIXED_AXES):
            return None
        found = np.flatnonzero((self.rows == np.array(self.grid.row(cell), np.int16)).all(axis=1))
        return int(found[0]) if len(found) else None

    def included(self) -> Iterator[Cell]:
        """The cells that an include entry brought in."""
        return (self.grid.cell(row) for row in self._included)

    def _made(self, row: list[int]) -> Planned:
        trace = self._trace(row)
        return Planned(trace.cell, trace, self._included.get(tuple(row)))
