"""Which runner takes a cell."""

from __future__ import annotations

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.plan.match import applies
from envgen.spec.matrix import Matrix, Runner


def runner_for(cell: Cell, matrix: Matrix, facts: Facts) -> Runner | None:
    """The first runner of the matrix that takes the cell; None when none does."""
    return next((runner for runner in matrix.runners if applies(runner.match, cell, facts)), None)
