"""A cell of another machine: from which cell of this one its commands can be translated."""

from __future__ import annotations

from pathlib import Path

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.errors import EnvgenError
from envgen.machine import Machine, find_interpreter
from envgen.manual.recipe import Recipe
from envgen.plan import Plan, applies
from envgen.spec.matrix import Extension


def is_here(cell: Cell, machine: Machine) -> bool:
    """Whether a cell can be made on this machine."""
    return cell.os == machine.os and cell.arch is machine.arch


def stand_in(cell: Cell, planned: Plan, machine: Machine, recorded: Path) -> Cell:
    """The cell of this machine with the same torch and CUDA: one already recorded, of the same Python, or the first.

    Args:
        recorded: the folder of recorded cells.

    Raises:
        EnvgenError: the matrix has none.
    """
    alike = [
        entry.cell
        for entry in planned.cells
        if is_here(entry.cell, machine)
        and (entry.cell.torch, entry.cell.cuda, entry.cell.extra) == (cell.torch, cell.cuda, cell.extra)
    ]
    if not alike:
        raise EnvgenError(
            f"{cell} is of another machine, and the matrix has no cell of this one ({machine.os or machine.system} on"
            f" {machine.arch}) with torch {cell.torch} and {cell.cuda}, whose build could be recorded and translated.",
            "Run this on a machine of that system, or add such a cell to the matrix.",
        )

    def preference(other: Cell) -> tuple[bool, bool, bool]:
        known = (recorded / str(other) / "recipe.json").is_file()
        return (not known, other.python != cell.python, find_interpreter(other.python) is None)

    return min(alike, key=preference)


def of_applying_steps(recipe: Recipe, cell: Cell, extension: Extension, facts: Facts) -> Recipe:
    """The recipe with the build steps that a cell has.

    Raises:
        EnvgenError: it has one that was not recorded.
    """
    wanted = [step.name for step in extension.build.steps if applies(step.when, cell, facts)]
    if not extension.build.steps:
        return recipe
    if missing := [name for name in wanted if name not in recipe.steps]:
        raise EnvgenError(
            f"{cell} has the build step {missing[0]}, which {recipe.cell} has not: its commands are not known.",
            "Run this on a machine of that system.",
        )
    return recipe.model_copy(update={"actions": tuple(action for action in recipe.actions if action.step in wanted)})
