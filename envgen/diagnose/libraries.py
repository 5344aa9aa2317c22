"""Why a library or a header is not found, told from its name and from what else is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envgen.diagnose.causes import Cause
from envgen.diagnose.names import base, causes_of
from envgen.diagnose.rule import Clues

OUTSIDE_PYTHON = frozenset({"program-needs-library", "link-needs-library"})  # rules that tell of plain programs
_TORCH = re.compile(
    r"(?:lib)?(?:(?:c10|shm|caffe2|ATen|TH|aoti_custom_ops)\w*|torch(?:_(?:cpu|cuda|hip|xpu|python|global|nvrtc)\w*)?)\.",
    re.IGNORECASE,
)
_DEVICE = re.compile(r"_(?:cuda|hip|xpu|nvrtc)")


def of_torch(library: str) -> bool:
    """Whether a library, given by name or path, is one of torch's own."""
    return bool(_TORCH.match(base(library)))


def missing_library(evidence: Mapping[str, str], clues: Clues) -> tuple[Cause, ...]:
    """A shared library that the loader did not find; one of a torch_extensions folder is a build that did not end."""
    name = base(evidence["library"])
    if "torch_extensions" in evidence["library"]:
        return (Cause.STALE_BUILD, Cause.RPATH_MISSING)
    if causes := causes_of("libraries", name):
        return causes
    if not of_torch(name):
        return (Cause.RPATH_MISSING, Cause.BINARY_DAMAGED)
    return _device_library(clues) if _DEVICE.search(name) else _torch_library(clues)


def _torch_library(clues: Clues) -> tuple[Cause, ...]:
    """One that every torch has: torch was not imported; outside of Python no path leads to it."""
    if clues.marks & OUTSIDE_PYTHON:
        return (Cause.RPATH_MISSING, Cause.IMPORT_TORCH_FIRST)
    if clues.facts.loads_torch:
        return (Cause.TORCH_VERSION_MISMATCH, Cause.RPATH_MISSING)
    return (Cause.IMPORT_TORCH_FIRST, Cause.RPATH_MISSING)


def _device_library(clues: Clues) -> tuple[Cause, ...]:
    """One that only CUDA builds have: torch is for the CPU, unless it is known not to be."""
    if clues.facts.cuda not in ("", "cpu"):
        return _torch_library(clues)
    if clues.marks & OUTSIDE_PYTHON and not clues.facts.cuda:
        return (Cause.RPATH_MISSING, Cause.CUDA_CPU_BUILD_MISMATCH)
    return (Cause.CUDA_CPU_BUILD_MISMATCH, Cause.IMPORT_TORCH_FIRST, Cause.RPATH_MISSING)


def missing_header(evidence: Mapping[str, str], _clues: Clues) -> tuple[Cause, ...]:
    """A header that a compiler did not find."""
    return causes_of("headers", evidence["header"].replace("\\", "/")) or (Cause.HEADER_NOT_FOUND,)


def linked_library(evidence: Mapping[str, str], _clues: Clues) -> tuple[Cause, ...]:
    """A library that the linker did not find: `-lcudart`, `python312.lib`."""
    name = base(evidence["library"]).removeprefix("lib")
    return causes_of("linked", re.sub(r"\.(?:lib|so|a|dylib|tbd)$", "", name)) or (Cause.LIBRARY_NOT_FOUND,)


def missing_dll(evidence: Mapping[str, str], _clues: Clues) -> tuple[Cause, ...]:
    """A DLL that a program of its own accord looked for by name."""
    return causes_of("libraries", base(evidence["library"])) or (Cause.WIN_DLL_NOT_FOUND,)
