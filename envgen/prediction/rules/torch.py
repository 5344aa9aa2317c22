"""The rules on torch: its libraries, its C++ ABI, its symbols."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from envgen.binary.systems import comes_with_system
from envgen.cell import OsFamily
from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.rules.words import demangled, some
from envgen.prediction.subject import Subject
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Verdict

_OF_CUDA = re.compile(r"(?:lib)?(?:c10_cuda|torch_cuda\w*)\.(?:so|dll)", re.ASCII)
_OF_OTHERS = re.compile(r"(?:lib)?(?:c10|torch)_(?P<kind>hip|xpu)\.(?:so|dll)", re.ASCII)
_OF_TORCH = re.compile(r"lib(?:c10|torch)(?:_\w+)?\.so", re.ASCII)
_ABI_WORDS = {True: "the C++11 ABI of libstdc++", False: "the ABI of libstdc++ before C++11"}
_REBUILD = "Build it against that release of torch, or against torch's stable ABI for all later ones."


def _libraries(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    needed = [name for name in subject.needed if _OF_CUDA.fullmatch(name)]
    others = [name for name in subject.needed if _OF_OTHERS.fullmatch(name)]
    if others:
        return _without(subject, target, others[0], "was built for another kind of GPU than CUDA's")
    if not needed or (target.cuda and not target.cuda.is_cpu):
        return None
    if target.cuda is None:
        return Finding(
            Verdict.UNKNOWN, None, f"{subject.file} needs {needed[0]}, and whether that torch has CUDA is not known"
        )
    return _without(subject, target, needed[0], "was built for CUDA")


def _without(subject: Subject, target: Target, library: str, built: str) -> Finding:
    return Finding(
        Verdict.FAILS,
        Cause.CUDA_CPU_BUILD_MISMATCH,
        f"{subject.file} needs {library}, for it {built}; this torch is the build for {target.cuda or 'another'}",
        "Install the build of torch that it was made for, or build it without device code.",
        (("library", library),),
    )


def _linked(case: Case, target: Target) -> Finding | None:
    """On Linux `import torch` keeps its libraries to itself: only those that name one of them see what they define."""
    subject = case.subject
    if subject.binary.elf is None or not subject.torch_names:
        return None
    needed = [PurePosixPath(name).name for name in subject.binary.needed]
    if any(_OF_TORCH.fullmatch(name) or not comes_with_system(name, OsFamily.LINUX) for name in needed):
        return None  # what is not the system's may bring torch's
    taken = demangled(subject.torch_names[:1])[0]
    if subject.beside:
        words = f"which library brings {taken} is not known: {subject.file} was linked with none of torch's"
        return Finding(Verdict.UNKNOWN, None, words)
    return Finding(
        Verdict.FAILS,
        Cause.IMPORT_TORCH_FIRST,
        f"{subject.file} takes {some((taken,))} from torch and was linked with none of its libraries",
        "Link it with -lc10 -ltorch -ltorch_cpu -ltorch_python, as torch.utils.cpp_extension does.",
        (("symbol", subject.torch_names[0]), ("function", taken)),
    )


def _cxx11_abi(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    own, other = subject.torch.cxx11 if subject.torch else None, target.cxx11_abi
    if own is None or other is None or own == other:
        return None
    return Finding(
        Verdict.FAILS,
        Cause.CXX11_ABI_MISMATCH,
        f"{subject.file} was compiled for {_ABI_WORDS[own]}, and torch {target.torch} for {_ABI_WORDS[other]}",
        f"Build it with -D_GLIBCXX_USE_CXX11_ABI={int(other)}, as torch's own builder does.",
        (("binary", str(int(own))), ("torch", str(int(other)))),
    )


def _symbols(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    if not subject.torch_names:
        return None
    if target.cuda is None:
        return Finding(Verdict.UNKNOWN, None, f"which build of torch {target.torch} the target has is not known")
    missing = case.missing(target.torch, with_cuda=not target.cuda.is_cpu)
    if missing is None:
        return _by_floor(case, target)
    if not missing:
        return None
    readable = demangled(missing[:1])
    return Finding(
        Verdict.FAILS,
        Cause.TORCH_VERSION_MISMATCH,
        f"torch {target.torch} does not define {some(readable, len(missing))}, which {subject.file} needs",
        _REBUILD,
        (("symbol", missing[0]), ("function", readable[0]), ("missing", str(len(missing)))),
        missing,
    )


def _by_floor(case: Case, target: Target) -> Finding | None:
    """Of a release that nobody has looked into: torch's C shim is one for all platforms, and only grows."""
    span, newest = case.stable_span, max(case.knowledge.facts.torch)
    if span and span.floor and span.floor <= target.torch <= newest:
        return None
    if span and span.without and target.torch <= span.without:
        return Finding(
            Verdict.FAILS,
            Cause.TORCH_VERSION_MISMATCH,
            f"{case.subject.file} keeps to torch's stable ABI as torch {span.floor or 'after ' + str(span.without)} has"
            f" it; torch {target.torch} lacks a part of it",
            "Build it with TORCH_TARGET_VERSION of an older release, or take a newer torch.",
            (("floor", str(span.floor or "unknown")),),
        )
    newer = ", which is newer than the facts," if target.torch > newest else ""
    return Finding(
        Verdict.UNKNOWN,
        None,
        f"what torch {target.torch}{newer} defines on {target.platform.words} is not known",
        f"`envgen facts index torch=={target.torch}` reads it from the wheel.",
    )


TORCH_LIBRARIES = Rule("torch-libraries", "Does this build of torch have the libraries?", ("cuda",), _libraries)
TORCH_LINKED = Rule("torch-linked", "Does it name torch's libraries?", (), _linked, sure=False)
TORCH_CXX11_ABI = Rule("torch-cxx11-abi", "Do they share a C++ ABI?", ("torch", "cuda", "cxx11_abi"), _cxx11_abi)
TORCH_SYMBOLS = Rule("torch-symbols", "Does torch define what it takes?", ("torch", "platform", "cuda"), _symbols)
