"""GPUs, their driver, and whether torch has code for them."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.cell import Cuda, GrammarError, SmArch
from envgen.compat.facts import Facts
from envgen.compat.gpus import forward, gpu_of, runs
from envgen.compat.words import listed
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.checks.imports import trouble_at
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed

STUB = "cuInit returned 34"  # CUDA_ERROR_STUB_LIBRARY of cuda.h


def _cuda(observed: Observed) -> Cuda | None:
    cuda = observed.torch_cuda
    return None if cuda is None or cuda.is_cpu else cuda


def _driver(observed: Observed, facts: Facts) -> Iterator[Finding]:
    cuda, system = _cuda(observed), observed.system
    if cuda is None:
        return
    if system.no_gpu.startswith(STUB):
        yield Finding(
            Severity.ERROR,
            "The libcuda that is found is the toolkit's stub, which only serves to link.",
            where=tuple(f"{folder.variable}: {folder.path}" for folder in observed.libraries.folders
                        if any(name.startswith("libcuda.so") for name in folder.libraries)),
            remedy="Take the toolkit's folder `stubs` out of LD_LIBRARY_PATH.",
            command="unset LD_LIBRARY_PATH",
            cause=Cause.DRIVER_MISSING_OR_TOO_OLD,
        )  # fmt: skip
    elif system.nvidia_device and not system.gpus:
        yield Finding(
            Severity.ERROR,
            f"The machine has an NVIDIA device that cannot be used: {system.no_gpu}.",
            remedy=f"Install NVIDIA's driver{_oldest(observed, facts, cuda)}, or give the container its GPU"
            " (`docker run --gpus all`).",
            cause=Cause.DRIVER_MISSING_OR_TOO_OLD,
        )
    elif system.driver_cuda and system.driver_cuda.major < cuda.major:
        driver = f"driver {system.driver}" if system.driver else "driver"
        yield Finding(
            Severity.ERROR,
            f"The {driver} carries CUDA up to {system.driver_cuda.dotted}, and torch is built for {cuda.dotted}.",
            remedy=f"Install a driver{_oldest(observed, facts, cuda)}, or a torch for CUDA {system.driver_cuda.major}.",
            cause=Cause.DRIVER_MISSING_OR_TOO_OLD,
        )
    elif system.driver_cuda and system.driver_cuda < cuda:
        yield Finding(
            Severity.INFO,
            f"The driver carries CUDA up to {system.driver_cuda.dotted}, and torch is built for {cuda.dotted}: machine"
            " code of one major runs, but PTX of the newer one is not compiled.",
            cause=Cause.DRIVER_MISSING_OR_TOO_OLD,
        )


def _oldest(observed: Observed, facts: Facts, cuda: Cuda) -> str:
    known = facts.toolchain.minimum.get(cuda.major)
    driver = known.on(observed.interpreter.family) if known else None
    return f" from {driver} on" if driver else ""


def _cpu_torch(observed: Observed, facts: Facts) -> Iterator[Finding]:
    cuda, system = observed.torch_cuda, observed.system
    if cuda is not None and cuda.is_cpu and system.gpus:
        yield Finding(
            Severity.WARNING,
            f"There is a GPU ({system.gpus[0].name}), and torch {observed.torch_version} is built for the CPU.",
            where=tuple(map(str, observed.torches[:1])),
            remedy="Install a build of torch for CUDA; on Windows those are on PyTorch's own index alone.",
            command=pip(observed, "install", "--force-reinstall", "torch"),
            cause=Cause.CUDA_CPU_BUILD_MISMATCH,
        )


def _architecture(observed: Observed, facts: Facts) -> Iterator[Finding]:
    torch = observed.imported.torch
    codes = [code for text in (torch.arch_list if torch else ()) if (code := _code(text))]
    for gpu in observed.system.gpus if codes else ():
        target = gpu_of(gpu.compute_capability)
        if target is None or any(runs(code, target) for code in codes if not code.ptx):
            continue
        if any(forward(code, target) for code in codes if code.ptx):
            continue
        yield Finding(
            Severity.ERROR,
            f"torch has no code for {gpu.name} (compute capability {gpu.compute_capability}).",
            where=(f"torch has {listed(torch.arch_list if torch else ())}",),
            remedy="Install a torch whose build has it: `envgen why` tells for a cell with `gpu` on an axis.",
            cause=Cause.GPU_ARCH_MISSING,
        )


def _code(text: str) -> SmArch | None:
    """As torch lists them: `sm_90a` is machine code, `compute_120` is PTX."""
    kind, _, digits = text.partition("_")
    number = digits.rstrip("af")
    try:
        return SmArch.parse(f"{number[:-1]}.{number[-1:]}{digits[len(number) :]}{'+PTX' * (kind == 'compute')}")
    except GrammarError:
        return None


def _works(observed: Observed, facts: Facts) -> Iterator[Finding]:
    step, trouble = observed.imported.step("cuda"), trouble_at(observed, "cuda")
    if trouble:
        yield Finding(
            Severity.ERROR,
            f"torch sees a GPU, and the first thing computed on it fails: {trouble}.",
            remedy="Mend what the other findings say; if there are none, look into the driver's log (`dmesg`).",
            evidence={"trace": step.trace if step else ""},
        )
    elif _cuda(observed) and observed.system.gpus and step and not step.available:
        yield Finding(
            Severity.ERROR,
            "The driver lists a GPU, and torch, which is built for CUDA, does not see it.",
            where=tuple(f"{name}={observed.variables[name]}" for name in ("CUDA_VISIBLE_DEVICES",)
                        if name in observed.variables),
            remedy="Look at CUDA_VISIBLE_DEVICES, and at the other findings on the driver.",
            cause=Cause.DRIVER_MISSING_OR_TOO_OLD,
        )  # fmt: skip


CHECKS = (
    Check("driver", "Does the driver carry torch's CUDA?", _driver),
    Check("cpu-torch", "Is torch built for the GPU that is there?", _cpu_torch),
    Check("gpu-architecture", "Has torch code for the GPU?", _architecture),
    Check("gpu-works", "Does a computation on the GPU succeed?", _works),
)
