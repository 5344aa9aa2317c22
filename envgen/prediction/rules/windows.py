"""The rule on Windows: which C runtime it was linked with."""

from __future__ import annotations

from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Verdict


def _runtime(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    if subject.binary.pe is None:
        return None
    debug = [name for name in subject.needed if name.lower() in case.knowledge.systems.debug_runtimes]
    if debug:
        return Finding(
            Verdict.FAILS,
            Cause.WIN_CRT_MISMATCH,
            f"{subject.file} needs the debug C runtime ({debug[0]}), which no user has, and torch uses the other",
            "Build it with /MD and without _DEBUG.",
            (("library", debug[0]), ("crt", "/MDd")),
        )
    if "/MT" in subject.binary.pe.crt and subject.torch_names:
        return Finding(
            Verdict.RISK,
            Cause.WIN_CRT_MISMATCH,
            f"{subject.file} has a C runtime of its own (/MT): what torch allocates it must not free, nor torch its",
            "Build it with /MD.",
            (("crt", "/MT"),),
        )
    return None


WINDOWS_RUNTIME = Rule("windows-runtime", "Does it share torch's C runtime?", (), _runtime)
