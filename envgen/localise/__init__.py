"""Which shortest conjunctions of axis ranges explain failures, and which further cells would tell."""

from envgen.localise.adaptive import EXTRA, Localised, Localiser, Question, localise
from envgen.localise.explanation import Explanation, Finding, Rival, explain
from envgen.localise.pattern import Condition, Pattern

__all__ = [
    "EXTRA",
    "Condition",
    "Explanation",
    "Finding",
    "Localised",
    "Localiser",
    "Pattern",
    "Question",
    "Rival",
    "explain",
    "localise",
]
