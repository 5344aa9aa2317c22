"""The rules that predict whether a binary loads, in the order in which they are asked."""

from __future__ import annotations

from envgen.prediction.rules.cuda import CUDA_DRIVER, CUDA_GPU, CUDA_RUNTIME
from envgen.prediction.rules.layout import TORCH_LAYOUT
from envgen.prediction.rules.linux import EXEC_STACK, GLIBC, LIBSTDCXX
from envgen.prediction.rules.machine import MACHINE
from envgen.prediction.rules.macos import MACOS_MINIMUM, MACOS_SIGNATURE
from envgen.prediction.rules.python import (
    PYTHON_EXPORTS,
    PYTHON_FILE_NAME,
    PYTHON_LIBRARY,
    PYTHON_PYBIND,
    PYTHON_STABLE,
)
from envgen.prediction.rules.rule import Rule
from envgen.prediction.rules.torch import TORCH_CXX11_ABI, TORCH_LIBRARIES, TORCH_LINKED, TORCH_SYMBOLS
from envgen.prediction.rules.windows import WINDOWS_RUNTIME

# What a loader meets first stands first: the first that fails is what its user would read.
RULES: tuple[Rule, ...] = (
    MACHINE,
    MACOS_MINIMUM,
    MACOS_SIGNATURE,
    GLIBC,
    LIBSTDCXX,
    EXEC_STACK,
    WINDOWS_RUNTIME,
    PYTHON_FILE_NAME,
    PYTHON_LIBRARY,
    TORCH_LIBRARIES,
    CUDA_RUNTIME,
    TORCH_CXX11_ABI,
    TORCH_SYMBOLS,
    TORCH_LINKED,
    PYTHON_EXPORTS,
    PYTHON_PYBIND,
    PYTHON_STABLE,
    TORCH_LAYOUT,
    CUDA_DRIVER,
    CUDA_GPU,
)

__all__ = ["RULES", "Rule"]
