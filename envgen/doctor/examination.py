"""An environment looked at and judged, as one result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import JsonValue

from envgen.compat.facts import Facts
from envgen.doctor.checks import CHECKS
from envgen.doctor.finding import Finding, Severity, judge
from envgen.doctor.look import Request, look
from envgen.doctor.observed import Observed
from envgen.doctor.place import Place


@dataclass(frozen=True)
class Examination:
    """What was found in an environment, the errors first."""

    observed: Observed
    findings: tuple[Finding, ...]
    checks: int
    facts_as_of: date

    def number(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def healthy(self) -> bool:
        """Whether nothing was found that will or may fail."""
        return not self.number(Severity.ERROR) and not self.number(Severity.WARNING)

    def as_json(self) -> dict[str, JsonValue]:
        """For programs; `findings` in the order in which they are shown."""
        python, torch = self.observed.interpreter, self.observed.torch_version
        return {
            "python": {"executable": python.executable, "version": python.version, "prefix": python.prefix},
            "torch": str(torch) if torch else None,
            "cuda": str(self.observed.torch_cuda) if self.observed.torch_cuda else None,
            "checks": self.checks,
            "facts_as_of": str(self.facts_as_of),
            "counts": {severity.value: self.number(severity) for severity in Severity},
            "findings": [_as_json(finding) for finding in self.findings],
        }


def _as_json(finding: Finding) -> dict[str, JsonValue]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "sentence": finding.sentence,
        "where": list(finding.where),
        "remedy": finding.remedy,
        "command": finding.command,
        "cause": finding.cause.value if finding.cause else None,
        "evidence": dict(finding.evidence),
    }


def examine(place: Place, request: Request, facts: Facts) -> Examination:
    """Looks at an environment, which takes as long as importing torch does, and judges it.

    Raises:
        UsageError: its interpreter does not run.
    """
    observed = look(place, request)
    return Examination(observed, judge(CHECKS, observed, facts), len(CHECKS), facts.taken)
