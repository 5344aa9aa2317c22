"""A healthy environment as the doctor sees one, to be made ill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from envgen.cell import Cuda
from envgen.compat.compilers import Compiler, Family
from envgen.compat.toolchain import DriverVersion
from envgen.doctor.observed import (
    CudaHome,
    CxxRuntime,
    Distribution,
    FilesCheck,
    Libraries,
    Observed,
    Project,
    System,
    Tool,
    Tools,
)
from envgen.doctor.said import Imported, Interpreter, Step
from envgen.machine import Gpu

SITE = Path("/env/lib/python3.12/site-packages")
USER_SITE = Path("/home/me/.local/lib/python3.12/site-packages")
OWN_CUDART = SITE / "nvidia/cu13/lib/libcudart.so.13"
LIBSTDCXX = Path("/usr/lib/libstdc++.so.6")
GIB = 1 << 30
MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1.0",
    "platform_system": "Linux",
    "platform_version": "#1",
    "python_full_version": "3.12.1",
    "python_version": "3.12",
    "sys_platform": "linux",
}
PYTHON = Interpreter(
    executable="/env/bin/python",
    version="3.12.1",
    libc=("glibc", "2.36"),
    prefix="/env",
    base_prefix="/usr",
    path=("/usr/lib/python3.12", str(SITE)),
    user_site=str(USER_SITE),
    purelib=str(SITE),
    platlib=str(SITE),
    include="/usr/include/python3.12",
    stdlib="/usr/lib/python3.12",
    standard_modules=frozenset({"json", "types", "test"}),
    markers=MARKERS,
)
H100 = Gpu("NVIDIA H100", "9.0", 80 * GIB)
TORCH = Step(
    step="torch",
    version="2.13.0+cu130",
    cuda="13.0",
    cxx11_abi=True,
    arch_list=("sm_75", "sm_80", "sm_90", "sm_100", "compute_120"),
    file=str(SITE / "torch/__init__.py"),
    libraries=(str(OWN_CUDART), str(SITE / "torch/lib/libtorch_cpu.so"), str(LIBSTDCXX)),
)
STEPS = (
    TORCH,
    Step(step="numpy"),
    Step(step="building", cuda_home="/usr/local/cuda"),
    Step(step="cuda", available=True),
)


def package(name: str, version: str, *requires: str, folder: Path = SITE, **more: Any) -> Distribution:
    """An installed package."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    return Distribution(name, version, folder, info, requires, **more)


PACKAGES = (
    package("torch", "2.13.0", "numpy", "cuda-toolkit[cudart]==13.0.3; platform_system == 'Linux'", "triton==3.7.1"),
    package("cuda-toolkit", "13.0.3", "nvidia-cuda-runtime==13.0.96.*; extra == 'cudart'"),
    package("nvidia-cuda-runtime", "13.0.96"),
    package("triton", "3.7.1"),
    package("numpy", "2.4.6"),
    package("torchvision", "0.28.0", "torch==2.13.0"),
)
GCC12 = Compiler(Family.GCC, Version("12"))


def tool(name: str, version: str = "1.0", compiler: Compiler | None = None, variable: str = "") -> Tool:
    """A program that was found."""
    return Tool(name, variable, Path("/usr/bin", name), Version(version), compiler)


HEALTHY = Observed(
    interpreter=PYTHON,
    variables={"PATH": "/env/bin:/usr/bin"},
    system=System(
        memory_bytes=64 * GIB,
        cpus=8,
        gpus=(H100,),
        driver=DriverVersion("580.65.06"),
        driver_cuda=Cuda(13, 0),
        nvidia_device=True,
    ),
    tools=Tools(
        cxx=tool("c++", "12", GCC12),
        nvcc_host=tool("g++", "12", GCC12),
        ninja=tool("ninja"),
        nvcc=tool("nvcc", "13.0"),
        cuda_home=CudaHome("/usr/local/cuda", nvcc=Version("13.0"), has_headers=True),
    ),
    project=Project(Path("/project")),
    distributions=PACKAGES,
    torches=(SITE / "torch",),
    version_cuda="13.0",
    imported=Imported(STEPS),
    files=(FilesCheck("torch"),),
    libraries=Libraries(
        brought={"libcudart.so.13": OWN_CUDART},
        process_runtime=CxxRuntime(LIBSTDCXX, Version("3.4.30")),
        compiler_runtime=CxxRuntime(LIBSTDCXX, Version("3.4.30")),
    ),
)


def ill(**changes: Any) -> Observed:
    """The healthy environment with some of its facts changed."""
    return replace(HEALTHY, **changes)


def with_variables(**variables: str) -> Mapping[str, str]:
    """The variables of the healthy environment and further ones."""
    return {**HEALTHY.variables, **variables}


def with_packages(*packages: Distribution) -> tuple[Distribution, ...]:
    """The packages of the healthy environment, with some of them in another release and others added."""
    names = {each.name for each in packages}
    return (*(each for each in PACKAGES if each.name not in names), *packages)


def python(**changes: Any) -> Interpreter:
    """The healthy interpreter with something changed."""
    return PYTHON.model_copy(update=changes)


def system(**changes: Any) -> System:
    """The healthy machine with something changed."""
    return replace(HEALTHY.system, **changes)


def tools(**changes: Any) -> Tools:
    """The healthy tools with something changed."""
    return replace(HEALTHY.tools, **changes)


def libraries(**changes: Any) -> Libraries:
    """The healthy libraries with something changed."""
    return replace(HEALTHY.libraries, **changes)


def steps(*changed: Step, died: str = "", upto: int = len(STEPS)) -> Imported:
    """Importing torch as in the healthy environment, with some steps otherwise, or ended before the last."""
    by_name = {step.step: step for step in (*STEPS[:upto], *changed)}
    return Imported(tuple(by_name.values()), died)


def torch_with(**changes: Any) -> Imported:
    """Importing torch with another torch."""
    return steps(TORCH.model_copy(update=changes))
