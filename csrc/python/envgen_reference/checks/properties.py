"""What every well-made operator has beside right values: derivatives, a fake kernel, sound registrations."""

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

from envgen_reference.checks.outcome import require
from envgen_reference.checks.values import Operator


def gradcheck(operator: Operator, device: str) -> None:
    """Compare the derivative with finite differences, in float64."""
    x = torch.randn(3, 5, 14, dtype=torch.float64, device=device)
    for strided in (x[..., :8].contiguous(), x[..., 3:11], x[..., :6].transpose(0, 1)):
        leaf = strided.detach().requires_grad_()
        require(torch.autograd.gradcheck(operator, (leaf,)), f"gradcheck fails on {device}")


def opcheck(namespace: str, device: str) -> str:
    """torch's own test of an operator's registrations; `passed`, or why it was not run."""
    if not hasattr(torch.library, "opcheck"):
        return f"torch {torch.__version__} has no opcheck"
    op = getattr(torch.ops, namespace).silu_and_mul.default
    for x in (torch.randn(4, 6, device=device, requires_grad=True), torch.randn(2, 3, 8, device=device).half()):
        torch.library.opcheck(op, (x,))
    return "passed"


def traces(operator: Operator, device: str) -> None:
    """Check that the operator runs on tensors without memory, and stays one call in a trace with symbolic sizes."""
    with FakeTensorMode():
        fake = operator(torch.empty(5, 12, device=device))
    require(tuple(fake.shape) == (5, 6), f"the fake kernel gives shape {tuple(fake.shape)} for (5, 12)")
    graph = make_fx(operator, tracing_mode="symbolic")(torch.randn(4, 6, device=device))
    calls = [node for node in graph.graph.nodes if "silu_and_mul" in str(node.target)]
    require(len(calls) == 1, "the trace does not hold the operator as one call")
    x = torch.randn(9, 14, device=device)
    require(torch.equal(graph(x), operator(x)), "the traced graph differs from the operator for another shape")
