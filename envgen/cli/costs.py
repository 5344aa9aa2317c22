"""What cells cost in the runs that lie beside a matrix, and what cells may cost by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from envgen.cell import Cell, GrammarError
from envgen.compat.facts import Facts
from envgen.errors import EnvgenError
from envgen.plan import Costs, Spent
from envgen.report import load_report
from envgen.results import CellResult, Rung
from envgen.run.rungs.creation import ENVIRONMENT_BYTES
from envgen.run.workspace import Workspace
from envgen.spec.defaults import load_defaults
from envgen.spec.matrix import Matrix, Unit


def learned_costs(matrix: Matrix) -> Costs:
    """What earlier runs say of the costs of cells; what is usual, where they say nothing."""
    runs = Workspace.beside(matrix.file).runs
    folders = sorted(folder for folder in runs.iterdir() if folder.is_dir()) if runs.is_dir() else []
    spent = tuple(cost for folder in folders for cost in _spent_in(folder))
    return Costs(spent, matrix.runners, load_defaults().costs)


def costs_json(cells: Sequence[Cell], costs: Costs, facts: Facts) -> list[dict[str, float | None]]:
    """What each cell may cost: seconds of a machine, bytes of disk and, where its runner has a price, dollars."""
    minutes = costs.of(cells, Unit.MINUTES, facts).tolist()
    gigabytes = costs.of(cells, Unit.GIGABYTES, facts).tolist()
    prices = [costs.price(cell, facts) for cell in cells]
    return [
        {
            "seconds": round(time * 60, 1),
            "bytes": round(size * 1e9),
            "dollars": round(time * price, 4) if price else None,
        }
        for time, size, price in zip(minutes, gigabytes, prices, strict=True)
    ]


def _spent_in(folder: Path) -> Iterator[Spent]:
    try:
        cells = load_report(folder).report.cells
    except EnvgenError:
        return  # a folder that holds no run, or a damaged one, teaches nothing
    for result in cells:
        minutes = sum(rung.seconds or 0.0 for rung in result.rungs) / 60
        cell = _cell(result)
        if cell and minutes and result.finished:
            yield Spent(cell, minutes, _gigabytes(result))


def _gigabytes(result: CellResult) -> float | None:
    created = result.rung(Rung.CREATED)
    size = created.facts.get(ENVIRONMENT_BYTES) if created else None
    return size / 1e9 if isinstance(size, int) else None


def _cell(result: CellResult) -> Cell | None:
    try:
        return Cell.parse(result.cell)
    except GrammarError:
        return None
