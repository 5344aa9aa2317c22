"""What is wrong with a binary, as diagnoses."""

from __future__ import annotations

from envgen.binary.findings import findings
from envgen.binary.look import Looked
from envgen.diagnose import Cause, diagnosis
from envgen.results import Diagnosis


def diagnoses_of(looked: Looked) -> tuple[Diagnosis, ...]:
    """What is wrong with a file wherever it is loaded, with a remedy each."""
    return tuple(
        diagnosis(Cause(each.cause), each.evidence, each.rule, each.sentence, each.fix) for each in findings(looked)
    )
