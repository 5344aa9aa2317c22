"""Asks the rules of a binary and of targets, each question once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from envgen.binary import Binary
from envgen.prediction.case import Case
from envgen.prediction.knowledge import Knowledge
from envgen.prediction.rules import RULES, Rule
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
    file = case.subject.file
    return Prediction(
        target=target,
        verdict=findings[0][1].verdict if findings else Verdict.LOADS,
        diagnoses=tuple(each.diagnosis(rule.id, file) for rule, each in findings if each.verdict is not Verdict.LOADS),
        conditions=tuple(each.diagnosis(rule.id, file) for rule, each in findings if each.verdict is Verdict.LOADS),
        missing=tuple(chain.from_iterable(each.missing for _, each in findings)),
    )


def _findings(case: Case, target: Target, answers: _Answers) -> Iterator[tuple[Rule, Finding]]:
    for rule in RULES:
        key = (rule.id, *(getattr(target, name) for name in rule.reads))
        if key not in answers:
            answers[key] = rule.judge(case, target)
        finding = answers[key]
        if finding:
            yield rule, finding
            if rule.ends and finding.verdict is Verdict.FAILS:
                return
