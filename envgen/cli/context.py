"""What most commands begin with: the matrix, the facts, and the plan made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from envgen.cell import Cell, GrammarError
from envgen.compat.facts import Facts
from envgen.errors import UsageError
from envgen.machine import Machine
from envgen.plan import Plan, Selection, cells_by_id, plan, select
from envgen.results import LeftOut
from envgen.spec.load import load
from envgen.spec.matrix import Match, Matrix

MatrixOption = Annotated[
    Path,
    typer.Option("--matrix", "-m", metavar="FILE", help="The matrix file.", envvar="ENVGEN_MATRIX"),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select", "-s", metavar="NAME", help="A selection named in the matrix; may be repeated. `full` is every cell."
    ),
]
CellsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[CELL]...", help="Cell ids or globs, such as `py312-torch2.13-*`; instead of --select."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_MATRIX = Path("matrix.yaml")
FULL = "full"


def read_matrix(file: Path) -> tuple[Matrix, Facts, Plan]:
    """The matrix of a file, the facts, and the plan.

    Raises:
        MatrixError: one for each thing that is wrong with the matrix.
    """
    matrix = load(file)
    facts = Facts.bundled()
    return matrix, facts, plan(matrix, facts)


def choose(
    matrix: Matrix, facts: Facts, planned: Plan, machine: Machine, names: list[str] | None, ids: list[str] | None
) -> tuple[Selection, str]:
    """The cells that the command line asks for, and the request in words.

    Raises:
        UsageError: an unknown selection or cell.
        EmptySelectionError: nothing was chosen.
    """
    if ids and names:
        raise UsageError("Cells and --select were given together.", "Give one of them.")
    if ids:
        return _by_id(planned, ids, facts, machine), " ".join(ids)
    wanted = names or (["default"] if "default" in matrix.selections else [FULL])
    entries: tuple[Match, ...] = ()
    for name in wanted:
        if name == FULL:
            entries += (Match(),)
        elif name in matrix.selections:
            entries += matrix.selections[name]
        else:
            known = ", ".join([*matrix.selections, FULL])
            raise UsageError(f"{matrix.file} has no selection {name!r}.", f"It has: {known}.")
    return select(planned, entries, facts, machine.host), " + ".join(wanted)


def _by_id(planned: Plan, ids: list[str], facts: Facts, machine: Machine) -> Selection:
    exact = [text for text in ids if not set(text) & set("*?[")]
    named = cells_by_id(planned, exact, facts)
    globs = tuple(Match(cells=(text,)) for text in ids if text not in exact)
    matched = select(planned, globs, facts, machine.host).cells if globs else ()
    chosen = tuple(dict.fromkeys((*named, *matched)))
    left = len(planned.cells) - len(chosen)
    return Selection(chosen, (LeftOut(reason="not asked for", cells=left),) if left else ())


def parse_cell(text: str) -> Cell:
    """A cell id from the command line.

    Raises:
        UsageError: it is not one.
    """
    try:
        return Cell.parse(text)
    except GrammarError as error:
        raise UsageError(f"{error}.", "`envgen plan` lists the cells.") from None
