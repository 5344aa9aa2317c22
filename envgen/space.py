"""Cells as numbers: the valid combinations of some axes as rows of value indices, for whatever counts or chooses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Space:
    """Axes, their values, and the combinations of them that can be.

    Attributes:
        names: the axes.
        values: the values of each axis, as text.
        ordered: whether the values of each axis ascend, so that a range of them means something.
        rows: shape (cells, axes), distinct rows; each entry is the index of a value on its axis.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    ordered: tuple[bool, ...]
    rows: NDArray[np.int16]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of values on each axis."""
        return tuple(map(len, self.values))

    def axes_of(self, strength: int) -> tuple[tuple[int, ...], ...]:
        """Every choice of that many axes, by their places."""
        return tuple(combinations(range(len(self.names)), strength))

    def texts(self, row: int) -> tuple[str, ...]:
        """The values of one cell."""
        return tuple(values[index] for values, index in zip(self.values, self.rows[row], strict=True))
