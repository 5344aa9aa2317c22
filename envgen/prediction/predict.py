"""Asks the rules of a binary and of targets, each question once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envgen.binary import Binary
from envgen.prediction.case import Case
from envgen.prediction.knowledge import Knowledge
from envgen.prediction.rules import RULES
from envgen.prediction.subject import Subject
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Prediction, Verdict

_Answers = dict[tuple[object, ...], Finding | None]


def predict(binary: Binary | Subject, target: Target, knowledge: Knowledge) -> Prediction:
    """Whether a binary loads in a target, and why not."""
    return predict_all(binary, (target,), knowledge)[0]


def predict_all(binary: Binary | Subject, targets: Iterable[Target], knowledge: Knowledge) -> tuple[Prediction, ...]:
    """The same for many targets, in their order; what is alike in several is looked up once."""
    case = Case(binary if isinstance(binary, Subject) else Subject(binary), knowledge)
    answers: _Answers = {}
    return tuple(_predict(case, target, answers) for target in targets)


def _predict(case: Case, target: Target, answers: _Answers) -> Prediction:
    findings = sorted(_findings(case, target, answers), key=lambda found: -found[1].verdict.weight)
    return Prediction(target, case.subject.file, tuple(findings))


def _findings(case: Case, target: Target, answers: _Answers) -> Iterator[tuple[str, Finding]]:
    for rule in RULES:
        key = (rule.id, *(getattr(target, name) for name in rule.reads))
        if key not in answers:
            answers[key] = rule.judge(case, target)
        finding = answers[key]
        if finding:
            yield rule.id, finding
            if rule.ends and finding.verdict is Verdict.FAILS:
                return
