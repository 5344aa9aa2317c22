"""More than 2^31 elements: indices that do not fit 32 bits."""

from typing import List, Tuple

import torch

import envgen_reference
from envgen_reference.checks import values
from envgen_reference.checks.outcome import Facts

DTYPE = torch.bfloat16
# Outputs of more than 2^31 elements each: rows and columns that no pack divides, one row, and rows that fit packs.
SHAPES: List[Tuple[int, int]] = [(65539, 2 * 32771), (1, 2 * (2**31 + 9)), (2**19 + 1, 2 * 4096)]
CHUNK = 2**25  # elements that are compared at once
CHUNK_BYTES = 160 * CHUNK  # what comparing them takes, in float64, at most 128, and some slack


def compare() -> Facts:
    """Check the shapes forward and backward, every element, where memory allows it.

    Returns:
        Per shape and direction the largest error, as `values.compare` has it, or why it was not run.
    """
    facts: Facts = {}
    for shape in SHAPES:
        input_bytes = 2 * shape[0] * shape[1]
        for name, run, needed in (
            ("forward", _forward, 1.5 * input_bytes),
            ("backward", _backward, 2.5 * input_bytes),
        ):
            torch.cuda.empty_cache()
            free, _ = torch.cuda.mem_get_info()
            case = f"{name} {shape[0]} x {shape[1]}"
            if needed + CHUNK_BYTES > free:
                facts[case] = f"not run: it takes {(needed + CHUNK_BYTES) / 1e9:.0f} GB, {free / 1e9:.0f} are free"
            else:
                facts[case] = run(shape, case)
    torch.cuda.empty_cache()
    return facts


def _random(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, dtype=DTYPE, device="cuda").normal_(std=2)


def _forward(shape: Tuple[int, int], case: str) -> float:
    x = _random(*shape)
    out = envgen_reference.silu_and_mul(x)
    worst = 0.0
    for rows, columns in _chunks(out):
        gate, up = _halves(x, rows, columns)
        expected = values.formula(gate, up)
        worst = max(worst, values.error(out[rows, columns], expected, DTYPE, f"the result of {case}"))
    return worst


def _backward(shape: Tuple[int, int], case: str) -> float:
    x, grad = _random(*shape), _random(shape[0], shape[1] // 2)
    found = torch.ops.envgen_reference.silu_and_mul_backward(grad, x)
    worst = 0.0
    for rows, columns in _chunks(grad):
        gate, up = (half.requires_grad_() for half in _halves(x, rows, columns))
        to_gate, to_up = torch.autograd.grad(values.formula(gate, up), (gate, up), grad[rows, columns].double())
        found_gate, found_up = _halves(found, rows, columns)
        worst = max(worst, values.error(found_gate, to_gate, DTYPE, f"the gradient of {case}"))
        worst = max(worst, values.error(found_up, to_up, DTYPE, f"the gradient of {case}"))
    return worst


def _halves(x: torch.Tensor, rows: slice, columns: slice) -> List[torch.Tensor]:
    return [half[rows, columns].double() for half in x.chunk(2, dim=-1)]


def _chunks(out: torch.Tensor) -> List[Tuple[slice, slice]]:
    """Places that cover a matrix, each of at most CHUNK elements."""
    count, width = out.shape
    rows, columns = max(1, CHUNK // width), min(width, CHUNK)
    return [
        (slice(row, row + rows), slice(column, column + columns))
        for row in range(0, count, rows)
        for column in range(0, width, columns)
    ]
