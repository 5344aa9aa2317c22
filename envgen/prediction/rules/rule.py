"""What a rule is: one question asked of a binary and a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from envgen.prediction.case import Case
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding


@dataclass(frozen=True)
class Rule:
    """One question.

    Attributes:
        asks: the question, for people.
        reads: the attributes of a target that the answer depends on; it is asked once for all targets alike in them.
        judge: what speaks against loading; None for nothing. A finding that loads is what systems must have.
        ends: whether after a failure no other question makes sense.
        sure: whether a failure holds whatever else may be installed in the target.
    """

    id: str
    asks: str
    reads: tuple[str, ...]
    judge: Callable[[Case, Target], Finding | None]
    ends: bool = False
    sure: bool = True
