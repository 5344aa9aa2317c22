"""What cannot load in a place that is known exactly, whatever else is installed there: nothing that is only a risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from envgen.prediction.knowledge import Knowledge
from envgen.prediction.predict import predict
from envgen.prediction.rules import RULES
from envgen.prediction.subject import Subject
from envgen.prediction.target import Target
from envgen.prediction.verdict import UNKNOWN
from envgen.results import Diagnosis


@dataclass(frozen=True)
class Sure:
    """What is certain of several libraries that come together.

    Attributes:
        failures: why one of them cannot load; empty when nothing is certain to keep them.
        not_judged: sentences on what was not known, each once.
    """

    failures: tuple[Diagnosis, ...]
    not_judged: tuple[str, ...]


def surely_fails(subjects: Iterable[Subject], target: Target, knowledge: Knowledge) -> Sure:
    """Of what is to load in a target, what certainly does not."""
    sure = {rule.id for rule in RULES if rule.sure}
    predictions = [predict(subject, target, knowledge) for subject in subjects]
    return Sure(
        failures=tuple(why for each in predictions for why in each.failures if why.rule in sure),
        not_judged=tuple(
            dict.fromkeys(why.sentence for each in predictions for why in each.diagnoses if why.cause == UNKNOWN)
        ),
    )
