"""What a cause of failures may look like: a conjunction of conditions, each on one axis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envgen.space import Space

Mask = NDArray[np.bool_]

MOST_CONDITIONS = 3


@dataclass(frozen=True, order=True)
class Condition:
    """The value of an axis is between two of its values, or is not.

    Attributes:
        axis: the place of the axis.
        low: the index of the first value.
        high: the index of the last value, itself included.
        negated: whether the value lies outside.
    """

    axis: int
    low: int
    high: int
    negated: bool = False

    def accepts(self, size: int) -> Mask:
        """Which of an axis's `size` values fulfil it."""
        values = np.arange(size)
        inside = (values >= self.low) & (values <= self.high)
        return ~inside if self.negated else inside

    def text(self, space: Space) -> str:
        """As a person would write it: `torch >= 2.9`."""
        name, values = space.names[self.axis], space.values[self.axis]
        first, last = values[self.low], values[self.high]
        if self.negated:
            return f"{name} != {first}"
        if self.low == self.high:
            return f"{name} == {first}"
        if self.high == len(values) - 1:
            # Of versions with a word before them (`none`, `cpu`), all but the word.
            no_version = self.low == 1 and not any(map(str.isdigit, values[0]))
            return f"{name} != {values[0]}" if no_version else f"{name} >= {first}"
        return f"{name} <= {last}" if self.low == 0 else f"{first} <= {name} <= {last}"

    def as_json(self, space: Space) -> dict[str, str]:
        """`{"axis": ..., "from": ..., "to": ...}`, with both ends, or `{"axis": ..., "not": ...}`."""
        values = space.values[self.axis]
        if self.negated:
            return {"axis": space.names[self.axis], "not": values[self.low]}
        return {"axis": space.names[self.axis], "from": values[self.low], "to": values[self.high]}


@dataclass(frozen=True, order=True)
class Pattern:
    """A conjunction of conditions, each on another axis; without any, every cell has it."""

    conditions: tuple[Condition, ...]

    def mask(self, space: Space) -> Mask:
        """Which cells have it."""
        mask = np.ones(len(space.rows), bool)
        for condition in self.conditions:
            values = space.rows[:, condition.axis]
            mask &= condition.accepts(space.sizes[condition.axis])[values]
        return mask

    def text(self, space: Space) -> str:
        """As in `torch >= 2.9 and python == 3.13`."""
        return " and ".join(condition.text(space) for condition in self.conditions) or "any value"

    def as_json(self, space: Space) -> list[dict[str, str]]:
        return [condition.as_json(space) for condition in self.conditions]


def conditions_on(axis: int, size: int, *, ordered: bool) -> Iterator[Condition]:
    """Every condition on an axis that some value fulfils and some does not, no two of the same values."""
    if ordered:
        for low in range(size):
            yield from (Condition(axis, low, high) for high in range(low, size) if (low, high) != (0, size - 1))
        return
    if size > 1:
        yield from (Condition(axis, value, value) for value in range(size))
    if size > 2:  # of two values, not the one is the other
        yield from (Condition(axis, value, value, negated=True) for value in range(size))
