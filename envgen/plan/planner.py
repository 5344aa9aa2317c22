"""The plan: every cell of a matrix that can exist, and what became of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from envgen.cell import Arch, Cell, Cuda, GrammarError, Os, PythonVersion, Release, TensorRt
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.rules import RULES
from envgen.compat.verdict import Verdict
from envgen.compat.words import listed
from envgen.errors import MatrixError
from envgen.plan.axes import Axes
from envgen.plan.cells import Cells
from envgen.plan.expand import ORDER, Expansion
from envgen.plan.grid import Grid, Rows
from envgen.plan.match import Matcher
from envgen.plan.reach import check_choices, check_entries
from envgen.plan.resolve import resolve_axes
from envgen.plan.tally import Tally
from envgen.space import Space
from envgen.spec.matrix import Exclude, Include, Matrix
from envgen.spec.selector import NONE


@dataclass(frozen=True)
class Plan:
    """Every cell that can exist, sorted, and what became of the others.

    Attributes:
        axes: the axes with ranges and `latest` resolved.
        raw: the number of cells in the product of the axes: rejected, excluded and planned, without the included.
        rejected: rule id to the number of cells that it was the first to reject.
        excluded: reason to the number of cells that an exclude entry took out.
        excludes: the exclude entries.
    """

    axes: Axes
    cells: Cells
    raw: int
    rejected: Mapping[str, int]
    excluded: Mapping[str, int]
    excludes: tuple[Exclude, ...] = ()

    @property
    def space(self) -> Space:
        """The cells as rows of numbers, in the same order."""
        return self.cells.grid.space(self.cells.rows)


def plan(matrix: Matrix, facts: Facts) -> Plan:
    """Plans a matrix.

    Raises:
        MatrixError: a value is not known or can be used by no cell, two values stand for the same, an exclude or
            select entry names what is on no axis, or an include entry names a cell that cannot exist.
    """
    axes = resolve_axes(matrix, facts)
    check_entries(matrix, axes, facts)
    included = [_cell(matrix, index, include) for index, include in enumerate(matrix.include)]
    grid = Grid.over(axes, included)
    check_choices(matrix, grid, facts)
    expansion = Expansion(grid, facts, {axis: grid.codes(axis, axes.texts(axis)) for axis in grid.names})
    _check_used(matrix, axes, expansion.tally)
    rows, excluded = _without(matrix.exclude, grid, expansion.rows, facts)
    reasons: dict[tuple[int, ...], str] = {}
    for index, cell in enumerate(included):
        row = grid.row(cell)
        _check_included(matrix, index, cell, facts, known=row in rows.tolist() or tuple(row) in reasons)
        reasons[tuple(row)] = matrix.include[index].reason
    rows = grid.sorted(np.concatenate([rows, np.array([*reasons], np.int16).reshape(-1, len(grid.names))]))
    cells = Cells(grid, rows, expansion.traces, reasons)
    return Plan(axes, cells, axes.size, expansion.tally.rejected, excluded, matrix.exclude)


def _without(excludes: Iterable[Exclude], grid: Grid, rows: Rows, facts: Facts) -> tuple[Rows, dict[str, int]]:
    """The rows that no exclude entry takes out, and reason to the number of those that one does."""
    excluded: Counter[str] = Counter()
    for matcher, reason in exclusions(excludes, facts):
        taken = matcher.mask(grid, rows)
        if taken.any():
            excluded[reason] += int(taken.sum())
            rows = rows[~taken]
    return rows, dict(excluded)


Exclusions = Sequence[tuple[Matcher, str]]


def exclusions(excludes: Iterable[Exclude], facts: Facts) -> Exclusions:
    """Exclude entries, ready to be asked, each with its reason."""
    return [(Matcher(exclude.match, facts), exclude.reason) for exclude in excludes]


def excluding(cell: Cell, excludes: Exclusions) -> str | None:
    """The reason of the first entry that takes a cell out."""
    return next((reason for matcher, reason in excludes if matcher.accepts(cell)), None)


def _check_used(matrix: Matrix, axes: Axes, tally: Tally) -> None:
    """An entry of an axis that no cell can have is a mistake; of a range it is enough that one value can be had."""
    if not tally.rules:
        return
    if not tally.used:
        raise _no_cell(matrix, tally)
    for axis in ORDER:
        unused: dict[int, str] = {}
        used = set()
        for text in axes.texts(axis):
            entry = axes.written[axis, text]
            if (axis, text) in tally.used:
                used.add(entry)
            else:
                unused.setdefault(entry, text)
        for entry, text in unused.items():
            if entry not in used:
                raise _useless(matrix, axis, entry, text, tally.why_unused((axis, text)))


def _no_cell(matrix: Matrix, tally: Tally) -> MatrixError:
    """Nothing is left: the rule that rejected most says why, at an axis that it is about."""
    verdict = tally.most
    read = next(rule.axes for rule in RULES if rule.id == verdict.rule)
    axes = [axis for axis in matrix.axis_names if axis in read]
    return MatrixError(
        f"The matrix has no cell. Most combinations are rejected by the rule {verdict.rule}: {verdict.sentence}",
        f"Change the values of {listed(axes) or 'the axes'} so that some go together; `envgen why CELL` explains one.",
        matrix.place("axes", *axes[:1]),
    )


def _useless(matrix: Matrix, axis: str, entry: int, text: str, verdicts: Sequence[Verdict]) -> MatrixError:
    why = " ".join(verdict.sentence for verdict in verdicts)
    return MatrixError(
        f"No cell of the matrix can have {axis} {text}, says the rule {verdicts[0].rule}: {why}",
        f"Remove {text}, or give the other axes values that go with it.",
        matrix.place("axes", axis, entry),
    )


def _check_included(matrix: Matrix, index: int, cell: Cell, facts: Facts, *, known: bool) -> None:
    """Refuses an included cell that the matrix has anyway, or that cannot be; an unsupported one may be insisted on."""
    place = matrix.place("include", index)
    rejection = judge(cell, facts).insurmountable
    if rejection:
        raise MatrixError(
            f"The included cell {cell} is rejected by the rule {rejection.rule}: {rejection.sentence}",
            "Change its values, or remove the entry.",
            place,
        )
    if known:
        raise MatrixError(f"{cell} is in the matrix already.", "Remove this entry.", place)


def _cell(matrix: Matrix, index: int, include: Include) -> Cell:
    """The cell of an include entry.

    Raises:
        MatrixError: it lacks a value, or a value is not one.
    """
    values = include.values
    lacking = [axis for axis in matrix.axis_names if axis not in values]
    if lacking:
        raise MatrixError(
            f"The included cell has no value for {listed(lacking)}.",
            "Give it a value on every axis.",
            matrix.place("include", index),
        )
    try:
        return Cell(
            python=PythonVersion.parse(values["python"]),
            torch=Release.parse(values["torch"]),
            cuda=Cuda.parse(values["cuda"]),
            tensorrt=None if values["tensorrt"] == NONE else TensorRt.parse(values["tensorrt"]),
            os=Os.parse(values["os"]),
            arch=Arch.parse(values["arch"]),
            extra=tuple((axis.name, values[axis.name]) for axis in matrix.extra),
        )
    except GrammarError as error:
        raise MatrixError(f"In the included cell, {error}.", place=matrix.place("include", index)) from None
