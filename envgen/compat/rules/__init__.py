"""The rules that judge a cell, in the order in which they are asked."""

from __future__ import annotations

from envgen.compat.rules.abi import CXX11_ABI
from envgen.compat.rules.compilers import COMPILER_SYSTEM, NVCC_COMPILER, TORCH_COMPILER, TORCH_STANDARD
from envgen.compat.rules.gpu import GPU_NVCC, GPU_TENSORRT, GPU_TORCH
from envgen.compat.rules.rule import Rule
from envgen.compat.rules.system import OS_RELEASE
from envgen.compat.rules.tensorrt import (
    TENSORRT_CUDA,
    TENSORRT_RELEASE,
    TENSORRT_STACK,
    TENSORRT_SYSTEM,
    TENSORRT_WHEEL,
)
from envgen.compat.rules.toolchain import CONTAINER_IMAGE, CUDA_DRIVER, NVCC_WHEELS
from envgen.compat.rules.torch import (
    TORCH_CUDA,
    TORCH_PLATFORM,
    TORCH_PYTHON,
    TORCH_RELEASE,
    TORCH_SYSTEM,
    TORCH_TRITON,
)
from envgen.compat.rules.torch_tensorrt import (
    TORCH_TENSORRT_CUDA,
    TORCH_TENSORRT_PAIR,
    TORCH_TENSORRT_SYSTEM,
    TORCH_TENSORRT_WHEEL,
)

# These ask of a value on a user's axis, and have nothing to ask of a cell without one: hence they stand last.
ON_USER_AXES: tuple[Rule, ...] = (COMPILER_SYSTEM, CUDA_DRIVER, GPU_NVCC, GPU_TENSORRT, GPU_TORCH)

# A rule stands after those that read a part of its axes: what expansion rejects early is then what a trace names first.
RULES: tuple[Rule, ...] = (
    OS_RELEASE,
    TORCH_RELEASE,
    TORCH_PLATFORM,
    TORCH_STANDARD,
    TORCH_SYSTEM,
    TORCH_PYTHON,
    TORCH_TRITON,
    TORCH_CUDA,
    NVCC_COMPILER,
    TORCH_COMPILER,
    NVCC_WHEELS,
    CONTAINER_IMAGE,
    TENSORRT_RELEASE,
    TENSORRT_STACK,
    TENSORRT_CUDA,
    TENSORRT_WHEEL,
    TENSORRT_SYSTEM,
    TORCH_TENSORRT_WHEEL,
    TORCH_TENSORRT_PAIR,
    TORCH_TENSORRT_CUDA,
    TORCH_TENSORRT_SYSTEM,
    CXX11_ABI,
    *ON_USER_AXES,
)
