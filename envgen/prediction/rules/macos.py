"""The rules on macOS: the oldest release it loads on, and its signature."""

from __future__ import annotations

from packaging.version import Version

from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Verdict


def _minimum(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    macho, has = subject.binary.macho, target.system.macos
    if macho is None or not macho.minimum_os or (has is not None and has >= Version(macho.minimum_os)):
        return None
    evidence = (("needed", macho.minimum_os), ("found", str(has or "unknown")))
    if not target.system.exact or has is None:
        return Finding(Verdict.LOADS, Cause.MAC_DEPLOYMENT_TARGET, f"macOS {macho.minimum_os} or newer", "", evidence)
    return Finding(
        Verdict.FAILS,
        Cause.MAC_DEPLOYMENT_TARGET,
        f"{subject.file} needs macOS {macho.minimum_os}; the target has {has}",
        f"Build it with MACOSX_DEPLOYMENT_TARGET={has}.",
        evidence,
    )


def _signature(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    macho = subject.binary.macho
    if macho is None or macho.signature not in ("none", "damaged"):
        return None
    if target.arch not in case.knowledge.systems.signed_only:
        return None
    state = "is not signed" if macho.signature == "none" else "has a damaged signature"
    return Finding(
        Verdict.FAILS,
        Cause.MAC_CODE_SIGNING,
        f"{subject.file} {state}: macOS on {target.arch} ends a process that loads it",
        f"Sign it ad hoc with `codesign --force --sign - {subject.file}`.",
        (("signature", macho.signature),),
    )


MACOS_MINIMUM = Rule("macos-minimum", "Is the system's macOS new enough?", ("system",), _minimum)
MACOS_SIGNATURE = Rule("macos-signature", "Does the system accept its signature?", ("platform",), _signature)
