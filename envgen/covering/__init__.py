"""Few cells that cover much: t-wise arrays, budgets, extremes, and why a pair of values cannot be."""

from envgen.covering.bound import lower_bound
from envgen.covering.budget import Budgeted, within
from envgen.covering.changed import cover_values, tuples_with
from envgen.covering.coverage import Coverage, coverage
from envgen.covering.extremes import extremes
from envgen.covering.greedy import cover
from envgen.covering.reasons import Constraint, excluded_pairs
from envgen.covering.solver import Solved, optimal
from envgen.covering.tuples import Tuples

__all__ = [
    "Budgeted",
    "Constraint",
    "Coverage",
    "Solved",
    "Tuples",
    "cover",
    "cover_values",
    "coverage",
    "excluded_pairs",
    "extremes",
    "lower_bound",
    "optimal",
    "tuples_with",
    "within",
]
