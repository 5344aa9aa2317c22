"""The rule on the layout of torch's types, on which code depends that the binary compiled into itself."""

from __future__ import annotations

from packaging.version import Version

from envgen.compat.records import Platform
from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Verdict
from envgen.symbols import Difference, Layout

_STAND_IN = Platform.LINUX_X86_64
_FIX = "Build it against that release of torch."


def _layout(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    if not subject.torch_names or subject.stable or target.torch == subject.built_with:
        return None
    platform = _measured(case, target)
    here = case.knowledge.symbols.layout(target.torch, platform)
    if here is None:
        words = f"how torch {target.torch} lays out its types on {target.platform.words} is not known"
        return Finding(Verdict.UNKNOWN, None, words, f"`envgen facts index torch=={target.torch}` finds out.")
    possible = [case.knowledge.symbols.layout(release, platform) for release in case.candidates]
    known = [layout for layout in possible if layout is not None]
    if not known:
        own = f"torch {subject.built_with}" if subject.built_with else "the torch"
        words = f"how {own} lays out its types, for which {subject.file} was compiled, is not known"
        return Finding(Verdict.UNKNOWN, None, words)
    differing = ((layout.release, _gravest(case, layout, here)) for layout in known)
    found = [(release, difference) for release, difference in differing if difference]
    if found:
        return _finding(case, target, found[-1], sure=subject.built_with is not None and platform is target.platform)
    if platform is target.platform:
        return None
    return Finding(Verdict.LOADS, Cause.TORCH_VERSION_MISMATCH, f"types of torch that lie as on {platform.words}")


def _measured(case: Case, target: Target) -> Platform:
    """Where layouts were measured: Linux stands for a platform where nobody has, as the headers are the same."""
    own = case.knowledge.symbols.layout(target.torch, target.platform)
    return target.platform if own is not None else _STAND_IN


def _gravest(case: Case, built_with: Layout, here: Layout) -> Difference | None:
    differences = built_with.differences(here, case.groups)
    return case.knowledge.consequences.gravest(differences, case.subject.torch_names)


def _finding(case: Case, target: Target, found: tuple[Version, Difference], *, sure: bool) -> Finding:
    subject, (release, difference) = case.subject, found
    tried = case.knowledge.consequences.of(difference)
    built_with = subject.built_with
    compiled = f"was compiled for torch {release}" if built_with else f"may have been compiled for torch {release}"
    here = (
        f"in torch {target.torch} it is {difference.other}"
        if difference.other >= 0
        else f"torch {target.torch} has none"
    )
    sentence = f"{subject.file} {compiled}, whose {difference.key} is {difference.mine}; {here}"
    return Finding(
        Verdict.FAILS if sure and tried and tried.grave else Verdict.RISK,
        Cause.TORCH_VERSION_MISMATCH,
        f"{sentence}: {tried.seen}" if tried and tried.seen else sentence,
        _FIX,
        (
            ("layout", difference.group),
            ("difference", f"{difference.key}: {difference.mine}, {difference.other}"),
            ("built_with", str(built_with or "not known")),
        ),
    )


TORCH_LAYOUT = Rule("torch-layout", "Does torch lay out its types as expected?", ("torch", "platform"), _layout)
