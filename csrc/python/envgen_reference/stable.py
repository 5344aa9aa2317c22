"""The operator from the stable-ABI library: the same file for every Python, and for torch 2.9 and later."""

import torch

from envgen_reference import autograd, library

NAME = "envgen_reference_stable"


def available() -> bool:
    """Whether the library was built, or copied, beside this file."""
    return library.path(NAME).exists()


def _register_fakes() -> None:
    @torch.library.register_fake(f"{NAME}::silu_and_mul")
    def _(x):
        torch._check(x.shape[-1] % 2 == 0, lambda: "silu_and_mul takes an even last dimension")
        return x.new_empty((*x.shape[:-1], x.shape[-1] // 2))

    @torch.library.register_fake(f"{NAME}::silu_and_mul_backward")
    def _(grad, x):
        return x.new_empty(x.shape)


if available():
    library.load(NAME)
    _register_fakes()
    autograd.register(NAME)


def silu_and_mul(x: torch.Tensor) -> torch.Tensor:
    """`silu(x[..., :d]) * x[..., d:]`, as `envgen_reference.silu_and_mul`."""
    return torch.ops.envgen_reference_stable.silu_and_mul.default(x)
