"""Few cells that cover much: t-wise arrays, budgets, extremes, and why a pair of values cannot be."""

from envgen.covering.bound import lower_bound
from envgen.covering.budget import Budgeted, within
from envgen.covering.coverage import Coverage, coverage
from envgen.covering.greedy import cover
from envgen.covering.solver import Solved, optimal
from envgen.covering.tuples import Tuples

__all__ = ["Budgeted", "Coverage", "Solved", "Tuples", "cover", "coverage", "lower_bound", "optimal", "within"]
