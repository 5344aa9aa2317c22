"""The rules on CUDA: the runtime it needs, and whether the machine's driver and GPU run its device code."""

from __future__ import annotations

import re

from envgen.binary import covers
from envgen.diagnose import Cause
from envgen.prediction.case import Case
from envgen.prediction.rules.rule import Rule
from envgen.prediction.target import Target
from envgen.prediction.verdict import Finding, Verdict

_LINUX = re.compile(r"lib(?P<stem>\w+)\.so\.(?P<major>\d{1,2})(?:\.\d+)*", re.ASCII)
_WINDOWS = re.compile(r"(?P<stem>[A-Za-z]+)64_(?P<major>\d{2})\d?\.dll", re.ASCII)


def _runtime(case: Case, target: Target) -> Finding | None:
    subject, own = case.subject, target.cuda.major if target.cuda else None
    absent = [
        (library, major) for library, major in _cuda_libraries(case) if library not in target.libraries and major != own
    ]
    if not absent:
        return None
    library, major = absent[0]
    if target.cuda is None:
        words = f"{subject.file} needs {library}, and which CUDA that torch has is not known"
        return Finding(Verdict.UNKNOWN, None, words)
    brings = "has no CUDA" if target.cuda.is_cpu else f"brings that of CUDA {own}"
    return Finding(
        Verdict.FAILS,
        Cause.CUDA_RUNTIME_MISSING,
        f"{subject.file} needs {library} of CUDA {major}; this torch {brings}",
        f"Build it with CUDA {own}." if own else "Install a build of torch with CUDA.",
        (("library", library), ("needed", str(major)), ("found", str(target.cuda))),
    )


def _driver(case: Case, target: Target) -> Finding | None:
    subject, cuda = case.subject, case.subject.cuda
    if cuda is None:
        return None
    if target.driver is None:
        words = "an NVIDIA driver, whose own library it needs"
        return Finding(Verdict.LOADS, Cause.DRIVER_MISSING_OR_TOO_OLD, words) if cuda.driver else None
    oldest = case.knowledge.facts.toolchain.minimum.get(cuda.major or 0)
    wanted = oldest.on(target.family) if oldest else None
    if wanted is None or not target.driver.older_than(wanted):
        return None
    return Finding(
        Verdict.FAILS,
        Cause.DRIVER_MISSING_OR_TOO_OLD,
        f"{subject.file} needs the driver {wanted} of CUDA {cuda.major} to run its kernels; {target.driver} is older",
        f"Install a driver {wanted} or newer.",
        (("needed", str(wanted)), ("found", str(target.driver))),
    )


def _gpu(case: Case, target: Target) -> Finding | None:
    subject = case.subject
    device, gpu = subject.binary.device, target.gpu
    if device is None or gpu is None:
        return None
    if covers(device.code, gpu):
        return None
    held = ", ".join(map(str, device.code)) or "none"
    if device.damaged:
        return Finding(Verdict.UNKNOWN, None, f"{subject.file} has device code that cannot be read, beside {held}")
    return Finding(
        Verdict.FAILS,
        Cause.GPU_ARCH_MISSING,
        f"{subject.file} loads, but has no device code for {gpu.sm}: it has {held}",
        f'Build it with TORCH_CUDA_ARCH_LIST="{gpu.major}.{gpu.minor}+PTX".',
        (("gpu", gpu.sm), ("found", held)),
    )


def _cuda_libraries(case: Case) -> tuple[tuple[str, int], ...]:
    """CUDA's libraries that it needs by a name that carries the CUDA major, and that major."""
    needed = case.subject.needed
    matches = ((name, _LINUX.fullmatch(name) or _WINDOWS.fullmatch(name)) for name in needed)
    return tuple(
        (name, int(match["major"]))
        for name, match in matches
        if match and match["stem"] in case.knowledge.systems.cuda_stems
    )


CUDA_RUNTIME = Rule("cuda-runtime", "Does torch bring the CUDA it needs?", ("cuda", "libraries"), _runtime, sure=False)
CUDA_DRIVER = Rule("cuda-driver", "Is the driver new enough for its kernels?", ("platform", "driver"), _driver)
CUDA_GPU = Rule("cuda-gpu", "Has it device code for the GPU?", ("gpu",), _gpu)
