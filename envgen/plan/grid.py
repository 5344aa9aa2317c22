"""The axes of a plan as columns of numbers: the form in which many cells are judged, matched and chosen at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from packaging.version import InvalidVersion, Version

from envgen.cell import FIXED_AXES, Cell
from envgen.plan.axes import Axes, value_text
from envgen.space import Space

Rows = NDArray[np.int16]

VERSIONED = ("python", "torch", "cuda", "tensorrt")  # axes whose values ascend; those of os and arch do not
CELL_ORDER = ("os", "arch", "torch", "cuda", "tensorrt", "python")  # by which cells are sorted, then by the user's axes


@dataclass(frozen=True, eq=False)
class Grid:
    """Axes with their values as objects, ascending where that means something; a cell is a row of value indices.

    Attributes:
        names: the axes, the user's own last.
        values: the values of each, those among them that only an included cell has.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]

    @classmethod
    def over(cls, axes: Axes, included: Iterable[Cell] = ()) -> Grid:
        """The grid that holds the values of the axes and of the included cells."""
        found = {axis: list(getattr(axes, axis)) for axis in FIXED_AXES} | {axis: list(v) for axis, v in axes.extra}
        for cell in included:
            for axis, values in found.items():
                values.append(cell.value(axis))
        return cls(axes.names, tuple(_ordered(axis, dict.fromkeys(values)) for axis, values in found.items()))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.values))

    @cached_property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """The values of each axis as a cell's `axes()` gives them."""
        return tuple(tuple(map(value_text, values)) for values in self.values)

    def column(self, axis: str) -> int:
        return self.names.index(axis)

    def codes(self, axis: str, texts: Iterable[str]) -> NDArray[np.int16]:
        """The indices of some values of an axis."""
        known = {text: index for index, text in enumerate(self.texts[self.column(axis)])}
        return np.array([known[text] for text in texts], np.int16)

    def cell(self, row: Sequence[int] | Rows) -> Cell:
        """The cell that a row stands for."""
        chosen = {axis: values[index] for axis, values, index in zip(self.names, self.values, row, strict=True)}
        fixed = {axis: chosen.pop(axis) for axis in FIXED_AXES}
        return Cell(**fixed, extra=tuple(chosen.items()))

    def row(self, cell: Cell) -> list[int]:
        """The row of a cell whose every value the grid has."""
        return [values.index(cell.value(axis)) for axis, values in zip(self.names, self.values, strict=True)]

    def sorted(self, rows: Rows) -> Rows:
        """The rows in the order of the cells they stand for."""
        own = [axis for axis in self.names if axis not in FIXED_AXES]
        keys = [self._ranks(axis)[rows[:, self.column(axis)]] for axis in (*CELL_ORDER, *own)]
        order: NDArray[np.intp] = np.lexsort(keys[::-1])
        return rows[order]

    def space(self, rows: Rows) -> Space:
        """The rows beside the values as text, for what chooses among them."""
        ordered = tuple(_ascends(axis, texts) for axis, texts in zip(self.names, self.texts, strict=True))
        return Space(self.names, self.texts, ordered, rows)

    def _ranks(self, axis: str) -> NDArray[np.intp]:
        """The place of each value of an axis among them as cells are sorted; those of the user's axes go by text."""
        values = self.values[self.column(axis)]
        order = sorted(range(len(values)), key=lambda index: _sort_key(axis, values[index]))
        ranks = np.empty(len(values), np.intp)
        ranks[order] = np.arange(len(values))
        return ranks


def _sort_key(axis: str, value: Any) -> Any:
    if axis == "tensorrt":
        return (value,) if value else ()
    return value.value if axis == "arch" else value


def _ordered(axis: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """The values ascending; those of a user's axis that are no versions stay as the file has them."""
    given = tuple(values)
    if axis in FIXED_AXES:
        return tuple(sorted(given, key=lambda value: _sort_key(axis, value)))
    return tuple(sorted(given, key=Version)) if _ascends(axis, given) else given


def _ascends(axis: str, texts: Sequence[str]) -> bool:
    if axis in FIXED_AXES:
        return axis in VERSIONED
    try:
        return len({Version(text) for text in texts}) == len(texts)
    except InvalidVersion:
        return False
