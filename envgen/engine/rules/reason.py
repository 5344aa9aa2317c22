"""What a rule says of an engine in a cell."""

from __future__ import annotations

from dataclasses import dataclass

from envgen.diagnose import Cause, catalogue, diagnosis
from envgen.prediction.verdict import UNKNOWN, Verdict
from envgen.results import Diagnosis


@dataclass(frozen=True)
class Reason:
    """What speaks against loading."""

    verdict: Verdict
    diagnosis: Diagnosis


@dataclass(frozen=True)
class Condition:
    """What must be besides, as a part of a sentence."""

    text: str


def fails(cause: Cause, rule: str, sentence: str = "", fix: str = "", *, more: str = "", **evidence: str) -> Reason:
    """It will not load.

    Args:
        sentence: in place of the catalogue's.
        more: a sentence after it.
    """
    said = sentence or catalogue()[cause].sentence(evidence)
    return Reason(Verdict.FAILS, diagnosis(cause, evidence, rule, f"{said} {more}".strip(), fix))


def not_known(rule: str, sentence: str, fix: str = "", **evidence: str) -> Reason:
    """The file or the facts do not say it."""
    return Reason(Verdict.UNKNOWN, Diagnosis(cause=UNKNOWN, sentence=sentence, fix=fix, evidence=evidence, rule=rule))
