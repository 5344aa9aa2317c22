"""The rules that judge a cell, in the order in which they are asked."""

from __future__ import annotations

from envgen.compat.rules.rule import Rule
from envgen.compat.rules.system import OS_RELEASE
from envgen.compat.rules.tensorrt import TENSORRT_CUDA, TENSORRT_RELEASE, TENSORRT_SYSTEM, TENSORRT_WHEEL
from envgen.compat.rules.torch import TORCH_CUDA, TORCH_PLATFORM, TORCH_PYTHON, TORCH_RELEASE, TORCH_SYSTEM
from envgen.compat.rules.torch_tensorrt import (
    TORCH_TENSORRT_CUDA,
    TORCH_TENSORRT_PAIR,
    TORCH_TENSORRT_SYSTEM,
    TORCH_TENSORRT_WHEEL,
)

# A rule stands after those that read a part of its axes: what expansion rejects early is then what a trace names first.
RULES: tuple[Rule, ...] = (
    OS_RELEASE,
    TORCH_RELEASE,
    TORCH_PLATFORM,
    TORCH_SYSTEM,
    TORCH_PYTHON,
    TORCH_CUDA,
    TENSORRT_RELEASE,
    TENSORRT_CUDA,
    TENSORRT_WHEEL,
    TENSORRT_SYSTEM,
    TORCH_TENSORRT_WHEEL,
    TORCH_TENSORRT_PAIR,
    TORCH_TENSORRT_CUDA,
    TORCH_TENSORRT_SYSTEM,
)
