"""What a binary has to do with CUDA: the runtime, whether it is a part of it, and the GPUs it has code for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from envgen.binary.facts import Binary
from envgen.binary.fatbin import DeviceCode

_RUNTIME = re.compile(
    r"(?:lib)?cudart(?:64_|-[0-9a-f]+)?(?P<digits>\d{0,6})(?:\.so|\.dll)(?:\.(?P<version>\d{1,6}(?:\.\d+)*))?", re.ASCII
)
_DRIVER = re.compile(r"libcuda\.so(?:\.1)?|nvcuda\.dll", re.ASCII)
_OTHERS = re.compile(
    r"(?:lib)?(?:cublas|cublasLt|cudnn|cufft|curand|cusolver|cusparse|cusparseLt|nvrtc|nvJitLink|nccl|nvToolsExt|cupti|cufile"
    r"|nvjpeg|npp\w+|cudart)(?:64_|-[0-9a-f]+)?\w*(?:\.so|\.dll)[\d.]*",
    re.ASCII,
)
_CALLS = re.compile(r"cuda[A-Z]\w+|__cuda[A-Z]\w+", re.ASCII)


class Linked(StrEnum):
    """How a binary comes by the CUDA runtime."""

    SHARED = "shared"
    STATIC = "static"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CudaFacts:
    """What ties a binary to CUDA.

    Attributes:
        runtime: how it comes by the runtime.
        told_by: what `runtime` was told by, for people.
        library: the runtime that it needs by name: `libcudart.so.13`.
        major: of the CUDA that the runtime, or the toolkit that compiled its device code, is of; None when unknown.
        libraries: all of NVIDIA's libraries that it needs by name.
        driver: whether it needs the driver's own library, without which it does not load.
        code: the architectures that it has device code for.
        parts, compressed: pieces of device code, and how many of them are compressed.
    """

    runtime: Linked
    told_by: str
    library: str
    major: int | None
    libraries: tuple[str, ...]
    driver: bool
    code: tuple[DeviceCode, ...]
    parts: int
    compressed: int


def cuda_facts(binary: Binary) -> CudaFacts | None:
    """What ties a binary to CUDA; None when nothing does."""
    delayed = binary.pe.delayed if binary.pe else ()
    names = [name.rsplit("/", 1)[-1] for name in (*binary.needed, *delayed)]
    libraries = tuple(name for name in names if _OTHERS.fullmatch(name))
    driver = any(_DRIVER.fullmatch(name.lower()) for name in names)
    if not (libraries or driver or binary.device):
        return None
    library = next((name for name in libraries if "cudart" in name.lower()), "")
    runtime, told_by = _runtime(binary, library)
    device = binary.device
    return CudaFacts(
        runtime=runtime,
        told_by=told_by,
        library=library,
        major=_major(library) or _toolkit_major(binary),
        libraries=libraries,
        driver=driver,
        code=device.code if device else (),
        parts=device.parts if device else 0,
        compressed=device.compressed if device else 0,
    )


def _runtime(binary: Binary, library: str) -> tuple[Linked, str]:
    if library:
        return Linked.SHARED, f"it needs {library}"
    if binary.marks.cudart:
        return Linked.STATIC, "the runtime's own error texts are in it, and it needs no cudart library"
    if any(_CALLS.fullmatch(name) for name in binary.imports):
        return Linked.UNKNOWN, "it calls the runtime and names no library that has it; another library brings it"
    return (Linked.UNKNOWN, "it has device code, and nothing else of a runtime") if binary.device else (Linked.NONE, "")


def _major(library: str) -> int | None:
    """`libcudart.so.13` and `cudart64_13.dll` are 13, `cudart64_110.dll` is 11."""
    match = _RUNTIME.fullmatch(library)
    if not match:
        return None
    digits = (match["version"] or "").split(".")[0] or match["digits"]
    if not digits:
        return None
    return int(digits[:-1]) if len(digits) > 2 else int(digits)


def _toolkit_major(binary: Binary) -> int | None:
    return int(binary.marks.toolkit.split(".")[0]) if binary.marks.toolkit else None
