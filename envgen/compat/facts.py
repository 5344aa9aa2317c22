"""The facts of the world that rules judge by: loaded once from dated, sourced data files, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Arch, Cuda, Os, PythonVersion, Release, SmArch
from envgen.compat.abi import Abi
from envgen.compat.claims import Claims
from envgen.compat.compilers import Compilers
from envgen.compat.containers import Containers
from envgen.compat.gpus import Gpus
from envgen.compat.read import Table, read_snapshot
from envgen.compat.records import (
    Bindings,
    Companion,
    IndexPromise,
    OsFact,
    Platform,
    TensorRtRelease,
    TorchRelease,
    TorchTensorRtRelease,
    TorchTensorRtWheels,
    TorchWheels,
)
from envgen.compat.toolchain import Toolchain
from envgen.compat.verdict import Source

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, eq=False)
class Facts:
    """Everything known, as of `taken`.

    Attributes:
        torch: every release on the default index, ascending.
        tensorrt: every release that can be installed, ascending.
        not_installable: TensorRT releases that are only a name: `placeholder`, or `installer` (runs pip in its setup).
        promised: (minor of torch, architecture) to its CUDA builds on PyTorch's own index.
        unlisted: builds that were seen or scripted there, but that no promise names.
        uv_targets: the glibc versions that uv can resolve for, ascending.
        other_libc: distribution name to the C library it has in place of glibc.
        claims: facts of which sources say different things.
    """

    taken: date
    torch: Mapping[Version, TorchRelease]
    torch_source: Source
    tensorrt: Mapping[Version, TensorRtRelease]
    not_installable: Mapping[Version, str]
    torch_tensorrt: Mapping[Version, TorchTensorRtRelease]
    tensorrt_source: Source
    promised: Mapping[tuple[str, Arch], IndexPromise]
    unlisted: Mapping[tuple[str, Arch, Cuda], Source]
    systems: Mapping[Os, OsFact]
    other_libc: Mapping[str, tuple[str, Source]]
    uv_targets: tuple[Version, ...]
    companions: tuple[Companion, ...]
    toolchain: Toolchain
    compilers: Compilers
    containers: Containers
    gpus: Gpus
    abi: Abi
    claims: Claims

    @classmethod
    def bundled(cls) -> Facts:
        """The facts that ship with envgen; read once per process."""
        return _bundled()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The facts in a folder of data files.

        Raises:
            FactsError: an entry lacks its source, date or kind.
        """
        torch, torch_source, taken = read_snapshot(folder / "torch.json")
        trt, trt_source, _ = read_snapshot(folder / "tensorrt.json")
        index = Table(folder / "pytorch_index.yaml")
        platforms = Table(folder / "platforms.yaml")
        compilers = Compilers.read(Table(folder / "compilers.yaml"))
        return cls(
            taken=taken,
            torch={Version(version): _torch(version, entry) for version, entry in torch["releases"].items()},
            torch_source=torch_source,
            tensorrt={Version(version): _tensorrt(version, entry) for version, entry in trt["tensorrt"].items()},
            not_installable={Version(version): why for version, why in trt["not_installable"].items()},
            torch_tensorrt={Version(v): _torch_tensorrt(v, entry) for v, entry in trt["torch_tensorrt"].items()},
            tensorrt_source=trt_source,
            promised=dict(_promise(row, source) for row, source in index.rows("promised")),
            unlisted={
                (row["torch"], Arch(row["arch"]), Cuda.parse(row["cuda"])): source
                for row, source in index.rows("unlisted")
            },
            systems=_systems(platforms),
            other_libc={row["os"]: (row["libc"], source) for row, source in platforms.rows("other_libc")},
            uv_targets=tuple(Version(text) for row, _ in platforms.rows("uv_targets") for text in row["glibc"]),
            companions=tuple(
                Companion(row["package"], SpecifierSet(row["versions"]), tuple(row["requires"]), source)
                for row, source in Table(folder / "companions.yaml").rows("companions")
            ),
            toolchain=Toolchain.read(Table(folder / "toolkit.yaml")),
            compilers=compilers,
            containers=Containers.read(Table(folder / "containers.yaml"), compilers),
            gpus=Gpus.read(Table(folder / "architectures.yaml")),
            abi=Abi.read(Table(folder / "abi.yaml")),
            claims=Claims.read(Table(folder / "claims.yaml")),
        )

    def torch_versions(self) -> tuple[Version, ...]:
        """Every torch release, ascending."""
        return tuple(self.torch)

    def tensorrt_versions(self) -> tuple[Version, ...]:
        """Every TensorRT release that can be installed, ascending."""
        return tuple(self.tensorrt)

    def newest_patch(self, release: Release) -> Version | None:
        """The torch version that a release stands for; None when it is not in the snapshot."""
        return _stands_for(release, self.torch, self._torch_minors)

    def newest_tensorrt(self, release: Release) -> Version | None:
        """The TensorRT version that a release stands for; None when it is not in the snapshot."""
        return _stands_for(release, self.tensorrt, self._tensorrt_minors)

    def newer_torch(self, release: Release) -> bool:
        """Whether a release came after every torch of the snapshot, so that nothing is known of it."""
        return is_newer(self.torch, release)

    def newer_tensorrt(self, release: Release) -> bool:
        """Whether a release came after every TensorRT of the snapshot."""
        return is_newer(self.tensorrt, release)

    @cached_property
    def newest_python(self) -> PythonVersion:
        """The newest Python that any torch wheel is for."""
        return max(self.pythons)

    @cached_property
    def pythons(self) -> tuple[PythonVersion, ...]:
        """Every Python that some torch wheel is for, ascending."""
        return tuple(sorted({p for r in self.torch.values() for w in r.wheels.values() for p in w.pythons}))

    def torch_tensorrt_for(self, torch: Version) -> TorchTensorRtRelease | None:
        """The newest torch-tensorrt whose metadata takes this torch."""
        if torch in self.torch:
            return self._pairs.get(torch)
        return _pair(torch, self.torch_tensorrt.values())

    @cached_property
    def _torch_minors(self) -> Mapping[str, Version]:
        return _newest_by_minor(self.torch)

    @cached_property
    def _tensorrt_minors(self) -> Mapping[str, Version]:
        return _newest_by_minor(self.tensorrt)

    @cached_property
    def _pairs(self) -> Mapping[Version, TorchTensorRtRelease]:
        pairs = ((torch, _pair(torch, self.torch_tensorrt.values())) for torch in self.torch)
        return {torch: pair for torch, pair in pairs if pair}


