"""Decisions between causes that print the same text, by what stands in it and by what else is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envgen.diagnose.causes import Cause
from envgen.diagnose.libraries import linked_library, missing_dll, missing_header, missing_library, of_torch
from envgen.diagnose.names import base, causes_of
from envgen.diagnose.rule import Clues, Decide
from envgen.diagnose.symbols import linked, on_macos, undefined

_Evidence = Mapping[str, str]
_OTHER_RELEASE = (Cause.TRT_VERSION_MISMATCH, Cause.TRT_PLAN_CORRUPT)
_NO_PLAN = (Cause.TRT_PLAN_CORRUPT, Cause.TRT_VERSION_MISMATCH)


def _missing_module(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """A module that Python did not find."""
    return causes_of("modules", evidence["name"])


def _missing_kernel(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """An operator without a kernel for the tensors it was given."""
    if evidence["operator"].startswith(("tensorrt::", "torch_tensorrt::")):
        return (Cause.TORCHTRT_RUNTIME_NOT_LOADED,)
    if evidence["backend"] in ("CUDA", "QuantizedCUDA", "HIP", "XPU"):
        return (Cause.CUDA_CPU_BUILD_MISMATCH, Cause.TORCH_VERSION_MISMATCH)
    return (Cause.TORCH_VERSION_MISMATCH, Cause.CUDA_CPU_BUILD_MISMATCH)


def _no_cuda_runtime(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """torch found no GPU to work with; a CUDA_HOME that is a list says more."""
    folder = re.sub(r"^[A-Za-z]:", "", evidence.get("value", ""))
    if ":" in folder or ";" in folder:
        return (Cause.CUDA_TOOLKIT_MISSING,)
    return (Cause.DRIVER_MISSING_OR_TOO_OLD, Cause.CUDA_TOOLKIT_MISSING)


def _plan_release(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """The release that a plan's head names; one of zeros is no head that TensorRT wrote."""
    return _NO_PLAN if set(evidence.get("found", "1")) <= {"0", "."} else _OTHER_RELEASE


def _plan_magic(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """No plan at all, or one with the head of another release: which check failed tells which reader it was."""
    other_head = evidence.get("check", "").lower() in ("magictag", "plan->header.magictag")
    return _OTHER_RELEASE if other_head else _NO_PLAN


def _windows_module(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """A DLL or one that it needs; that of TensorRT's own module is most likely one of TensorRT."""
    name = evidence.get("name", "") or base(evidence.get("file", ""))
    ours = re.match(r"tensorrt|nvinfer|torch_?trt", name) or "tensorrt" in evidence.get("line", "").lower()
    return (Cause.WIN_DLL_NOT_FOUND, Cause.TRT_LIB_MISSING if ours else Cause.IMPORT_TORCH_FIRST)


def _windows_procedure(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """A function that a DLL lacks: another torch; within torch's own folder several torches, or others' libraries."""
    file = evidence.get("file", "")
    if of_torch(file):
        return (Cause.STALE_BUILD, Cause.TORCH_VERSION_MISMATCH)
    if Cause.CUDA_RUNTIME_MISSING in causes_of("libraries", base(file)):
        return (Cause.VENDOR_LIB_VERSION_MIX, Cause.STALE_BUILD)
    return (Cause.TORCH_VERSION_MISMATCH, Cause.PYTHON_ABI_MISMATCH, Cause.STALE_BUILD)


def _windows_image(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """No valid program: torch's own libraries are of the right machine, so it is their content."""
    if evidence.get("file"):
        return (Cause.BINARY_DAMAGED, Cause.MACHINE_ARCH_MISMATCH)
    return (Cause.MACHINE_ARCH_MISMATCH, Cause.BINARY_DAMAGED)


def _macos_library(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """A library that dyld did not find; what it says behind "Reason" tells more where there is one."""
    name = base(evidence["library"])
    if re.match(r"libpython|Python\b", name):
        return (Cause.PYTHON_ABI_MISMATCH, Cause.RPATH_MISSING)
    if re.match(r"lib(?:cu(?:da|dart|dnn)|nv)", name):
        return (Cause.CUDA_RUNTIME_MISSING, Cause.CUDA_CPU_BUILD_MISMATCH)
    if evidence["library"].startswith(("/usr/lib/", "/System/")):
        return (Cause.MAC_DEPLOYMENT_TARGET, Cause.RPATH_MISSING)
    return (Cause.RPATH_MISSING, Cause.IMPORT_TORCH_FIRST)


def _musl_symbol(evidence: _Evidence, clues: Clues) -> tuple[Cause, ...]:
    """A function that musl does not find; what is none of torch's or Python's is one of glibc."""
    return undefined(evidence, clues) or (Cause.GLIBC_TOO_OLD,)


def _cmake_package(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """A package that CMake did not find."""
    return causes_of("packages", evidence["name"])


def _killed(evidence: _Evidence, _clues: Clues) -> tuple[Cause, ...]:
    """Ended for its memory: while building, the compilers were it."""
    if "building" in evidence.get("doing", ""):
        return (Cause.BUILD_OOM, Cause.OUT_OF_MEMORY)
    return (Cause.OUT_OF_MEMORY, Cause.BUILD_OOM)


def _crashed(_evidence: _Evidence, clues: Clues) -> tuple[Cause, ...]:
    """Native code that gave up; where it may have been built against another torch, that is a reason to."""
    return (Cause.CRASHED,) if clues.facts.same_torch else (Cause.CRASHED, Cause.TORCH_VERSION_MISMATCH)


def _windows_library(evidence: _Evidence, clues: Clues) -> tuple[Cause, ...]:
    """A DLL that Windows itself did not find, with its name or without."""
    return missing_dll(evidence, clues) if evidence.get("library") else (Cause.WIN_DLL_NOT_FOUND,)


def _placeholder(_evidence: _Evidence, clues: Clues) -> tuple[Cause, ...]:
    """A package that fetches its wheel while it is installed: what stopped it stands elsewhere, if anywhere."""
    if {"stub-no-wheel", "stub-other-content"} & clues.marks:
        return ()
    if "stub-not-there" in clues.marks:
        return (Cause.VENDOR_WHEEL_MISSING,)
    return (Cause.VENDOR_INDEX_UNREACHABLE,) if "stub-unreachable" in clues.marks else ()


DECISIONS: Mapping[str, Decide] = {
    "undefined-symbol": undefined,
    "macos-symbol": on_macos,
    "musl-symbol": _musl_symbol,
    "linked-symbol": linked,
    "missing-library": missing_library,
    "missing-header": missing_header,
    "missing-dll": missing_dll,
    "linked-library": linked_library,
    "missing-module": _missing_module,
    "missing-kernel": _missing_kernel,
    "no-cuda-runtime": _no_cuda_runtime,
    "placeholder": _placeholder,
    "plan-release": _plan_release,
    "plan-magic": _plan_magic,
    "windows-library": _windows_library,
    "windows-module": _windows_module,
    "windows-procedure": _windows_procedure,
    "windows-image": _windows_image,
    "macos-library": _macos_library,
    "cmake-package": _cmake_package,
    "killed": _killed,
    "crashed": _crashed,
}
