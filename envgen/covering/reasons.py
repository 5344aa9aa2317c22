"""Why two values cannot be in one cell: the fewest constraints that exclude them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

Pair = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Constraint:
    """Which combinations of values on some axes are allowed.

    Attributes:
        name: by which reasons name it.
        axes: the places of its axes, each once.
        allowed: one dimension for each of its axes, in that order.
    """

    name: str
    axes: tuple[int, ...]
    allowed: NDArray[np.bool_]


def excluded_pairs(sizes: Sequence[int], constraints: Sequence[Constraint]) -> Mapping[Pair, tuple[str, ...]]:
    """For every pair of values that no cell has, a smallest set of constraints that excludes it by itself.

    No set of fewer constraints excludes the pair, so without any one of those named it would be possible. Of equally
    small sets, those constraints are preferred that come first.

    Args:
        sizes: the number of values on each axis.
        constraints: a cell is possible if all of them allow it.

    Returns:
        ((axis, value), (other axis, value)), by places, axes ascending, to the names of constraints, in their order.
    """
    classes = [_classes(axis, size, constraints) for axis, size in enumerate(sizes)]
    violated = _violated(classes, constraints)
    reasons: dict[Pair, tuple[str, ...]] = {}
    for first, second in combinations(range(len(sizes)), 2):
        merged = {
            values: tuple(constraints[place].name for place in chosen)
            for values, chosen in _smallest_sets(violated, (first, second))
        }
        for one, other in product(range(sizes[first]), range(sizes[second])):
            names = merged.get((int(classes[first][one]), int(classes[second][other])))
            if names is not None:
                reasons[(first, one), (second, other)] = names
    return reasons


def _classes(axis: int, size: int, constraints: Sequence[Constraint]) -> NDArray[np.intp]:
    """For each value of an axis the class it is in: values that no constraint tells apart are one."""
    tables = [
        np.moveaxis(constraint.allowed, constraint.axes.index(axis), 0).reshape(size, -1)
        for constraint in constraints
        if axis in constraint.axes
    ]
    if not tables:
        return np.zeros(size, np.intp)
    return np.unique(np.concatenate(tables, axis=1), axis=0, return_inverse=True)[1].reshape(size)


def _violated(classes: Sequence[NDArray[np.intp]], constraints: Sequence[Constraint]) -> NDArray[np.uint8]:
    """For every combination of classes the constraints it violates, as bits: eight to a layer, layers first."""
    first_of = [np.unique(axis, return_index=True)[1] for axis in classes]
    layers = 1 << (max(0, len(constraints) - 1) // 8).bit_length()  # a power of two: up to eight make a machine word
    grid = np.zeros((layers, *map(len, first_of)), np.uint8)
    for place, constraint in enumerate(constraints):
        table = constraint.allowed[np.ix_(*(first_of[axis] for axis in constraint.axes))]
        table = table.transpose(np.argsort(constraint.axes))
        shape = [len(values) if axis in constraint.axes else 1 for axis, values in enumerate(first_of)]
        grid[place // 8] |= np.where(table, 0, 1 << place % 8).astype(np.uint8).reshape(shape)
    return grid


def _smallest_sets(
    violated: NDArray[np.uint8], axes: tuple[int, int]
) -> Iterator[tuple[tuple[int, int], tuple[int, ...]]]:
    """The pairs of classes on two axes that every combination violates something with, and the fewest it takes."""
    others = tuple(axis for axis in range(1, violated.ndim) if axis - 1 not in axes)
    possible = np.logical_or.reduce(~violated.any(axis=0), axis=tuple(axis - 1 for axis in others))
    always = np.bitwise_and.reduce(violated, axis=others)
    word = np.dtype(f"u{len(violated)}" if len(violated) <= 8 else (np.void, len(violated)))
    for one, other in np.argwhere(~possible).tolist():
        single = _bits(int.from_bytes(always[:, one, other].tobytes(), "little"))
        if single:
            yield (one, other), single[:1]
            continue
        index: list[int | slice] = [slice(None)] * violated.ndim
        index[axes[0] + 1], index[axes[1] + 1] = one, other
        slab = np.ascontiguousarray(violated[tuple(index)].reshape(len(violated), -1).T)
        whole = np.unique(slab.view(word))
        yield (one, other), smallest_hitting_set([int.from_bytes(cell.tobytes(), "little") for cell in whole])


def smallest_hitting_set(masks: Sequence[int]) -> tuple[int, ...]:
    """The fewest bits, ascending, such that every mask has one of them; every mask has a bit."""
    size = 0
    while (found := _hitting(sorted(masks, key=lambda mask: (mask.bit_count(), mask)), size)) is None:
        size += 1
    return tuple(sorted(found))


def _hitting(masks: Sequence[int], size: int) -> tuple[int, ...] | None:
    """A hitting set of at most that many bits: one of the first mask's has to be in it."""
    if not masks:
        return ()
    if size == 0:
        return None
    for bit in _bits(masks[0]):
        rest = _hitting([mask for mask in masks if not mask >> bit & 1], size - 1)
        if rest is not None:
            return (bit, *rest)
    return None


def _bits(mask: int) -> tuple[int, ...]:
    return tuple(bit for bit in range(mask.bit_length()) if mask >> bit & 1)
