"""Which GPU architectures a cell's torch and its CUDA compiler can compile for."""

from __future__ import annotations

from collections.abc import Sequence

from envgen.cell import Cell, SmArch
from envgen.compat.facts import Facts


def torch_architectures(cell: Cell, facts: Facts) -> frozenset[str] | None:
    """What the TORCH_CUDA_ARCH_LIST of the cell's torch may name, as nvcc writes it (`75`, `90a`); None: not known."""
    version = facts.newest_patch(cell.torch)
    accepted = facts.torch[version].arch_list if version else ()
    return frozenset(text.replace(".", "") for text in accepted) or None


def compilable(
    wanted: Sequence[SmArch], torch: frozenset[str] | None, nvcc: frozenset[str] | None
) -> tuple[SmArch, ...]:
    """The architectures among those wanted that both know; what is not known of one does not limit."""
    return tuple(arch for arch in wanted if all(_knows(known, arch) for known in (torch, nvcc)))


def _knows(known: frozenset[str] | None, arch: SmArch) -> bool:
    # `nvcc --list-gpu-code` of some releases leaves out the architecture-specific ones (90a).
    number = f"{arch.major}{arch.minor}"
    return known is None or number + arch.suffix in known or number in known
