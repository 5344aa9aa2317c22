"""The product of the axes, never written out: it grows axis by axis, and a rule cuts once its axes have values."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from envgen.cell import FAMILY, FIXED_AXES
from envgen.compat.facts import Facts
from envgen.compat.rules import RULES
from envgen.compat.rules.rule import Rule
from envgen.compat.verdict import Answer, Trace, Verdict
from envgen.plan.grid import Grid, Rows
from envgen.plan.tally import Tally

# The order in which values are put together; what the rules read most comes first. The user's axes follow.
ORDER = ("os", "arch", "torch", "python", "cuda", "tensorrt")


def order_of(names: Sequence[str]) -> tuple[str, ...]:
    """The axes of a matrix in the order in which they are put together."""
    return (*ORDER, *(name for name in names if name not in FIXED_AXES))


def level(rule: Rule, order: Sequence[str] = ORDER) -> int:
    """How many axes must have a value before a rule can be asked, less one."""
    return max((order.index(axis) for axis in map(_column_axis, rule.axes) if axis in order), default=0)


def _column_axis(axis: str) -> str:
    """The axis whose value says what a rule reads."""
    return "os" if axis == FAMILY else axis


class Answers:
    """One rule's verdicts on the combinations of the axes it reads, each found out when it is first asked for."""

    def __init__(self, rule: Rule, grid: Grid, facts: Facts) -> None:
        self.rule = rule
        known = [axis for axis in rule.axes if _column_axis(axis) in grid.names] or [grid.names[0]]
        self.columns = tuple(grid.column(_column_axis(axis)) for axis in known)
        self._kinds = tuple(_kinds(axis, grid) for axis in known)
        self._shape = tuple(int(kinds.max()) + 1 for kinds in self._kinds)
        self._grid, self._facts = grid, facts
        self._number = np.full(prod(self._shape), -1, np.int32)
        self.verdicts: list[Verdict] = []

    def of(self, rows: Rows) -> NDArray[np.int32]:
        """The number, in `verdicts`, of the verdict on each row; columns that the rule does not read do not matter."""
        read = zip(self.columns, self._kinds, strict=True)
        keys = np.ravel_multi_index(tuple(kinds[rows[:, column]] for column, kinds in read), self._shape)
        wanted = np.zeros(len(self._number), bool)
        wanted[keys] = True
        for key in np.flatnonzero(wanted & (self._number < 0)):
            self._ask(int(key))
        numbers: NDArray[np.int32] = self._number[keys]
        return numbers

    def rejects(self, numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether the verdicts of these numbers reject."""
        return np.array([verdict.answer.rejects for verdict in self.verdicts], bool)[numbers]

    def table(self, answers: Container[Answer]) -> NDArray[np.bool_]:
        """For every combination of the values on `columns` whether the rule's answer is one of these."""
        shape = tuple(self._grid.sizes[column] for column in self.columns)
        rows = np.zeros((prod(shape), len(self._grid.names)), np.int16)
        rows[:, self.columns] = np.indices(shape).reshape(len(shape), -1).T
        numbers = self.of(rows)
        return np.array([verdict.answer in answers for verdict in self.verdicts], bool)[numbers].reshape(shape)

    def each(self, rows: Rows) -> list[Verdict]:
        """The verdict on each row."""
        return [self.verdicts[number] for number in self.of(rows).tolist()]

    def verdict(self, row: Sequence[int]) -> Verdict:
        """The verdict on one row."""
        key = 0
        for column, kinds, size in zip(self.columns, self._kinds, self._shape, strict=True):
            key = key * size + int(kinds[row[column]])
        if self._number[key] < 0:
            self._ask(key)
        return self.verdicts[int(self._number[key])]

    def _ask(self, key: int) -> None:
        indices = [0] * len(self._grid.names)  # of an axis that the rule does not read, any value
        for column, kinds, kind in zip(self.columns, self._kinds, np.unravel_index(key, self._shape), strict=True):
            indices[column] = int(np.argmax(kinds == kind))
        self._number[key] = len(self.verdicts)
        self.verdicts.append(self.rule.verdict(self._grid.cell(indices), self._facts))


def _kinds(axis: str, grid: Grid) -> NDArray[np.intp]:
    """For each value of an axis the number of what a rule sees in it; systems of one family look the same to some."""
    values = grid.values[grid.column(_column_axis(axis))]
    seen = [value.family if axis == FAMILY else index for index, value in enumerate(values)]
    order = list(dict.fromkeys(seen))
    return np.array([order.index(kind) for kind in seen], np.intp)


class Expansion:
    """Judges the combinations of the values on the axes.

    Args:
        grid: the axes.
        facts: what the rules judge by.
        among: axis name to the indices of the values to combine; an axis not named has all of its values.

    Attributes:
        rows: the accepted combinations.
        tally: the rejected ones.
    """

    def __init__(self, grid: Grid, facts: Facts, among: dict[str, NDArray[np.int16]] | None = None) -> None:
        self.tally = Tally()
        self._grid = grid
        self._answers = {rule: Answers(rule, grid, facts) for rule in RULES}
        self._order = order_of(grid.names)
        every = {axis: np.arange(size, dtype=np.int16) for axis, size in zip(grid.names, grid.sizes, strict=True)}
        self._codes = every | (among or {})
        self.rows = self._expanded()

    def traces(self, rows: Rows) -> Iterator[Trace]:
        """Every rule's verdict on the cell of each row, in the order of the rules."""
        by_rule = [self._answers[rule].each(rows) for rule in RULES]
        for row, verdicts in zip(rows.tolist(), zip(*by_rule, strict=True), strict=True):
            yield Trace(self._grid.cell(row), verdicts)

    def unknown(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether some verdict on the cell of each row rests on something newer than the facts."""
        found = np.zeros(len(rows), bool)
        for answers in self._answers.values():
            numbers = answers.of(rows)
            found |= np.array([verdict.answer is Answer.UNKNOWN for verdict in answers.verdicts], bool)[numbers]
        return found

    def _expanded(self) -> Rows:
        rows: Rows = np.zeros((1, len(self._grid.names)), np.int16)
        for depth, axis in enumerate(self._order):
            codes = self._codes[axis]
            rows = np.repeat(rows, len(codes), axis=0)
            rows[:, self._grid.column(axis)] = np.tile(codes, len(rows) // max(len(codes), 1))
            for rule in RULES:
                if level(rule, self._order) == depth:
                    rows = self._kept(rows, rule, depth)
        self._note_used(rows)
        return rows

    def _kept(self, rows: Rows, rule: Rule, depth: int) -> Rows:
        """The rows that a rule does not reject; the others are counted, each for all combinations it would grow to."""
        answers = self._answers[rule]
        numbers = answers.of(rows)
        rejected = answers.rejects(numbers)
        if rejected.any():
            below = prod(len(self._codes[axis]) for axis in self._order[depth + 1 :])
            self._count(rows[rejected], answers, depth, below)
        return rows[~rejected]

    def _count(self, rows: Rows, answers: Answers, depth: int, below: int) -> None:
        self.tally.reject(answers.verdict(rows[0].tolist()), len(rows) * below)
        for axis in self._order[: depth + 1]:
            column = self._grid.column(axis)
            values, first, counts = np.unique(rows[:, column], return_index=True, return_counts=True)
            last = len(rows) - 1 - np.unique(rows[::-1, column], return_index=True)[1]
            for value, places, count in zip(values, zip(first, last, strict=True), counts, strict=True):
                text = self._grid.texts[column][value]
                verdicts = [answers.verdict(rows[place].tolist()) for place in places]
                self.tally.reject_with((axis, text), verdicts, int(count) * below)

    def _note_used(self, rows: Rows) -> None:
        for column, axis in enumerate(self._grid.names):
            self.tally.used.update((axis, self._grid.texts[column][value]) for value in np.unique(rows[:, column]))
