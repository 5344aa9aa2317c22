"""What the facts of binaries say of a load before it is tried."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain

from packaging.version import Version

from envgen.crossload.plan import Built, Pair
from envgen.crossload.record import WHOLE, Foreseen
from envgen.prediction import Knowledge, Prediction, Subject, Target, Verdict, predict


@dataclass
class Forecast:
    """Predicts pairs; what is alike in several is worked out once.

    Attributes:
        libraries: names of those that this machine has for every cell, such as its own CUDA runtime.
    """

    knowledge: Knowledge
    libraries: frozenset[str] = frozenset()
    _known: dict[tuple[str, str, str], Prediction] = field(default_factory=dict)

    def __call__(self, pair: Pair) -> Foreseen | None:
        """The prediction for a pair: of several binaries the weightiest; None where nothing can be told."""
        target = self._target(pair.loaded)
        files = pair.built.subjects if pair.what == WHOLE else [pair.what]
        subjects = [subject for file in files if (subject := pair.built.subjects.get(file))]
        if target is None or not subjects:
            return None
        predictions = [self._predict(pair, subject, target) for subject in subjects]
        worst = max((prediction.verdict for prediction in predictions), key=lambda verdict: verdict.weight)
        if worst is Verdict.LOADS:
            return Foreseen(verdict=worst)  # its diagnoses are conditions that the cell's own system meets
        against = (prediction.diagnoses for prediction in predictions if prediction.verdict is worst)
        return Foreseen(verdict=worst, diagnoses=tuple(chain.from_iterable(against)))

    def _predict(self, pair: Pair, subject: Subject, target: Target) -> Prediction:
        place = (pair.built.id, pair.loaded.id, subject.binary.file)
        if place not in self._known:
            self._known[place] = predict(subject, target, self.knowledge)
        return self._known[place]

    def _target(self, loaded: Built) -> Target | None:
        torch = loaded.job.locked_version("torch")
        if torch is None:
            return None
        return replace(Target.of_cell(loaded.job.cell, Version(torch), self.knowledge.facts), libraries=self.libraries)
