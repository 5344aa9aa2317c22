"""Whether the engines of a file load in a cell: a small rule for each thing that TensorRT or torch-tensorrt checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from envgen.engine.facts import Engine, Inspected
from envgen.engine.knowledge import Knowledge
from envgen.engine.place import Place
from envgen.engine.rules.gpu import gpu_served, gpu_suits
from envgen.engine.rules.platform import platform_suits
from envgen.engine.rules.reason import Condition, Reason
from envgen.engine.rules.release import release_suits, runtime_suits
from envgen.engine.rules.torch_tensorrt import module_suits
from envgen.prediction.verdict import Verdict
from envgen.results import Diagnosis

Rule = Callable[[Engine, Place, Knowledge], Iterator[Reason | Condition]]
RULES: tuple[Rule, ...] = (
    module_suits,
    platform_suits,
    release_suits,
    runtime_suits,
    gpu_served,
    gpu_suits,
)


@dataclass(frozen=True)
class Judgement:
    """How a file fares in a cell.

    Attributes:
        diagnoses: what speaks against it, the weightiest first; empty when it loads.
        conditions: what must be besides, in words.
    """

    place: Place
    verdict: Verdict
    diagnoses: tuple[Diagnosis, ...] = ()
    conditions: tuple[str, ...] = ()


def judge(inspected: Inspected, place: Place, knowledge: Knowledge) -> Judgement:
    """Whether all engines of a file load in a cell, as far as facts tell."""
    reasons = [Reason(Verdict.FAILS, each) for each in inspected.diagnoses]
    conditions: list[str] = []
    for engine in inspected.engines:
        for rule in RULES:
            for found in rule(engine, place, knowledge):
                if isinstance(found, Condition):
                    conditions.append(found.text)
                else:
                    reasons.append(found)
    reasons.sort(key=lambda reason: -reason.verdict.weight)
    diagnoses: list[Diagnosis] = []
    for reason in reasons:
        sourced = _with_source(reason.diagnosis, knowledge)
        if sourced not in diagnoses:
            diagnoses.append(sourced)
    verdict = reasons[0].verdict if reasons else Verdict.LOADS
    return Judgement(place, verdict, tuple(diagnoses), tuple(dict.fromkeys(conditions)))


def _with_source(diagnosis: Diagnosis, knowledge: Knowledge) -> Diagnosis:
    source = knowledge.rules.get(diagnosis.rule)
    if source is None or "source" in diagnosis.evidence:
        return diagnosis
    return diagnosis.model_copy(update={"evidence": {**diagnosis.evidence, "source": str(source)}})
