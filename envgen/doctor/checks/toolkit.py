"""The CUDA toolkit against torch's CUDA, and its nvcc against the host compiler."""

from __future__ import annotations

import os
from collections.abc import Iterator

from packaging.version import Version

from envgen.cell import Cuda, OsFamily
from envgen.compat.facts import Facts
from envgen.diagnose.causes import Cause
from envgen.doctor.checks.commands import pip
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import CudaHome, Observed


def _is_cuda(observed: Observed) -> bool:
    return observed.torch_cuda is not None and not observed.torch_cuda.is_cpu


def _home(observed: Observed, facts: Facts) -> Iterator[Finding]:
    home = observed.tools.cuda_home
    if home is None:
        yield from _no_toolkit(observed, facts)
        return
    wrong = _wrong_with(home, observed.interpreter.family)
    if not wrong or not (home.variable or _is_cuda(observed)):
        return
    name = home.variable or "CUDA_HOME"
    true_home = observed.tools.true_home
    better = str(true_home) if true_home and str(true_home) != home.text else ""
    yield Finding(
        Severity.ERROR if home.variable and _is_cuda(observed) else Severity.WARNING,
        f"{name} {wrong}" if home.variable else f"{name} is not set, and what builds take for it {wrong}",
        where=(f"{name}={home.text}" if home.variable else home.text,),
        remedy=f"Set it to the toolkit's folder{', which nvcc itself names' if better else ''}, or unset it."
        if home.variable or better
        else "Set it to the folder of a whole toolkit.",
        command=f"export {name}={better}" if better else f"unset {home.variable}" if home.variable else "",
        cause=Cause.CUDA_TOOLKIT_MISSING,
    )


def _wrong_with(home: CudaHome, family: OsFamily) -> str:
    if not home.exists:
        several = family is not OsFamily.WINDOWS and os.pathsep in home.text
        return "names several folders; it takes one." if several else "names a folder that is not there."
    if home.nvcc is None:
        return "names a folder without a working bin/nvcc."
    return "" if home.has_headers else "names a folder without the toolkit's headers (include/cuda_runtime.h)."


def _no_toolkit(observed: Observed, facts: Facts) -> Iterator[Finding]:
    cuda = observed.torch_cuda
    if cuda is None or cuda.is_cpu or observed.interpreter.family is OsFamily.MACOS:
        return
    yield Finding(
        Severity.INFO,
        f"There is no CUDA toolkit: no extension with device code can be compiled here for CUDA {cuda.dotted}.",
        remedy="Install one, where extensions are to be built; what only runs needs none.",
        command=_from_wheels(observed, facts, cuda),
        cause=Cause.CUDA_TOOLKIT_MISSING,
    )


def _from_wheels(observed: Observed, facts: Facts, cuda: Cuda) -> str:
    """The command that installs the toolkit of a CUDA as wheels; empty where there are none."""
    wheels = facts.toolchain.wheels.get(cuda, ())
    return pip(observed, "install", *wheels) if wheels else ""


def _nvcc(observed: Observed) -> tuple[Version, str] | None:
    """The nvcc that torch's builds start, and where it is."""
    home, on_path = observed.tools.cuda_home, observed.tools.nvcc
    if home and home.nvcc:
        return home.nvcc, home.text
    return (on_path.version, str(on_path.path)) if on_path and on_path.version else None


def _version(observed: Observed, facts: Facts) -> Iterator[Finding]:
    cuda, nvcc = observed.torch_cuda, _nvcc(observed)
    if cuda is None or cuda.is_cpu or nvcc is None or nvcc[0] == Version(cuda.dotted):
        return
    same_major = nvcc[0].major == cuda.major
    sentence = f"The CUDA toolkit is {nvcc[0]}, and torch is built for {cuda.dotted}"
    refuses = ": headers of the one meet libraries of the other." if same_major else ": torch refuses to build with it."
    yield Finding(
        Severity.WARNING if same_major else Severity.ERROR,
        sentence + refuses,
        where=(nvcc[1],),
        remedy=f"Set CUDA_HOME to a toolkit of CUDA {cuda.dotted}, or install a torch for CUDA {nvcc[0]}.",
        command=_from_wheels(observed, facts, cuda),
        cause=Cause.CUDA_MAJOR_MISMATCH_BUILD,
    )


def _two_nvccs(observed: Observed, facts: Facts) -> Iterator[Finding]:
    home, on_path = observed.tools.cuda_home, observed.tools.nvcc
    if home and home.nvcc and on_path and on_path.version and home.nvcc != on_path.version:
        yield Finding(
            Severity.WARNING,
            f"CUDA_HOME has nvcc {home.nvcc}, and PATH leads to nvcc {on_path.version}: torch's builds take the first,"
            " CMake's the second.",
            where=(home.text, str(on_path.path)),
            remedy="Put the toolkit's own folder first on PATH.",
            command=f'export PATH="{home.text}/bin:$PATH"',
            cause=Cause.CUDA_MAJOR_MISMATCH_BUILD,
        )


def _host_compiler(observed: Observed, facts: Facts) -> Iterator[Finding]:
    nvcc, host = _nvcc(observed), observed.tools.nvcc_host
    if not _is_cuda(observed) or nvcc is None or host is None:
        return
    if host.compiler is None:
        if observed.tools.cxx.path:  # with no compiler at all, that is said already
            yield Finding(
                Severity.ERROR,
                f"nvcc is to compile host code with {host.asked}, which is not there or does not run.",
                where=(f"{host.variable}={host.asked}",) if host.variable else (),
                remedy="Name a compiler that is there in CC and CXX.",
                cause=Cause.HOST_COMPILER_MISSING,
            )
        return
    torch, cuda = observed.torch_version, Cuda(nvcc[0].major, nvcc[0].minor)
    on_linux = observed.interpreter.family is OsFamily.LINUX
    check = facts.compilers.check(torch, cuda) if torch and on_linux else None
    demands = [demand for demand in (facts.toolchain.host.get(cuda), check) if demand]
    refused = next((demand for demand in demands if not demand.takes(host.compiler)), None)
    if refused:
        yield Finding(
            Severity.ERROR,
            f"{refused.limits_of([host.compiler])}, and the host compiler is"
            f" {facts.compilers.described(host.compiler)}.",
            where=(str(host.path),),
            remedy="Install a compiler that it takes, and name it in CC and CXX.",
            cause=Cause.NVCC_HOST_COMPILER_UNSUPPORTED,
            evidence={"source": str(refused.source)},
        )


CHECKS = (
    Check("cuda-home", "Does CUDA_HOME lead to a whole toolkit?", _home),
    Check("cuda-version", "Is the toolkit of torch's CUDA?", _version),
    Check("two-nvcc", "Is there one nvcc?", _two_nvccs),
    Check("nvcc-compiler", "Does nvcc take the host compiler?", _host_compiler),
)
