"""From a matrix to its cells: expand, constrain, select."""

from envgen.plan.cells import Planned
from envgen.plan.explanation import Explanation, explain
from envgen.plan.match import applies
from envgen.plan.pairs import Coverage, coverage
from envgen.plan.planner import Plan, plan
from envgen.plan.selection import Selection, cells_by_id, select

__all__ = [
    "Coverage",
    "Explanation",
    "Plan",
    "Planned",
    "Selection",
    "applies",
    "cells_by_id",
    "coverage",
    "explain",
    "plan",
    "select",
]
