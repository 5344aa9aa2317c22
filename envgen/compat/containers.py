"""Which container images a cell starts from, and what the systems in them bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from packaging.version import Version

from envgen.cell import Cell, Cuda, Os, PythonVersion
from envgen.compat.compilers import Compiler, Compilers, Demand, Family, names
from envgen.compat.read import Table
from envgen.compat.verdict import Source
from envgen.errors import EnvgenError

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class System:
    """An operating system as a base image.

    Attributes:
        image: its plain image.
        python: the interpreter of its own packages.
        gcc: the majors of g++ in its archive, the default first.
        archive: the hosts of its archive.
    """

    os: Os
    image: str
    python: PythonVersion
    gcc: tuple[int, ...]
    archive: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class CudaImage:
    """An image with nvcc: a toolkit release on one system."""

    release: Version
    os: Os
    image: str
    source: Source


@dataclass(frozen=True)
class Containers:
    """The images known when the data was written.

    Attributes:
        micromamba: what installs conda locks.
        own: images of the user's own, of an os or of an os with the nvcc of a CUDA; they go before the known ones.
    """

    systems: tuple[System, ...]
    cuda_images: tuple[CudaImage, ...]
    micromamba: str
    own: Mapping[tuple[Os, Cuda | None], str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Self:
        """The data that ships with envgen."""
        return cls.read(Table(_DATA / "containers.yaml"), Compilers.read(Table(_DATA / "compilers.yaml")))

    @classmethod
    def read(cls, table: Table, compilers: Compilers) -> Self:
        """The images of a data file, each system with its own compilers."""
        archives = {row["system"]: tuple(row["hosts"]) for row, _ in table.rows("archives")}
        systems = tuple(
            System(os, row["image"], PythonVersion.parse(row["python"]), compilers.gcc(os), archives[os.name], source)
            for row, source in table.rows("systems")
            for os in (Os.parse(row["os"]),)
        )
        cuda_images = tuple(
            CudaImage(Version(row["release"]), Os.parse(os), f"nvidia/cuda:{row['release']}-devel-{os}", source)
            for row, source in table.rows("cuda_images")
            for os in row["systems"]
        )
        tools = {row["name"]: row["image"] for row, _ in table.rows("tools")}
        return cls(systems, cuda_images, tools["micromamba"])

    def named(self, name: Callable[[str], str]) -> Containers:
        """The same, with another name for every image."""
        return Containers(
            systems=tuple(replace(system, image=name(system.image)) for system in self.systems),
            cuda_images=tuple(replace(image, image=name(image.image)) for image in self.cuda_images),
            micromamba=name(self.micromamba),
            own={key: name(image) for key, image in self.own.items()},
        )

    def system(self, os: Os) -> System:
        """The system of a cell.

        Raises:
            EnvgenError: no base image is known for it.
        """
        found = next((system for system in self.systems if system.os == os), None)
        if not found:
            known = ", ".join(str(system.os) for system in self.systems)
            raise EnvgenError(f"No base image is known for {os}.", f"Use one of {known}, or leave {os} out of `os`.")
        return found

    def plain_image(self, os: Os) -> str:
        """The image of a system alone.

        Raises:
            EnvgenError: none is known.
        """
        return self.own.get((os, None)) or self.system(os).image

    def nvcc_image(self, cuda: Cuda, os: Os) -> str | None:
        """The image that brings nvcc of this CUDA on this system, where there is one."""
        found = self.cuda_image(cuda, os)
        return self.own.get((os, cuda)) or (found.image if found else None)

    def cuda_image(self, cuda: Cuda, os: Os) -> CudaImage | None:
        """The newest image with nvcc of this CUDA on this system, where there is one."""
        found = [
            image
            for image in self.cuda_images
            if image.os == os and image.release.release[:2] == (cuda.major, cuda.minor)
        ]
        return max(found, key=lambda image: image.release, default=None)

    def base_image(self, cell: Cell, *, nvcc: bool) -> str:
        """The image that a cell's build starts from.

        Args:
            nvcc: whether the image must bring the cell's CUDA compiler.

        Raises:
            EnvgenError: there is no such image.
        """
        if not nvcc or cell.cuda.is_cpu:
            return self.plain_image(cell.os)
        found = self.nvcc_image(cell.cuda, cell.os)
        if not found:
            systems = [str(system.os) for system in self.systems if self.cuda_image(cell.cuda, system.os)]
            raise EnvgenError(
                f"No image with nvcc of CUDA {cell.cuda.major}.{cell.cuda.minor} is known for {cell.os}.",
                f"Use {' or '.join(systems) or 'another CUDA'}, take nvcc from the lock (`toolkit: wheels`),"
                " or make device code optional.",
            )
        return found

    def gcc(self, os: Os, demands: Sequence[Demand] = ()) -> int:
        """The major of g++ to build with: the system's default, or the first in its archive that meets all demands.

        Raises:
            EnvgenError: none does.
        """
        compilers = [Compiler(Family.GCC, Version(str(major))) for major in self.system(os).gcc]
        accepted = [each for each in compilers if all(demand.takes(each) for demand in demands)]
        if not accepted:
            asks = " and ".join(words for demand in demands if (words := demand.limits_of(compilers)))
            raise EnvgenError(
                f"{os} has {names(compilers)}, and {asks}.",
                "Use another operating system for this cell, or exclude it.",
            )
        return accepted[0].version.major
