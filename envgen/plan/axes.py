"""The axes of a matrix with every selector resolved to the values that cells carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from envgen.cell import FIXED_AXES, Arch, Cell, Cuda, Os, PythonVersion, Release, TensorRt
from envgen.compat.words import listed
from envgen.spec.selector import NONE


@dataclass(frozen=True)
class Axes:
    """The values of every axis, in the file's order.

    Attributes:
        extra: the user's own axes as (axis, values).
        written: (axis, value as text) to the index of the file's entry that it comes from, for the fixed axes.
    """

    python: tuple[PythonVersion, ...]
    torch: tuple[Release, ...]
    cuda: tuple[Cuda, ...]
    tensorrt: tuple[TensorRt | None, ...]
    os: tuple[Os, ...]
    arch: tuple[Arch, ...]
    extra: tuple[tuple[str, tuple[str, ...]], ...]
    written: Mapping[tuple[str, str], int]

    @property
    def names(self) -> tuple[str, ...]:
        return (*FIXED_AXES, *(name for name, _ in self.extra))

    @property
    def size(self) -> int:
        """The number of cells in the product of the axes."""
        return prod(len(self.texts(name)) for name in self.names)

    def texts(self, axis: str) -> tuple[str, ...]:
        """The values of an axis as a cell's `axes()` gives them."""
        if axis in FIXED_AXES:
            return tuple(map(value_text, getattr(self, axis)))
        return next(values for name, values in self.extra if name == axis)

    def off(self, cell: Cell) -> tuple[str, ...]:
        """A sentence for every axis on which the cell's value is not, or which only the cell has."""
        values = cell.axes()
        foreign = tuple(f"The matrix has no axis {name}." for name, _ in cell.extra if name not in self.names)
        lacking = tuple(
            f"The {name} axis has {listed(self.texts(name))}, not {values.get(name, 'no value')}."
            for name in self.names
            if values.get(name) not in self.texts(name)
        )
        return foreign + lacking


def value_text(value: object) -> str:
    """A value of an axis as text; no TensorRT is `none`."""
    return NONE if value is None else str(value)
