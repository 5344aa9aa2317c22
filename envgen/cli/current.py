"""The running interpreter as the one cell of a run, and what a selection says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from envgen.cell import Cell, Release
from envgen.cli.choosing import Request
from envgen.cli.context import choose
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.words import counted
from envgen.environment import current_cell
from envgen.machine import Machine
from envgen.plan import Plan, Planned, Selection
from envgen.run.leases import fitting
from envgen.spec.labels import GPU
from envgen.spec.matrix import Matrix

CURRENT = "current"


@dataclass(frozen=True)
class Current:
    """The cell that an interpreter is.

    Attributes:
        words: what was asked for.
        taken: what exactly it is.
    """

    selection: Selection
    words: str
    taken: str


def choose_current(
    matrix: Matrix, facts: Facts, planned: Plan, machine: Machine, request: Request, python: Path | None
) -> Current:
    """The interpreter's cell, under the label that the matrix has for it.

    A selection says what the run is meant for. The interpreter is what this machine has, so where it is none of the
    selected cells it is run all the same, and a remark says so.

    Raises:
        UsageError: the interpreter is no cell; or an unknown selection or cell.
        EmptySelectionError: the selection chooses nothing.
    """
    asked, words = (None, CURRENT) if request.is_empty else choose(matrix, facts, planned, machine, request)
    chosen = asked.cells if asked else ()
    exact = current_cell(machine, python)
    selected = _label(exact, chosen, machine, facts)
    cell = selected or _label(exact, planned.cells, machine, facts) or exact
    remarks = (_remark(cell, words, len(chosen), selected=selected is not None),) if asked else ()
    one = Selection((Planned(cell, judge(cell, facts)),), (), remarks)
    return Current(one, words, f"{exact} of {python or 'envgen'}")


def _remark(cell: Cell, words: str, cells: int, *, selected: bool) -> str:
    if not selected:
        asked = f"{words}: {counted(cells, 'cell')}"
        return f"This interpreter is {cell}, which is not among what was asked for ({asked}); it is run as it is."
    others = f"; the {counted(cells - 1, 'other')} need environments of their own" if cells > 1 else ""
    return f"This interpreter is {cell}, of the selection {words}{others}."


def _label(exact: Cell, cells: Iterable[Planned], machine: Machine, facts: Facts) -> Cell | None:
    """The cell of the matrix that stands for the exact one, so that their results share a row."""
    return next((entry.cell for entry in cells if _stands_for(entry.cell, exact, machine, facts)), None)


def _stands_for(cell: Cell, exact: Cell, machine: Machine, facts: Facts) -> bool:
    """Whether a label means these versions; of what surrounds the cell, only its GPU can be looked at."""
    if any(axis != GPU for axis, _ in cell.extra) or (cell.extra and not fitting(machine.gpus, cell)):
        return False
    return replace(_as_exact(cell, facts), extra=()) == exact


def _as_exact(cell: Cell, facts: Facts) -> Cell:
    """A cell with the versions that its labels stand for."""
    torch = facts.newest_patch(cell.torch)
    label = cell.tensorrt
    tensorrt = label and facts.newest_tensorrt(label)
    return replace(
        cell,
        torch=Release(str(torch)) if torch else cell.torch,
        tensorrt=replace(label, release=Release(str(tensorrt))) if label and tensorrt else label,
    )
