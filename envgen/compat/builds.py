"""Which builds of torch there are for a cell's platform, and on which index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from envgen.cell import Cell, Cuda, PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.records import IndexPromise, Platform, SeenBuild, TorchWheels


class Where(StrEnum):
    """On which index a build is: the default one, or PyTorch's own."""

    DEFAULT = "default"
    PYTORCH = "pytorch"


@dataclass(frozen=True)
class TorchBuilds:
    """The builds of one torch version on one platform.

    Attributes:
        default: the wheels on the default index; None when it has none.
        promise: the CUDA builds on PyTorch's own index; None when no list names the release on this architecture.
        seen: the builds on the user's further indexes and folders.
    """

    version: Version
    default: TorchWheels | None
    promise: IndexPromise | None
    seen: Mapping[Cuda, SeenBuild]

    def where(self, cuda: Cuda) -> Where:
        """The index that has the build for this CUDA, if any has."""
        return Where.DEFAULT if self.default and self.default.cuda == cuda else Where.PYTORCH

    def further(self, cuda: Cuda, python: PythonVersion) -> SeenBuild | None:
        """The build that was seen on a further index of the user's; the default index goes before it."""
        seen = self.seen.get(cuda) if self.where(cuda) is Where.PYTORCH else None
        return seen if seen and python in seen.pythons else None

    @property
    def cuda(self) -> tuple[Cuda, ...]:
        """Every CUDA (without cpu) that a build on any index is for, ascending."""
        builds = {*(self.promise.cuda if self.promise else ()), *self.seen}
        if self.default and self.default.cuda:
            builds.add(self.default.cuda)
        return tuple(sorted(cuda for cuda in builds if not cuda.is_cpu))

    @property
    def minor(self) -> str:
        return f"{self.version.major}.{self.version.minor}"


def torch_builds(cell: Cell, facts: Facts) -> TorchBuilds | None:
    """The builds of a cell's torch on its platform; None when the torch is not in the snapshot.

    Windows has the CUDA builds of Linux; macOS has none, which is for the caller to mind.
    """
    version = facts.newest_patch(cell.torch)
    if version is None:
        return None
    platform = Platform.of_cell(cell)
    return TorchBuilds(
        version,
        default=facts.torch[version].wheels.get(platform),
        promise=facts.promised.get((f"{version.major}.{version.minor}", cell.arch)),
        seen=facts.seen.get((version, platform), {}),
    )
