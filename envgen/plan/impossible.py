"""Which two values of a matrix never meet in a cell, and the fewest rules and exclude entries that see to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from envgen.compat.facts import Facts
from envgen.compat.rules import RULES
from envgen.compat.verdict import Answer
from envgen.covering import Constraint, excluded_pairs
from envgen.covering.reasons import Pair
from envgen.plan.expand import Answers
from envgen.plan.grid import Grid
from envgen.plan.match import Matcher
from envgen.plan.planner import Plan
from envgen.spec.matrix import Exclude

Value = tuple[str, str]  # an axis, and a value of it


@dataclass(frozen=True)
class Impossible:
    """Two values that no cell has together; without any one of the reasons, some cell would."""

    pair: tuple[Value, Value]
    reasons: tuple[str, ...]


def impossible_pairs(plan: Plan, facts: Facts) -> tuple[Impossible, ...]:
    """Every such pair of a plan, in the axes' order; rules are named by their ids, exclude entries by their reasons."""
    grid = Grid.over(plan.axes)
    constraints = [*_rules(grid, facts), *_excludes(plan.excludes, grid, facts)]
    found = excluded_pairs(grid.sizes, constraints)
    met = {pair for cell in plan.cells.included() for pair in combinations(cell.axes().items(), 2)}
    named = ((_values(pair, grid), reasons) for pair, reasons in found.items())
    return tuple(Impossible(pair, reasons) for pair, reasons in named if pair not in met)


def _values(pair: Pair, grid: Grid) -> tuple[Value, Value]:
    (axis, value), (other_axis, other) = pair
    return (grid.names[axis], grid.texts[axis][value]), (grid.names[other_axis], grid.texts[other_axis][other])


def _rules(grid: Grid, facts: Facts) -> Iterator[Constraint]:
    """A rule that has nothing to say of what an earlier one rejects stands for that one too: it asks more of a cell."""
    earlier: list[Constraint] = []
    for rule in RULES:
        answers = Answers(rule, grid, facts)
        allowed, silent = ~answers.table(_REJECTING), answers.table((Answer.UNKNOWN,))
        for constraint in earlier:
            allowed &= ~(silent & _rejected_by(constraint, answers.columns))
        earlier.append(Constraint(rule.id, answers.columns, allowed))
    yield from earlier


_REJECTING = tuple(answer for answer in Answer if answer.rejects)


def _rejected_by(constraint: Constraint, columns: tuple[int, ...]) -> NDArray[np.bool_]:
    """The combinations on some columns that a constraint rejects whatever the others hold, ready to be broadcast."""
    others = tuple(place for place, column in enumerate(constraint.axes) if column not in columns)
    rejected: NDArray[np.bool_] = np.logical_and.reduce(~constraint.allowed, axis=others)
    shared = [column for column in constraint.axes if column in columns]
    by_column = rejected.transpose([shared.index(column) for column in columns if column in shared])
    sizes = iter(by_column.shape)
    return by_column.reshape([next(sizes) if column in shared else 1 for column in columns])


def _excludes(excludes: tuple[Exclude, ...], grid: Grid, facts: Facts) -> Iterator[Constraint]:
    for exclude in excludes:
        matcher = Matcher(exclude.match, facts)
        axes = grid.names if exclude.match.cells else tuple(exclude.match.axes)
        columns = tuple(grid.column(axis) for axis in axes)
        shape = tuple(grid.sizes[column] for column in columns)
        rows = np.zeros((int(np.prod(shape)), len(grid.names)), np.int16)
        rows[:, columns] = np.indices(shape).reshape(len(shape), -1).T
        yield Constraint(f"excluded: {exclude.reason}", columns, ~matcher.mask(grid, rows).reshape(shape))
