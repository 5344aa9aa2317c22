"""What is wrong with an environment where torch is installed: facts are gathered, then small checks judge them."""

from envgen.doctor.checks import CHECKS
from envgen.doctor.examination import Examination, examine
from envgen.doctor.finding import Check, Finding, Severity, judge
from envgen.doctor.look import Request, look
from envgen.doctor.observed import Observed
from envgen.doctor.place import Place, place_of

__all__ = [
    "CHECKS",
    "Check",
    "Examination",
    "Finding",
    "Observed",
    "Place",
    "Request",
    "Severity",
    "examine",
    "judge",
    "look",
    "place_of",
]
