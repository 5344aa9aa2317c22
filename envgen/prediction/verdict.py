"""What is predicted of a binary in a target, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from envgen.binary import printable
from envgen.diagnose import Cause
from envgen.prediction.target import Target
from envgen.results import Diagnosis

LONGEST = 2000  # characters of a name or a sentence; mangled names are long
UNKNOWN = "unknown"  # in place of a cause: nothing is wrong as far as is known


class Verdict(StrEnum):
    """How a binary fares in a target.

    RISK loads as far as names can tell, but was compiled for another layout of torch's types: it may crash or compute
    with the wrong field. UNKNOWN is never guessed at: something that decides is not known.
    """

    LOADS = "loads"
    RISK = "risk"
    UNKNOWN = "unknown"
    FAILS = "fails"

    @property
    def weight(self) -> int:
        """The heavier of two verdicts is that of both together."""
        return list(Verdict).index(self)


@dataclass(frozen=True)
class Finding:
    """What one rule says against a binary in a target.

    Attributes:
        cause: None for what is not known.
        missing: mangled names of what nothing in the target defines.
    """

    verdict: Verdict
    cause: Cause | None
    sentence: str
    fix: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()

    def diagnosis(self, rule: str, file: str) -> Diagnosis:
        """As results carry it.

        Args:
            rule: the id of the rule that found it.
            file: the binary it is about.
        """
        sentence = self.sentence if self.cause else f"{self.sentence[0].upper()}{self.sentence[1:]}"
        return Diagnosis(
            cause=self.cause or UNKNOWN,
            sentence=f"{printable(sentence, LONGEST)}.",
            fix=printable(self.fix, LONGEST),
            evidence={"file": printable(file), **{name: printable(text, LONGEST) for name, text in self.evidence}},
            rule=rule,
        )


@dataclass(frozen=True)
class Prediction:
    """What is said of one binary in one target.

    Attributes:
        file: the name of the binary.
        findings: id of a rule and what it found, the weightiest first.
    """

    target: Target
    file: str
    findings: tuple[tuple[str, Finding], ...] = ()

    @property
    def verdict(self) -> Verdict:
        return self.findings[0][1].verdict if self.findings else Verdict.LOADS

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """What speaks against it, the weightiest first; empty when it loads."""
        return self._of(lambda verdict: verdict is not Verdict.LOADS)

    @property
    def failures(self) -> tuple[Diagnosis, ...]:
        """Those of them by which it fails."""
        return self._of(lambda verdict: verdict is Verdict.FAILS)

    @property
    def conditions(self) -> tuple[Diagnosis, ...]:
        """What the system must have, where the target stands for any: `glibc 2.32 or newer (debian12, ...)`."""
        return self._of(lambda verdict: verdict is Verdict.LOADS)

    @property
    def missing(self) -> tuple[str, ...]:
        """Mangled names that the target does not define."""
        return tuple(name for _, finding in self.findings for name in finding.missing)

    def _of(self, wanted: Callable[[Verdict], bool]) -> tuple[Diagnosis, ...]:
        return tuple(each.diagnosis(rule, self.file) for rule, each in self.findings if wanted(each.verdict))
