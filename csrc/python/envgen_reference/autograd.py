"""The derivative of silu_and_mul, for either namespace.

It is registered from Python, as torch recommends since 2.4: in C++ it would cost as much compile time as all the
operators together. Second derivatives are not offered, and say so.
"""

import torch
from torch.autograd.function import once_differentiable


def register(namespace: str) -> None:
    """Give `namespace::silu_and_mul` its derivative."""
    ops = getattr(torch.ops, namespace)

    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @once_differentiable
    def backward(ctx, grad):
        return ops.silu_and_mul_backward(grad, *ctx.saved_tensors)

    if hasattr(torch.library, "register_autograd"):
        torch.library.register_autograd(f"{namespace}::silu_and_mul", backward, setup_context=setup_context)
    else:
        _register_before_torch_2_4(namespace, ops, backward)


def _register_before_torch_2_4(namespace, ops, derivative):
    class SiluAndMul(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            with torch._C._AutoDispatchBelowAutograd():
                return ops.silu_and_mul(x)

        backward = staticmethod(derivative)

    library = torch.library.Library(namespace, "IMPL", "Autograd")
    library.impl("silu_and_mul", SiluAndMul.apply)
    SiluAndMul.library = library  # the registration lasts as long as this object
