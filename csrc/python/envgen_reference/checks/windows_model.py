"""The model that a Linux cell compiles for Windows, and a Windows cell runs.

TensorRT converts its layers. The operator between them it does not know, so that stays with torch: on Windows the
program finds it only in the extension's own library, built there. So one program proves both ways to Windows.
"""

from typing import Dict, Tuple

import torch

import envgen_reference

Ranges = Dict[int, Dict[int, Tuple[int, int, int]]]


class Gated(torch.nn.Module):
    """A gated block: up, silu(first half) * second half, down."""

    def __init__(self, width: int = 64, hidden: int = 128) -> None:
        super().__init__()
        self.up = torch.nn.Linear(width, 2 * hidden)
        self.down = torch.nn.Linear(hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(envgen_reference.silu_and_mul(self.up(x)))


def make() -> Tuple[torch.nn.Module, Tuple[torch.Tensor, ...], Ranges]:
    """The module, example inputs, and what of them varies: {input: {dimension: (least, usual, most)}}."""
    torch.manual_seed(0)
    return Gated(), (torch.randn(8, 64),), {0: {0: (2, 8, 32)}}
