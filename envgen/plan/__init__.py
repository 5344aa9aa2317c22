"""From a matrix to its cells: expand, constrain, select."""

from envgen.plan.cells import Planned
from envgen.plan.costs import Costs, Spent
from envgen.plan.explanation import Explanation, explain
from envgen.plan.match import applies
from envgen.plan.pairs import coverage
from envgen.plan.planner import Plan, plan
from envgen.plan.reduction import Scene
from envgen.plan.selection import Selection, narrow, places_by_id, select, selection_of

__all__ = [
    "Costs",
    "Explanation",
    "Plan",
    "Planned",
    "Scene",
    "Selection",
    "Spent",
    "applies",
    "coverage",
    "explain",
    "narrow",
    "places_by_id",
    "plan",
    "select",
    "selection_of",
]
