"""Where a binary is to load: a torch release, a Python, and the system around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Self

from packaging.version import Version

from envgen.cell import Arch, Cell, Cuda, Os, OsFamily, PythonVersion, SmArch
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.compat.toolchain import DriverVersion

_PLATFORMS = tuple(product(OsFamily, Arch))


@dataclass(frozen=True)
class System:
    """What the operating system brings.

    Attributes:
        name: `ubuntu22.04`; or the words for any system that the target's torch loads on.
        exact: whether the versions are those of one system, or only what every system has at least.
        glibc, glibcxx: of its C library, and the newest GLIBCXX_ symbol of its libstdc++; None when not known.
        macos: its release, on macOS.
    """

    name: str
    exact: bool
    glibc: Version | None = None
    glibcxx: Version | None = None
    macos: Version | None = None

    @classmethod
    def of(cls, os: Os, facts: Facts) -> Self:
        """An exact system; what the facts do not know of it stays None."""
        known, libstdcxx = facts.systems.get(os), facts.abi.systems.get(os)
        return cls(
            name=str(os),
            exact=True,
            glibc=known.glibc if known else None,
            glibcxx=libstdcxx[0] if libstdcxx else None,
            macos=Version(os.release) if os.family is OsFamily.MACOS else None,
        )

    @classmethod
    def any(cls, torch: Version, platform: Platform, facts: Facts) -> Self:
        """Any system that a torch of the default index loads on: what all of them have."""
        release = facts.torch.get(torch)
        wheels = release.wheels.get(platform) if release else None
        floor = facts.abi.floor(torch, Arch.AARCH64 if platform is Platform.LINUX_AARCH64 else Arch.X86_64)
        linux = platform.value.startswith("linux")
        return cls(
            name=f"any {platform.words}",
            exact=False,
            glibc=wheels.glibc if wheels else None,
            glibcxx=floor[0] if floor and linux else None,
            macos=wheels.macos if wheels else None,
        )


@dataclass(frozen=True)
class Target:
    """One environment, as far as loading depends on it.

    Attributes:
        cuda: what its torch was built for; `cpu` for none, None when it is not known.
        cxx11_abi: whether its torch has the C++11 ABI of libstdc++; None outside Linux, or when it is not known.
        driver, gpu: of its machine; None when nobody asks whether kernels run.
        libraries: names of shared libraries that it has beside torch's own and the system's: `libcudart.so.12`.
    """

    torch: Version
    python: PythonVersion
    platform: Platform
    cuda: Cuda | None
    system: System
    cxx11_abi: bool | None = None
    driver: DriverVersion | None = None
    gpu: SmArch | None = None
    libraries: frozenset[str] = frozenset()

    @classmethod
    def make(
        cls,
        torch: Version,
        python: PythonVersion,
        platform: Platform,
        facts: Facts,
        *,
        cuda: Cuda | None = None,
        os: Os | None = None,
        driver: DriverVersion | None = None,
        gpu: SmArch | None = None,
        libraries: frozenset[str] = frozenset(),
    ) -> Self:
        """A target as the facts know it.

        Args:
            cuda: None for the build that the default index has.
            os: None for any system that this torch loads on.
        """
        torch = Version(torch.public)
        release = facts.torch.get(torch)
        wheels = release.wheels.get(platform) if release else None
        build = cuda or (wheels.cuda if wheels else None)
        return cls(
            torch=torch,
            python=python,
            platform=platform,
            cuda=build,
            system=System.of(os, facts) if os else System.any(torch, platform, facts),
            cxx11_abi=_cxx11_abi(torch, platform, build, facts),
            driver=driver,
            gpu=gpu,
            libraries=libraries,
        )

    @classmethod
    def of_cell(cls, cell: Cell, torch: Version, facts: Facts) -> Self:
        """The target that a cell is, with the torch that its lock holds."""
        return cls.make(torch, cell.python, Platform.of_cell(cell), facts, cuda=cell.cuda, os=cell.os)

    @cached_property
    def family(self) -> OsFamily:
        return next(family for family, arch in _PLATFORMS if Platform.of(family, arch) is self.platform)

    @cached_property
    def arch(self) -> Arch:
        return next(arch for family, arch in _PLATFORMS if Platform.of(family, arch) is self.platform)

    def __str__(self) -> str:
        return f"torch {self.torch} ({self.cuda or 'build not known'}), Python {self.python}, {self.system.name}"


def _cxx11_abi(torch: Version, platform: Platform, cuda: Cuda | None, facts: Facts) -> bool | None:
    """Of the wheel on the default index as it was measured; of other builds as their index says."""
    if not platform.value.startswith("linux"):
        return None
    release = facts.torch.get(torch)
    wheels = release.wheels.get(platform) if release else None
    if wheels and wheels.cuda == cuda and wheels.cxx11_abi is not None:
        return wheels.cxx11_abi
    known = facts.abi.of_torch(torch, cuda) if cuda else None
    return known[0] if known else None
