"""The rule on the machine: its system, its processor, its word size."""

from __future__ import annotations

from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Verdict


def _machine(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    binary = subject.binary
    if binary.format.family is target.family and binary.arch is target.arch:
        return None
    own = case.platform.words if case.platform else f"{binary.format.family} on {binary.machine}"
    return Finding(
        Verdict.FAILS,
        Cause.MACHINE_ARCH_MISMATCH,
        f"{subject.file} is a library for {own} ({binary.bits} bits); the target is {target.platform.words}",
        "Take the wheel of that platform, or build there.",
        (("found", binary.machine), ("needed", target.arch.value)),
    )


MACHINE = Rule("machine", "Is it for this system and this processor?", ("platform",), _machine, ends=True)