def newest(versions: Iterable[Version], release: Release) -> Version | None:
    """The newest of the versions that a release covers."""
    return max((version for version in versions if release.covers(version)), default=None)


def is_newer(versions: Iterable[Version], release: Release) -> bool:
    """Whether a release lies beyond all the versions; a minor that holds one of them does not."""
    known = max(versions)
    return release.version > known and not release.covers(known)


def _stands_for(release: Release, versions: Collection[Version], by_minor: Mapping[str, Version]) -> Version | None:
    if release.is_minor:
        return by_minor.get(release.minor)
    return release.version if release.version in versions else None


def _newest_by_minor(versions: Iterable[Version]) -> dict[str, Version]:
    return {f"{version.major}.{version.minor}": version for version in sorted(versions)}


def _pair(torch: Version, releases: Iterable[TorchTensorRtRelease]) -> TorchTensorRtRelease | None:
    fitting = [release for release in releases if release.torch.contains(torch)]
    return max(fitting, key=lambda release: release.version, default=None)


@cache
def _bundled() -> Facts:
    return Facts.read(_DATA)


def _torch(version: str, entry: Mapping[str, Any]) -> TorchRelease:
    wheels = {Platform(platform): _torch_wheels(wheel) for platform, wheel in entry["wheels"].items()}
    return TorchRelease(Version(version), wheels, entry["cpp_flag"], tuple(entry["arch_list_accepts"] or ()))


def _torch_wheels(entry: Mapping[str, Any]) -> TorchWheels:
    return TorchWheels(
        pythons=_pythons(entry["pythons"]),
        cuda=Cuda.parse(entry["cuda"]),
        mb=entry["mb"],
        glibc=_version(entry.get("glibc")),
        macos=_version(entry.get("macos")),
        macos_by_python={PythonVersion.parse(p): Version(v) for p, v in entry.get("macos_by_python", {}).items()},
        sm=tuple(SmArch.parse(text) for text in entry.get("sm", ())),
        build_tags={tag: _pythons(pythons) for tag, pythons in entry.get("build_tags", {}).items()},
        without_triton=_pythons(entry.get("without_triton", ())),
        cxx11_abi=entry.get("cxx11_abi"),
    )


def _tensorrt(version: str, entry: Mapping[str, Any]) -> TensorRtRelease:
    lines = {
        int(major): {
            Platform(platform): Bindings(_pythons(wheel["pythons"]), _version(wheel.get("glibc")))
            for platform, wheel in line.items()
        }
        for major, line in entry["lines"].items()
    }
    return TensorRtRelease(Version(version), entry.get("whole", False), entry.get("metapackage", ""), lines)


def _torch_tensorrt(version: str, entry: Mapping[str, Any]) -> TorchTensorRtRelease:
    wheels = {
        Platform(platform): TorchTensorRtWheels(
            pythons=_pythons(wheel["pythons"]),
            cuda=Cuda.parse(wheel["cuda"]),
            glibc=_version(wheel.get("glibc")),
            glibc_measured="glibc_measured" in wheel,
            tensorrt=SpecifierSet(wheel["tensorrt"]),
        )
        for platform, wheel in entry["wheels"].items()
    }
    return TorchTensorRtRelease(Version(version), SpecifierSet(entry["torch"]), entry["built_for_tensorrt"], wheels)


def _promise(row: Mapping[str, Any], source: Source) -> tuple[tuple[str, Arch], IndexPromise]:
    cuda = tuple(Cuda.parse(text) for text in row["cuda"])
    return (row["torch"], Arch(row["arch"])), IndexPromise(cuda, _pythons(row["python"]), source)


def _systems(table: Table) -> dict[Os, OsFact]:
    systems = {}
    for family in ("linux", "windows", "macos"):
        for row, source in table.rows(family):
            os = Os.parse(row["os"])
            systems[os] = OsFact(os, _version(row.get("glibc")), source)
    return systems


def _pythons(texts: Iterable[str]) -> tuple[PythonVersion, ...]:
    return tuple(PythonVersion.parse(text) for text in texts)


def _version(text: str | None) -> Version | None:
    return Version(text) if text else None
