"""Facts about published packages and operating systems, as small frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Arch, Cell, Cuda, Os, OsFamily, PythonVersion, SmArch
from envgen.compat.verdict import Source


class Platform(StrEnum):
    """An operating system family on an architecture, as far as wheels tell them apart."""

    LINUX_X86_64 = "linux_x86_64"
    LINUX_AARCH64 = "linux_aarch64"
    WIN_AMD64 = "win_amd64"
    WIN_ARM64 = "win_arm64"
    MACOS_ARM64 = "macos_arm64"
    MACOS_X86_64 = "macos_x86_64"

    @classmethod
    def of(cls, family: OsFamily, arch: Arch) -> Platform:
        return _PLATFORMS[family, arch]

    @classmethod
    def of_cell(cls, cell: Cell) -> Platform:
        return _PLATFORMS[cell.os.family, cell.arch]

    @property
    def words(self) -> str:
        """As a sentence names it: `Linux on aarch64`."""
        return _WORDS[self]


_PLATFORMS = {
    (OsFamily.LINUX, Arch.X86_64): Platform.LINUX_X86_64,
    (OsFamily.LINUX, Arch.AARCH64): Platform.LINUX_AARCH64,
    (OsFamily.WINDOWS, Arch.X86_64): Platform.WIN_AMD64,
    (OsFamily.WINDOWS, Arch.AARCH64): Platform.WIN_ARM64,
    (OsFamily.MACOS, Arch.AARCH64): Platform.MACOS_ARM64,
    (OsFamily.MACOS, Arch.X86_64): Platform.MACOS_X86_64,
}
_WORDS = {
    Platform.LINUX_X86_64: "Linux on x86_64",
    Platform.LINUX_AARCH64: "Linux on aarch64",
    Platform.WIN_AMD64: "Windows on x86_64",
    Platform.WIN_ARM64: "Windows on aarch64",
    Platform.MACOS_ARM64: "macOS on aarch64",
    Platform.MACOS_X86_64: "macOS on x86_64",
}


@dataclass(frozen=True)
class TorchWheels:
    """The wheels of one torch release for one platform on the default index; they differ only in Python.

    Attributes:
        cuda: what they were built for, read from the binary, not from their metadata; None when it could not be read.
        mb: size of one, in megabytes.
        glibc: the oldest glibc they load on; None outside Linux.
        macos: the oldest macOS they load on; None elsewhere.
        macos_by_python: Pythons whose file name asks for a newer macOS than that.
        sm: GPU architectures in the binary; empty for CPU builds.
        build_tags: build tag to the Pythons that were published again under it; the highest tag is installed.
        without_triton: Pythons for which the metadata leaves triton out, so torch.compile has no GPU backend.
    """

    pythons: tuple[PythonVersion, ...]
    cuda: Cuda | None
    mb: float | None
    glibc: Version | None
    macos: Version | None
    macos_by_python: Mapping[PythonVersion, Version]
    sm: tuple[SmArch, ...]
    build_tags: Mapping[str, tuple[PythonVersion, ...]]
    without_triton: tuple[PythonVersion, ...]
    cxx11_abi: bool | None


@dataclass(frozen=True)
class TorchRelease:
    version: Version
    wheels: Mapping[Platform, TorchWheels]
    cpp_flag: int | None
    arch_list: tuple[str, ...]


@dataclass(frozen=True)
class Bindings:
    """TensorRT's Python wheels for one CUDA major on one platform."""

    pythons: tuple[PythonVersion, ...]
    glibc: Version | None


@dataclass(frozen=True)
class Stub:
    """What a source distribution declares that stands for a wheel elsewhere.

    Attributes:
        requires: what is installed beside it.
        build: what it is built with.
    """

    requires: tuple[str, ...]
    build: tuple[str, ...]


@dataclass(frozen=True)
class TensorRtRelease:
    """A TensorRT release that can be installed.

    Attributes:
        whole: one real wheel holds everything (8.x); otherwise `tensorrt` is a source stub around `metapackage`.
        metapackage: what plain `tensorrt` stands for: `tensorrt-cu12` or `tensorrt-cu13`; empty when whole.
        lines: CUDA major to platform to the bindings.
        stubs: CUDA majors whose libraries are a source stub that downloads them elsewhere.
    """

    version: Version
    whole: bool
    metapackage: str
    lines: Mapping[int, Mapping[Platform, Bindings]]
    stubs: frozenset[int] = frozenset()


@dataclass(frozen=True)
class TorchTensorRtWheels:
    """One torch-tensorrt release on one platform.

    Attributes:
        tensorrt: what its metadata asks for; empty when it asks for nothing.
        glibc: the oldest glibc it loads on; None outside Linux.
        glibc_measured: whether that was read from the binary, which needs more than the file name says.
    """

    pythons: tuple[PythonVersion, ...]
    cuda: Cuda | None
    glibc: Version | None
    glibc_measured: bool
    tensorrt: SpecifierSet


@dataclass(frozen=True)
class TorchTensorRtRelease:
    version: Version
    torch: SpecifierSet
    built_for: str
    wheels: Mapping[Platform, TorchTensorRtWheels]


@dataclass(frozen=True)
class SeenBuild:
    """A build of torch that one of the user's further indexes or folders has; the source names it, and the day."""

    pythons: tuple[PythonVersion, ...]
    source: Source


@dataclass(frozen=True)
class IndexPromise:
    """CUDA builds of one minor of torch that PyTorch promises on its own index; no pythons: not listed."""

    cuda: tuple[Cuda, ...]
    pythons: tuple[PythonVersion, ...]
    source: Source


@dataclass(frozen=True)
class OsFact:
    """An operating system release.

    Attributes:
        glibc: None outside Linux.
        runners: the labels of GitHub's hosted runners that have it.
    """

    os: Os
    glibc: Version | None
    source: Source
    runners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Companion:
    """Requirements that some versions of a package need beside their own metadata."""

    package: str
    versions: SpecifierSet
    requires: tuple[str, ...]
    source: Source
