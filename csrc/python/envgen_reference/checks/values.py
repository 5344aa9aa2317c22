"""Compares an implementation with the formula computed in float64, over dtypes, shapes and strides."""

from typing import Callable, Dict, Iterator, List, Tuple

import torch

from envgen_reference.checks.outcome import CheckError, require

Operator = Callable[[torch.Tensor], torch.Tensor]

# Half precision: two roundings of the result. float and double: room for exp and for cancellation.
TOLERANCE = {torch.float64: 1e-13, torch.float32: 1e-5, torch.float16: 1e-3, torch.bfloat16: 8e-3}
SHAPES: List[Tuple[int, ...]] = [
    (2,),
    (3, 2),
    (1, 4096),
    (5, 14),
    (7, 1026),
    (2, 3, 34),
    (300, 64),
    (129, 40),
    (70000, 2),
    (0, 8),
    (4, 0),
]


def formula(gate: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    return gate * torch.sigmoid(gate) * up


def reference(x: torch.Tensor) -> torch.Tensor:
    gate, up = x.double().chunk(2, dim=-1) if x.shape[-1] else (x.double(), x.double())
    return formula(gate, up)


def reference_gradient(x: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    wide = x.detach().double().requires_grad_()
    reference(wide).backward(grad.double())
    assert wide.grad is not None
    return wide.grad


def compare(operator: Operator, device: str) -> Dict[str, object]:
    """Check every case forward and backward.

    Returns:
        The number of cases, and per dtype the largest error relative to the larger of one and the value.

    Raises:
        CheckError: naming the first case that differs.
    """
    generator = torch.Generator().manual_seed(0)
    errors: Dict[str, float] = {}
    cases = 0
    for dtype in TOLERANCE:
        worst = 0.0
        for name, x in _inputs(dtype, device, generator):
            where = f"{name} in {str(dtype)[6:]} on {device}"
            worst = max(worst, _forward(operator, x, where), _backward(operator, x, generator, where))
            cases += 3
        errors[str(dtype)[6:]] = worst
    return {"cases": cases, "largest_error": errors}


def refuses_bad_input(operator: Operator, device: str) -> None:
    """Check that an odd last dimension, no dimension and an integer input end in an error, not in a result."""
    bad = {
        "an odd last dimension": torch.zeros(2, 3, device=device),
        "a tensor without dimensions": torch.zeros((), device=device),
        "an integer tensor": torch.zeros(2, 4, dtype=torch.int64, device=device),
    }
    for name, x in bad.items():
        try:
            operator(x)
        except RuntimeError:
            continue
        raise CheckError(f"silu_and_mul accepted {name} on {device}")


def error(found: torch.Tensor, expected: torch.Tensor, dtype: torch.dtype, what: str) -> float:
    """The largest error, relative to the larger of one and the value.

    Raises:
        CheckError: a shape differs, or a value by more than the tolerance of the dtype.
    """
    require(found.shape == expected.shape, f"{what} has shape {tuple(found.shape)}, not {tuple(expected.shape)}")
    if found.numel() == 0:
        return 0.0
    difference = (found.double() - expected).abs() / expected.abs().clamp(min=1)
    worst = float(difference.max())
    require(worst <= TOLERANCE[dtype], f"{what} is off by {worst:.2g}, more than {TOLERANCE[dtype]:.0e}")
    return worst


def _inputs(dtype: torch.dtype, device: str, generator: torch.Generator) -> Iterator[Tuple[str, torch.Tensor]]:
    def random(*shape: int) -> torch.Tensor:
        return (4 * torch.randn(*shape, generator=generator, dtype=torch.float64)).to(dtype).to(device)

    for shape in SHAPES:
        yield f"shape {shape}", random(*shape)
    yield "a transposed input", random(16, 5, 6).transpose(0, 2)
    yield "an input of every second column", random(9, 64)[:, ::2]
    yield "an input of every second row", random(9, 64)[::2]
    yield "an input that is a part of a wider one", random(4, 5, 96)[..., 16:80]
    yield "an input that is a part of a wider one of odd width", random(17, 101)[:, 3:67]
    yield "an input whose rows have no common stride", random(4, 7, 96)[:, 1:6, 32:64]
    yield "an input of one row again and again", random(1, 32).expand(6, 32)
    yield "an input of the same rows again and again", random(6, 32).expand(3, 6, 32)
    for offset in (1, 2, 4, 8):
        yield f"an input that starts {offset} elements off alignment", random(8 * 128 + offset)[offset:].view(8, 128)
    yield "an input where exp overflows", torch.cat([200 * random(4, 16), random(4, 16) / 100], dim=-1)
    low = torch.full_like(random(4, 16), torch.finfo(dtype).min / 1000)  # further down the reference overflows
    yield "an input of very low gates", torch.cat([low, random(4, 16)], dim=-1)


def _forward(operator: Operator, x: torch.Tensor, where: str) -> float:
    out = operator(x)
    require(out.dtype == x.dtype, f"the result has dtype {out.dtype} for {where}")
    require(out.device == x.device, f"the result is on {out.device} for {where}")
    return error(out, reference(x), x.dtype, f"the result for {where}")


def _backward(operator: Operator, x: torch.Tensor, generator: torch.Generator, where: str) -> float:
    leaf = x.detach().requires_grad_()
    out = operator(leaf)
    # A gradient is whole, or a part of a wider tensor: that of a concatenation.
    shape = (*out.shape[:-1], out.shape[-1] + 3)
    wide = torch.randn(shape, generator=generator, dtype=torch.float64).to(x.dtype).to(x.device)
    part = wide[..., 1:-2]
    worst = 0.0
    for grad in (part.contiguous(), part):
        (found,) = torch.autograd.grad(out, leaf, grad, retain_graph=True)
        worst = max(worst, error(found, reference_gradient(x, grad), x.dtype, f"the gradient for {where}"))
    return worst
