"""Why a cell is, or is not, in a matrix: for `envgen why`."""

from __future__ import annotations

from dataclasses import dataclass

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.verdict import Trace
from envgen.plan.planner import excluding, exclusions
from envgen.plan.resolve import resolve_axes
from envgen.plan.unchecked import Unchecked, unchecked
from envgen.spec.matrix import Matrix


@dataclass(frozen=True)
class Explanation:
    """What is to be said of one cell.

    Attributes:
        trace: every rule's verdict.
        in_matrix: whether the matrix plans the cell; None when no matrix was given.
        off_axes: a sentence for every axis of the matrix that lacks the cell's value.
        excluded: the reason of the exclude entry that takes the cell out.
        included: the reason of the include entry that brings the cell in.
        unchecked: what the facts do not tell of.
    """

    cell: Cell
    trace: Trace
    in_matrix: bool | None = None
    off_axes: tuple[str, ...] = ()
    excluded: str | None = None
    included: str | None = None
    unchecked: tuple[Unchecked, ...] = ()


def explain(cell: Cell, matrix: Matrix | None, facts: Facts) -> Explanation:
    """Judges a cell, and says what a matrix does with it.

    Raises:
        MatrixError: the axes of the matrix cannot be resolved.
    """
    trace = judge(cell, facts)
    if matrix is None:
        return Explanation(cell, trace)
    axes = cell.axes()
    included = next((include.reason for include in matrix.include if dict(include.values) == axes), None)
    off = resolve_axes(matrix, facts).off(cell)
    excluded = None if off or included else excluding(cell, exclusions(matrix.exclude, facts))
    insisted = included is not None and not trace.insurmountable
    in_matrix = insisted or (trace.accepted and not (off or excluded))
    taken_for_granted = unchecked(matrix, cell.extra)
    return Explanation(cell, trace, in_matrix, () if included else off, excluded, included, taken_for_granted)
