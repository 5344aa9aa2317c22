"""The rules on Linux: the versions of the C and the C++ library, and the stack."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from envgen.binary import VersionNeed
from envgen.cell import Os
from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.subject import Subject
from envgen.prediction.target import System, Target
from envgen.prediction.verdict import Finding, Verdict


def _glibc(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    needed = glibc_needed(case)
    if needed is None:
        return None
    systems = case.knowledge.facts.systems
    others = [(fact.glibc, os) for os, fact in systems.items() if fact.glibc and fact.glibc >= needed]
    return _too_old(
        subject,
        target.system,
        (Cause.GLIBC_TOO_OLD, "glibc", target.system.glibc, needed),
        _oldest(others),
        "Build it on a system at least as old, such as a manylinux image.",
    )


def _libstdcxx(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    needed = glibcxx_needed(case)
    if needed is None:
        return None
    others = [(has, os) for os, (has, _) in case.knowledge.facts.abi.systems.items() if has >= needed]
    return _too_old(
        subject,
        target.system,
        (Cause.LIBSTDCXX_TOO_OLD, "GLIBCXX", target.system.glibcxx, needed),
        _oldest(others),
        "Build it with a compiler at least as old, or take a newer libstdc++ such as conda-forge's.",
    )


def _too_old(
    subject: Subject, system: System, need: tuple[Cause, str, Version | None, Version], others: str, fix: str
) -> Finding | None:
    cause, what, has, needed = need
    if has is not None and has >= needed:
        return None
    evidence = (("needed", str(needed)), ("found", str(has or "unknown")))
    if system.exact and has is None:
        return Finding(Verdict.UNKNOWN, None, f"which {what} {system.name} has is not known", "", evidence)
    if not system.exact:
        return Finding(Verdict.LOADS, cause, f"{what} {needed} or newer ({others})", fix, evidence)
    sentence = f"{subject.file} needs {what} {needed}; {system.name} has {has}"
    return Finding(Verdict.FAILS, cause, sentence, fix, evidence)


def _oldest(systems: Iterable[tuple[Version, Os]]) -> str:
    """The oldest release of each distribution among systems: `debian12, ubuntu22.04 and later`."""
    by_name: dict[str, Os] = {}
    for _, os in sorted(systems, reverse=True):
        by_name[os.name] = os
    shown = [str(by_name[name]) for name in sorted(by_name)]
    return f"{', '.join(shown)} and later" if shown else "no system that is known has it"


def glibc_needed(case: Case) -> Version | None:
    """The oldest glibc that has every version of symbols the binary asks for."""
    subject = case.subject
    named = case.knowledge.systems.glibc_named
    versions = [named[need.version] for need in _needs(subject) if need.version in named]
    return max([*versions, *_versions(subject, "GLIBC_")], default=None)


def glibcxx_needed(case: Case) -> Version | None:
    """The oldest libstdc++ that has every version of symbols the binary asks for, as its newest GLIBCXX_."""
    subject = case.subject
    table = case.knowledge.systems.cxxabi
    by_abi = [
        min((came for cxxabi, came in table.items() if cxxabi >= version), default=max(table.values()))
        for version in _versions(subject, "CXXABI_")
        if version >= min(table)
    ]
    return max([*by_abi, *_versions(subject, "GLIBCXX_")], default=None)


def _exec_stack(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    elf, has = subject.binary.elf, target.system.glibc
    since = case.knowledge.systems.exec_stack
    if elf is None or elf.exec_stack is not True or has is None:
        return None
    sentence = f"{subject.file} asks for an executable stack, which glibc refuses since {since}"
    fix = f"Link it with -Wl,-z,noexecstack, or clear the mark with `patchelf --clear-execstack {subject.file}`."
    if has >= since:
        return Finding(Verdict.FAILS, Cause.EXEC_STACK, sentence, fix, (("glibc", str(has)),))
    return None if target.system.exact else Finding(Verdict.LOADS, Cause.EXEC_STACK, sentence, fix)


def _needs(subject: Subject) -> tuple[VersionNeed, ...]:
    return subject.binary.elf.version_needs if subject.binary.elf else ()


def _versions(subject: Subject, prefix: str) -> list[Version]:
    """Those that are numbers: `GLIBC_PRIVATE` is none."""
    versions = []
    for need in _needs(subject):
        if need.version.startswith(prefix):
            try:
                versions.append(Version(need.version.removeprefix(prefix)))
            except InvalidVersion:
                continue
    return versions


GLIBC = Rule("glibc", "Is the system's C library new enough?", ("system",), _glibc)
LIBSTDCXX = Rule("libstdcxx", "Is the system's C++ library new enough?", ("system",), _libstdcxx, sure=False)
EXEC_STACK = Rule("exec-stack", "Does the system let it have its executable stack?", ("system",), _exec_stack)
