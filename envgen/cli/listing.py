"""The cells of a plan as lines, as JSON, and as the matrix of a workflow."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.pins import pins
from envgen.errors import UsageError
from envgen.plan import Planned
from envgen.plan.runners import runner_for
from envgen.spec.matrix import Matrix

MANY = 200  # cells that a terminal is spared
SHOWN = 50  # of so many


class _Torches:
    """The torch of a cell and where it comes from; found out once for all cells that share what decides it."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[tuple[object, ...], tuple[str, str]] = {}

    def of(self, cell: Cell) -> tuple[str, str]:
        key = (cell.python, cell.torch, cell.cuda, cell.os, cell.arch)
        if key not in self._known:
            pinned = pins(cell, self._facts)
            self._known[key] = str(pinned.torch), pinned.index.folder or "default"
        return self._known[key]


def show_cells(cells: Sequence[Planned], facts: Facts, console: Console, *, limited: bool) -> None:
    """A line for each cell; written as it is, for there may be very many."""
    shown = cells[:SHOWN] if limited and len(cells) > MANY else cells
    torches = _Torches(facts)
    rows = [
        ("cell", "torch", "index", "note"),
        *((str(each.cell), *torches.of(each.cell), _note(each)) for each in shown),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows if shown else ():
        line = "  ".join((*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3])).rstrip()
        print(f"\033[1m{line}\033[0m" if row is rows[0] and console.is_terminal else line, file=console.file)
    if len(shown) < len(cells):
        console.print(f"... and {len(cells) - len(shown)} more; --all lists them.", highlight=False)
    console.print()


def _note(entry: Planned) -> str:
    return entry.included or ("newer than the facts" if entry.trace.unknown else "")


def cells_json(cells: Sequence[Planned], facts: Facts) -> list[dict[str, object]]:
    """What is known of each cell before anything is run."""
    torches = _Torches(facts)
    found: list[dict[str, object]] = []
    for entry in cells:
        torch, index = torches.of(entry.cell)
        found.append(
            {
                "cell": str(entry.cell),
                "axes": dict(entry.cell.axes()),
                "torch": torch,
                "index": index,
                "unknown": entry.trace.unknown,
                "included": entry.included,
            }
        )
    return found


def github_matrix(cells: Sequence[Planned], spec: Matrix, facts: Facts) -> dict[str, object]:
    """A value for `strategy.matrix`.

    Raises:
        UsageError: no runner takes a cell.
    """
    include = []
    for entry in cells:
        runner = runner_for(entry.cell, spec, facts)
        if runner is None:
            raise UsageError(
                f"No runner of {spec.file.name} takes the cell {entry.cell}.",
                "Add one under `runners:`, or select cells that have one.",
            )
        include.append({"cell": str(entry.cell), "runs-on": list(runner.labels), "gpu": runner.gpu})
    return {"include": include}
