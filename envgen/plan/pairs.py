"""How much of a plan a selection stands for: the values that occur together in some cell, and in a chosen one."""

from __future__ import annotations

from collections.abc import Iterable

from envgen.covering.coverage import Coverage
from envgen.covering.coverage import coverage as covered
from envgen.plan.planner import Plan


def coverage(plan: Plan, places: Iterable[int], strength: int = 2) -> Coverage:
    """The pairs, or larger tuples, that the chosen cells cover, of those that the plan's cells have.

    Args:
        places: where the chosen cells stand in the plan.
    """
    return covered(plan.space, tuple(places), strength)
