"""What cells cover, cost and exclude, by plain sets and plain trying: it shares no code with what chooses them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from math import fsum

from envgen.covering import Constraint
from envgen.space import Space

Tuple = tuple[tuple[str, str], ...]  # (axis, value), in the order of the axes
Pair = tuple[tuple[int, int], tuple[int, int]]


def tuples_of(space: Space, rows: Iterable[int], strength: int = 2) -> set[Tuple]:
    """All t-tuples that these cells have."""
    found: set[Tuple] = set()
    for row in rows:
        found.update(combinations(zip(space.names, space.texts(row), strict=True), strength))
    return found


def feasible(space: Space, strength: int = 2) -> set[Tuple]:
    """The t-tuples that any cell has."""
    return tuples_of(space, range(len(space.rows)), strength)


def missing(space: Space, rows: Iterable[int], strength: int = 2) -> set[Tuple]:
    """The t-tuples that some cell has and none of these."""
    return feasible(space, strength) - tuples_of(space, rows, strength)


def cheapest(
    space: Space, wanted: set[Tuple], strength: int, costs: Sequence[float], must: Collection[int] = ()
) -> float:
    """What the cheapest cells that have all of these tuples cost, with those that must be in: by trying all sets."""
    return min(
        fsum(costs[row] for row in rows) for rows in _choices(space, must) if wanted <= tuples_of(space, rows, strength)
    )


def most(
    space: Space, costs: Sequence[float], budget: float, weights: Mapping[Tuple, float], must: Collection[int] = ()
) -> float:
    """The most weight of pairs that cells within a budget have, with those that must be in: by trying all sets."""
    return max(
        fsum(weights[pair] for pair in tuples_of(space, rows))
        for rows in _choices(space, must)
        if fsum(costs[row] for row in rows) <= budget + 1e-9
    )


def _choices(space: Space, must: Collection[int]) -> Iterator[set[int]]:
    others = [row for row in range(len(space.rows)) if row not in must]
    for included in product((False, True), repeat=len(others)):
        yield {*must, *(row for row, into in zip(others, included, strict=True) if into)}


def allowed(constraints: Iterable[Constraint], cell: Mapping[int, int]) -> bool:
    """Whether the constraints allow these values, as far as they are about them."""
    return all(
        bool(constraint.allowed[tuple(cell[axis] for axis in constraint.axes)])
        for constraint in constraints
        if cell.keys() >= set(constraint.axes)
    )


def possible(sizes: Sequence[int], constraints: Collection[Constraint], cell: Mapping[int, int]) -> bool:
    """Whether a cell with these values is allowed by all constraints: by trying, axis after axis."""
    if not allowed(constraints, cell):
        return False
    open_axes = {axis for constraint in constraints for axis in constraint.axes} - cell.keys()
    if not open_axes:
        return True
    axis = min(open_axes, key=lambda axis: sizes[axis])
    return any(possible(sizes, constraints, {**cell, axis: value}) for value in range(sizes[axis]))


def pairs(sizes: Sequence[int]) -> Iterator[Pair]:
    """Every pair of values of two axes."""
    for first, second in combinations(range(len(sizes)), 2):
        for one, other in product(range(sizes[first]), range(sizes[second])):
            yield (first, one), (second, other)


def fewest_constraints(sizes: Sequence[int], constraints: Collection[Constraint], pair: Pair) -> int:
    """How many of the constraints it takes to exclude a pair that all of them exclude."""
    return next(
        size
        for size in range(len(constraints) + 1)
        for chosen in combinations(constraints, size)
        if not possible(sizes, chosen, dict(pair))
    )
