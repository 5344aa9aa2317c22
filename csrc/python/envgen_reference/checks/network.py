"""The network that the engine check builds, as TensorRT sees it and as torch computes it: silu(x gate) * (x up)."""

from typing import Any, Dict, Tuple

import torch

DEPTH, WIDTH = 64, 128
INPUTS, OUTPUT = ("x", "gate", "up"), "y"


def shapes(rows: int) -> Dict[str, Tuple[int, int]]:
    return {"x": (rows, DEPTH), "gate": (DEPTH, WIDTH), "up": (DEPTH, WIDTH)}


def define(trt: Any, network: Any, rows: int) -> None:
    """Add the network to an empty one; the calls are the same from TensorRT 8.5 to 11.

    The matrices are inputs: weights would come from numpy before TensorRT 10, and from pointers only since then.

    Args:
        rows: of x; -1 when an optimisation profile says which.
    """
    x, gate, up = (network.add_input(name, trt.DataType.FLOAT, shapes(rows)[name]) for name in INPUTS)
    plain = trt.MatrixOperation.NONE
    gate = network.add_matrix_multiply(x, plain, gate, plain).get_output(0)
    up = network.add_matrix_multiply(x, plain, up, plain).get_output(0)
    sigmoid = network.add_activation(gate, trt.ActivationType.SIGMOID).get_output(0)
    product = trt.ElementWiseOperation.PROD
    silu = network.add_elementwise(gate, sigmoid, product).get_output(0)
    y = network.add_elementwise(silu, up, product).get_output(0)
    y.name = OUTPUT
    network.mark_output(y)


def compute(x: torch.Tensor, gate: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    """The same by plain torch operations."""
    return torch.nn.functional.silu(x @ gate) * (x @ up)


def expected(rows: int) -> torch.Tensor:
    """What comes out for the fillings of the inputs, in float64, on the CPU."""
    return compute(*(filling(place, shapes(rows)[name]).double() for place, name in enumerate(INPUTS)))


def filling(place: int, shape: Tuple[int, ...]) -> torch.Tensor:
    """float32 values from -1 to 1 that are the same on every machine, by integers alone.

    Args:
        place: which input it is, from 0 on; each has other values.
    """
    count = 1
    for size in shape:
        count *= size
    numbers = (torch.arange(count, dtype=torch.int64) * 7919 + 331 * place) % 1009
    return (numbers.double() / 504.0 - 1.0).float().reshape(shape)


def largest_error(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """The largest distance as a part of the larger of one and the value; NaN where nothing was written."""
    wanted = wanted.double()
    return float(((found.double() - wanted).abs() / wanted.abs().clamp(min=1)).max())
