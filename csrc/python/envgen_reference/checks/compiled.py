"""torch.compile takes the operator into one graph, and what it makes of it gives the same."""

import sys
from typing import Callable, Dict

import torch
from torch._dynamo import eval_frame

import envgen_reference
from envgen_reference.checks.outcome import require

Model = Callable[[torch.Tensor], torch.Tensor]


def compare(device: str) -> Dict[str, str]:
    """Check each backend, forward and backward, for two shapes with one compilation.

    Returns:
        Per backend `passed`, or why it was not run.
    """
    if not eval_frame.is_dynamo_supported():
        return {"torch.compile": f"not run: torch {torch.__version__} does not support it with this Python and system"}
    _backend("aot_eager", device, exact=True)
    unusable = _unusable_inductor(device)
    if not unusable:
        _backend("inductor", device, exact=False)
    return {"aot_eager": "passed", "inductor": f"not run: {unusable}" if unusable else "passed"}


def _model(x: torch.Tensor) -> torch.Tensor:
    return envgen_reference.silu_and_mul(2 * x) + 1


def _backend(backend: str, device: str, exact: bool) -> None:
    torch._dynamo.reset()
    compiled = torch.compile(_model, backend=backend, fullgraph=True, dynamic=True)
    for rows in (4, 7):
        x = torch.randn(rows, 12, device=device, requires_grad=True)
        out, expected = compiled(x), _model(x)
        same = torch.equal(out, expected) if exact else torch.allclose(out, expected, atol=1e-6)
        require(same, f"compiled by {backend}, the operator gives another result")
        (found,) = torch.autograd.grad(out.sum(), x)
        (gradient,) = torch.autograd.grad(expected.sum(), x)
        require(torch.allclose(found, gradient, atol=1e-6), f"compiled by {backend}, it has another gradient")


def _unusable_inductor(device: str) -> str:
    """Why inductor cannot compile anything here, the operator or not; empty when it can."""

    def plain(x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x) * 2

    torch._dynamo.reset()
    x = torch.randn(8, device=device)
    try:
        torch.compile(plain, backend="inductor")(x)
    except Exception as error:  # noqa: BLE001  (no compiler, no triton, one that does not know the device, ...)
        # Up to torch 2.6 the first line is "backend='inductor' raised:", and what it raised stands in the second.
        lines = [line for line in str(error).strip().splitlines() if not line.endswith("raised:")]
        line = (lines or [type(error).__name__])[0]
        return f"inductor compiles nothing here with Python {sys.version.split()[0]}: {line}"
    return ""
