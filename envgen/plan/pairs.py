"""How much of a plan a selection stands for: the pairs of values that occur together in some cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from envgen.plan.cells import Planned
from envgen.plan.planner import Plan

Pair = tuple[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Coverage:
    """Pairs of values of two axes: those that some cell of the plan has, and those that a chosen cell has."""

    covered: int
    feasible: int
    missing: tuple[Pair, ...]

    @property
    def share(self) -> float:
        return self.covered / self.feasible if self.feasible else 1.0


def coverage(plan: Plan, chosen: Iterable[Planned]) -> Coverage:
    """The pairs that the chosen cells cover, of those that the plan's cells have."""
    feasible, covered = _pairs(plan.cells), _pairs(chosen)
    return Coverage(len(feasible & covered), len(feasible), tuple(sorted(feasible - covered)))


def _pairs(cells: Iterable[Planned]) -> set[Pair]:
    return {pair for planned in cells for pair in combinations(planned.cell.axes().items(), 2)}
