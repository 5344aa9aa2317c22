"""GPU architectures: those in torch's builds on PyTorch's own index, TensorRT's floors, and what runs where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from packaging.version import Version

from envgen.cell import Arch, Cuda, GrammarError, SmArch
from envgen.compat.read import Table
from envgen.compat.verdict import Source


@dataclass(frozen=True)
class DeviceCode:
    """The GPU architectures that a binary has code for; an entry with `ptx` is also there as PTX."""

    architectures: tuple[SmArch, ...]
    source: Source

    def machine_code(self, gpu: SmArch) -> SmArch | None:
        """The architecture whose machine code runs on a GPU, the nearest one first."""
        return max((arch for arch in self.architectures if runs(arch, gpu)), default=None)

    def ptx(self, gpu: SmArch) -> SmArch | None:
        """The architecture whose PTX a driver compiles for a GPU, the nearest one first."""
        return max((arch for arch in self.architectures if arch.ptx and forward(arch, gpu)), default=None)


@dataclass(frozen=True)
class Gpus:
    """What is known beyond the wheels on the default index.

    Attributes:
        torch: (minor of torch, architecture, CUDA) to the device code of the build on PyTorch's own index.
        tensorrt: since which release of TensorRT which GPU architecture is the oldest, ascending.
    """

    torch: Mapping[tuple[str, Arch, Cuda], DeviceCode]
    tensorrt: tuple[tuple[Version, SmArch, Source], ...]

    @classmethod
    def read(cls, table: Table) -> Self:
        """The GPU architectures of a data file."""
        return cls(
            torch={
                (minor, Arch(row["arch"]), Cuda.parse(cuda)): DeviceCode(_codes(row["sm"], row["ptx"]), source)
                for row, source in table.rows("torch_builds")
                for minor in row["torch"]
                for cuda in row["cuda"]
            },
            tensorrt=tuple(
                (Version(row["since"]), SmArch.parse(row["sm"]), source)
                for row, source in table.rows("tensorrt_floors")
            ),
        )


def gpu_of(text: str) -> SmArch | None:
    """The GPU that a value of a `gpu` axis stands for: `9.0`, `sm90`, `sm_90a`; None when it is none.

    A GPU has no suffix: it runs what was compiled for its exact architecture with any.
    """
    number = text.lower().removeprefix("sm").lstrip("_")
    if number != text.lower() and "." not in number:
        digits = number.rstrip("af")
        number = f"{digits[:-1]}.{digits[-1:]}"
    try:
        return replace(SmArch.parse(number), suffix="", ptx=False)
    except GrammarError:
        return None


def runs(code: SmArch, gpu: SmArch) -> bool:
    """Whether machine code runs on a GPU: of the same major and no newer minor.

    Architecture-specific code (`90a`) runs on that architecture alone; family-specific code (`100f`) as any other.
    """
    if code.suffix == "a":
        return (code.major, code.minor) == (gpu.major, gpu.minor)
    return code.major == gpu.major and code.minor <= gpu.minor


def forward(code: SmArch, gpu: SmArch) -> bool:
    """Whether a driver can compile PTX for a GPU: of any newer one, unless it is specific to an architecture."""
    if code.suffix:
        return runs(code, gpu)
    return (code.major, code.minor) <= (gpu.major, gpu.minor)


def _codes(machine: Iterable[str], ptx: Iterable[str]) -> tuple[SmArch, ...]:
    with_ptx = set(ptx)
    return tuple(replace(SmArch.parse(text), ptx=text in with_ptx) for text in machine)
