"""A fused SiLU-and-multiply operator, and the model of a PyTorch extension that envgen proves in every cell."""

import json
from typing import Any, Dict

import torch

from envgen_reference import library

library.load("envgen_reference_ops")

from envgen_reference import _C, autograd  # noqa: E402  (both need the operators)

autograd.register("envgen_reference")


def silu_and_mul(x: torch.Tensor) -> torch.Tensor:
    """`silu(x[..., :d]) * x[..., d:]` for an input whose last dimension is 2d.

    Args:
        x: float32, float64, float16 or bfloat16, on the CPU or a CUDA device, of any shape and strides.
    """
    return torch.ops.envgen_reference.silu_and_mul.default(x)


def build_info() -> Dict[str, Any]:
    """What the operator library and the Python module were compiled with: torch, C++ ABI, CUDA architectures."""
    return {"library": json.loads(torch.ops.envgen_reference.build_info()), "module": _C.build_info()}
