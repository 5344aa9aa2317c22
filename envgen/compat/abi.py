"""The C++ ABI of binaries on Linux, and the libstdc++ that they ask for and that systems have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Arch, Cuda, Os
from envgen.compat.read import Table
from envgen.compat.verdict import Source


@dataclass(frozen=True)
class Abi:
    """What is known beyond torch's wheels on the default index.

    Attributes:
        torch_builds: torch and CUDA (None: any) to whether the build on PyTorch's own index has the C++11 ABI.
        torch_tensorrt: release to the same.
        torch_floors: torch and architectures to the newest GLIBCXX_ symbol that its binaries ask for.
        systems: system to the newest that its libstdc++ has.
    """

    torch_builds: tuple[tuple[SpecifierSet, frozenset[Cuda] | None, bool, Source], ...]
    torch_tensorrt: tuple[tuple[SpecifierSet, bool, Source], ...]
    torch_floors: tuple[tuple[SpecifierSet, frozenset[Arch], Version, Source], ...]
    systems: Mapping[Os, tuple[Version, Source]]

    @classmethod
    def read(cls, table: Table) -> Self:
        """The ABIs of a data file."""
        return cls(
            torch_builds=tuple(
                (SpecifierSet(row["torch"]), _cudas(row["cuda"]), row["cxx11"], source)
                for row, source in table.rows("torch_builds")
            ),
            torch_tensorrt=tuple(
                (SpecifierSet(row["versions"]), row["cxx11"], source) for row, source in table.rows("torch_tensorrt")
            ),
            torch_floors=tuple(
                (SpecifierSet(row["torch"]), frozenset(map(Arch, row["arch"])), Version(row["glibcxx"]), source)
                for row, source in table.rows("torch_floors")
            ),
            systems={
                Os.parse(os): (Version(row["glibcxx"]), source)
                for row, source in table.rows("systems")
                for os in row["os"]
            },
        )

    def of_torch(self, torch: Version, cuda: Cuda) -> tuple[bool, Source] | None:
        """Whether the build of a torch on PyTorch's own index has the C++11 ABI."""
        for versions, cudas, cxx11, source in self.torch_builds:
            if versions.contains(torch) and (cudas is None or cuda in cudas):
                return cxx11, source
        return None

    def of_torch_tensorrt(self, version: Version) -> tuple[bool, Source] | None:
        """Whether a torch-tensorrt has the C++11 ABI."""
        rows = ((cxx11, source) for versions, cxx11, source in self.torch_tensorrt if versions.contains(version))
        return next(rows, None)

    def floor(self, torch: Version, arch: Arch) -> tuple[Version, Source] | None:
        """The newest GLIBCXX_ symbol that a torch's binaries ask for."""
        for versions, arches, glibcxx, source in self.torch_floors:
            if versions.contains(torch) and arch in arches:
                return glibcxx, source
        return None


def _cudas(texts: str | list[str]) -> frozenset[Cuda] | None:
    return None if texts == "any" else frozenset(map(Cuda.parse, texts))
