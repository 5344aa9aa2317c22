"""What a cell costs: minutes, dollars and gigabytes, from cells that were run before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.errors import UsageError
from envgen.plan.match import applies
from envgen.spec.matrix import Runner, Unit

# What two cells must share to cost the same, the closest likeness first.
_LIKENESS = (("torch", "cuda", "tensorrt", "os", "arch"), ("torch", "cuda"), ("cuda",), ())


@dataclass(frozen=True)
class Spent:
    """What one cell cost in a run: minutes of the machine and, where it was measured, gigabytes of disk."""

    cell: Cell
    minutes: float
    gigabytes: float | None = None


@dataclass(frozen=True)
class Costs:
    """What cells may be expected to cost.

    Attributes:
        spent: what cells cost in earlier runs.
        runners: of the matrix; what a minute costs is theirs to say.
        usual: minutes and gigabytes of a cell without CUDA, and of one with it, where nothing like it was run.
    """

    spent: tuple[Spent, ...] = ()
    runners: tuple[Runner, ...] = ()
    usual: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 1.0), (1.0, 1.0))

    def of(self, cells: Sequence[Cell], unit: Unit, facts: Facts) -> NDArray[np.float64]:
        """What each cell costs.

        Raises:
            UsageError: dollars are asked for, and a cell's runner has no price.
        """
        if unit is Unit.CELLS:
            return np.ones(len(cells))
        if unit is Unit.GIGABYTES:
            sizes = [(spent.cell, spent.gigabytes) for spent in self.spent if spent.gigabytes]
            return np.array([_expected(cell, sizes, self._usual(cell)[1]) for cell in cells])
        times = [(spent.cell, spent.minutes) for spent in self.spent]
        minutes = np.array([_expected(cell, times, self._usual(cell)[0]) for cell in cells])
        if unit is Unit.MINUTES:
            return minutes
        prices = np.array([self._due(cell, facts) for cell in cells], np.float64)
        return np.asarray(minutes * prices, np.float64)

    def price(self, cell: Cell, facts: Facts) -> float | None:
        """Dollars a minute on the runner that takes the cell; None where nobody says it."""
        runner = self._runner(cell, facts)
        return (runner.price or None) if runner else None

    def _usual(self, cell: Cell) -> tuple[float, float]:
        return self.usual[0 if cell.cuda.is_cpu else 1]

    def _runner(self, cell: Cell, facts: Facts) -> Runner | None:
        return next((runner for runner in self.runners if applies(runner.match, cell, facts)), None)

    def _due(self, cell: Cell, facts: Facts) -> float:
        price = self.price(cell, facts)
        if price:
            return price
        why = "its runner has no `price`." if self._runner(cell, facts) else "no runner takes it."
        raise UsageError(
            f"What {cell} costs in dollars is not known: {why}",
            "Give every runner under `runners:` its `price` in dollars a minute.",
        )


def _expected(cell: Cell, known: Iterable[tuple[Cell, float]], usual: float) -> float:
    """The median over the cells most like this one; what is usual where there are none."""
    rows = tuple(known)
    own = [cost for other, cost in rows if other == cell]
    if own:
        return median(own)
    for axes in _LIKENESS if rows else ():
        alike = [cost for other, cost in rows if all(other.value(axis) == cell.value(axis) for axis in axes)]
        if alike:
            return median(alike)
    return usual
