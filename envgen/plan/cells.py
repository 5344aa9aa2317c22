"""The cells of a plan: very many of them at times, so each is made when it is asked for, and not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from envgen.cell import FIXED_AXES, Cell
from envgen.compat.verdict import Trace
from envgen.plan.grid import Grid, Rows

_BLOCK = 4096  # rows that are judged at once


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
        traces: gives the verdicts on each row.
        included: the rows that an include entry brought in, each with its reason.
    """

    def __init__(
        self, grid: Grid, rows: Rows, traces: Callable[[Rows], Iterator[Trace]], included: Mapping[tuple[int, ...], str]
    ) -> None:
        self.grid, self.rows = grid, rows
        self._traces, self._included = traces, included

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Planned: ...
    @overload
    def __getitem__(self, index: slice) -> Cells: ...
    def __getitem__(self, index: int | slice) -> Planned | Cells:
        if isinstance(index, slice):
            return Cells(self.grid, self.rows[index], self._traces, self._included)
        place = range(len(self))[index]
        return next(self._made(self.rows[place : place + 1]))

    def __iter__(self) -> Iterator[Planned]:
        for start in range(0, len(self), _BLOCK):
            yield from self._made(self.rows[start : start + _BLOCK])

    def among(self, places: Sequence[int]) -> Cells:
        """Those that stand at some places, in the order of these."""
        return Cells(self.grid, self.rows[np.array(places, np.intp)], self._traces, self._included)

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

    def _made(self, rows: Rows) -> Iterator[Planned]:
        for row, trace in zip(rows.tolist(), self._traces(rows), strict=True):
            yield Planned(trace.cell, trace, self._included.get(tuple(row)) if self._included else None)
