"""The network that the engine check builds and runs, as TensorRT sees it and as torch computes it."""

from typing import Any

import torch

ROWS, WIDTH = 32, 128
INPUT, OUTPUT = "x", "y"
TOLERANCE = 1e-5


def define(trt: Any, network: Any) -> None:
    """Add silu(first half) * second half to an empty network; the calls are the same from TensorRT 8.5 to 11."""
    x = network.add_input(INPUT, trt.float32, (ROWS, 2 * WIDTH))
    gate = network.add_slice(x, (0, 0), (ROWS, WIDTH), (1, 1)).get_output(0)
    up = network.add_slice(x, (0, WIDTH), (ROWS, WIDTH), (1, 1)).get_output(0)
    sigmoid = network.add_activation(gate, trt.ActivationType.SIGMOID).get_output(0)
    product = trt.ElementWiseOperation.PROD
    silu = network.add_elementwise(gate, sigmoid, product).get_output(0)
    y = network.add_elementwise(silu, up, product).get_output(0)
    y.name = OUTPUT
    network.mark_output(y)


class Model(torch.nn.Module):
    """The same as a module of plain torch operations."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.silu(x[:, :WIDTH]) * x[:, WIDTH:]


def random_input() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(ROWS, 2 * WIDTH, device="cuda")


def largest_error(found: torch.Tensor, x: torch.Tensor) -> float:
    """The largest distance from the formula in float64; NaN where the engine wrote nothing."""
    return float((found.double() - Model()(x.double())).abs().max())
