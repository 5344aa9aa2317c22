"""What a check says, and the checks as objects in an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from envgen.compat.facts import Facts
from envgen.diagnose.causes import Cause
from envgen.doctor.observed import Observed


class Severity(StrEnum):
    """An error will fail or gives wrong results, a warning may; an info is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        sentence: what, with the names and versions of this environment.
        where: the files, folders or variables that it is about.
        remedy: one sentence on what to do.
        command: what to type, where a command does it.
        cause: of the failure that it leads to, where the catalogue has one.
        evidence: what it was told from, name to value.
        check: id of the check that said so; `judge` sets it.
    """

    severity: Severity
    sentence: str
    where: tuple[str, ...] = ()
    remedy: str = ""
    command: str = ""
    cause: Cause | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    check: str = ""


@dataclass(frozen=True)
class Check:
    """One question to an environment.

    Attributes:
        id: stable, for people and programs.
        question: what it asks, as a sentence.
        ask: gives a finding for each thing that is wrong.
    """

    id: str
    question: str
    ask: Callable[[Observed, Facts], Iterable[Finding]]


def judge(checks: Iterable[Check], observed: Observed, facts: Facts) -> tuple[Finding, ...]:
    """What the checks find, the errors first, else in the order of the checks."""
    found = [replace(finding, check=check.id) for check in checks for finding in check.ask(observed, facts)]
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))
