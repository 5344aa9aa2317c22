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

from envgen.cell import Arch, Cuda, Flavour, Os, PythonVersion, Release, TensorRt
from envgen.compat.abi import Abi
from envgen.compat.claims import Claims
from envgen.compat.compilers import Compilers
from envgen.compat.containers import Containers
from envgen.compat.gpus import Gpus
from envgen.compat.published import (
    TENSORRT,
    TORCH,
    TORCH_TENSORRT,
    judged_by,
    not_installable,
    seen_builds,
    stubs,
    tensorrt_releases,
    torch_releases,
    torch_tensorrt_releases,
)
from envgen.compat.read import Table
from envgen.compat.records import (
    Companion,
    IndexPromise,
    OsFact,
    Platform,
    SeenBuild,
    Stub,
    TensorRtRelease,
    TorchRelease,
    TorchTensorRtRelease,
)
from envgen.compat.stacks import Stacks
from envgen.compat.store import Store
from envgen.compat.toolchain import Toolchain
from envgen.compat.verdict import Source

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, eq=False)
class Facts:
    """Everything known, as of `taken`.

    Attributes:
        torch: every release on the default index, ascending.
        tensorrt: by flavour, every release that can be installed, ascending.
        not_installable: the same, of those that are only a name: `placeholder`, or `installer` (runs pip in its setup).
        stubs: by package and version, what source distributions declare that stand for wheels elsewhere.
        promised: (minor of torch, architecture) to its CUDA builds on PyTorch's own index.
        unlisted: builds that were seen or scripted there, but that no promise names.
        seen: builds of torch on the user's further indexes and folders.
        uv_targets: the glibc versions that uv can resolve for, ascending.
        other_libc: distribution name to the C library it has in place of glibc.
        companions: requirements of packages beside their own metadata.
        build_companions: the same, of what builds against them.
        claims: facts of which sources say different things.
        notices: sentences about snapshots in the user's cache that could not be used.
    """

    taken: date
    torch: Mapping[Version, TorchRelease]
    torch_source: Source
    tensorrt: Mapping[Flavour, Mapping[Version, TensorRtRelease]]
    not_installable: Mapping[Flavour, Mapping[Version, str]]
    stubs: Mapping[str, Mapping[Version, Stub]]
    torch_tensorrt: Mapping[Version, TorchTensorRtRelease]
    tensorrt_source: Source
    promised: Mapping[tuple[str, Arch], IndexPromise]
    unlisted: Mapping[tuple[str, Arch, Cuda], Source]
    seen: Mapping[tuple[Version, Platform], Mapping[Cuda, SeenBuild]]
    systems: Mapping[Os, OsFact]
    other_libc: Mapping[str, tuple[str, Source]]
    uv_targets: tuple[Version, ...]
    companions: tuple[Companion, ...]
    build_companions: tuple[Companion, ...]
    toolchain: Toolchain
    compilers: Compilers
    containers: Containers
    gpus: Gpus
    abi: Abi
    stacks: Stacks
    claims: Claims
    notices: tuple[str, ...]

    @classmethod
    def bundled(cls) -> Facts:
        """The facts that ship with envgen; read once per process."""
        return _read(Store(user=None))

    @classmethod
    def current(cls) -> Facts:
        """The newest there are: of each package the bundled snapshot or the one in the user's cache; read once.

        The variable `ENVGEN_FACTS` names another folder than the user's cache, or is `bundled`.
        """
        return _read(Store.of())

    @classmethod
    def read(cls, folder: Path, store: Store) -> Self:
        """The facts in a folder of data files, and in a store of snapshots.

        Raises:
            FactsError: an entry lacks its source, date or kind, or there is no snapshot of a package.
        """
        holdings = store.read(judged_by(store.packages()))
        snapshots = holdings.snapshots()
        index = Table(folder / "pytorch_index.yaml")
        platforms = Table(folder / "platforms.yaml")
        companions = Table(folder / "companions.yaml")
        compilers = Compilers.read(Table(folder / "compilers.yaml"))
        return cls(
            taken=min(snapshot.taken for snapshot in snapshots.values()),
            torch=torch_releases(snapshots[TORCH]),
            torch_source=snapshots[TORCH].source,
            tensorrt={flavour: tensorrt_releases(snapshots, flavour) for flavour in Flavour},
            not_installable={flavour: not_installable(snapshots[TENSORRT[flavour]]) for flavour in Flavour},
            stubs=stubs(snapshots),
            torch_tensorrt=torch_tensorrt_releases(snapshots[TORCH_TENSORRT]),
            tensorrt_source=snapshots[TENSORRT[Flavour.FULL]].source,
            promised=dict(_promise(row, source) for row, source in index.rows("promised")),
            unlisted={
                (row["torch"], Arch(row["arch"]), Cuda.parse(row["cuda"])): source
                for row, source in index.rows("unlisted")
            },
            seen=seen_builds(held.snapshot for held in holdings.further if held.snapshot.package == TORCH),
            systems=_systems(platforms),
            other_libc={row["os"]: (row["libc"], source) for row, source in platforms.rows("other_libc")},
            uv_targets=tuple(Version(text) for row, _ in platforms.rows("uv_targets") for text in row["glibc"]),
            companions=_companions(companions, "companions"),
            build_companions=_companions(companions, "build_companions"),
            toolchain=Toolchain.read(Table(folder / "toolkit.yaml")),
            compilers=compilers,
            containers=Containers.read(Table(folder / "containers.yaml"), compilers),
            gpus=Gpus.read(Table(folder / "architectures.yaml")),
            abi=Abi.read(Table(folder / "abi.yaml")),
            stacks=Stacks.read(Table(folder / "stacks.yaml")),
            claims=Claims.read(Table(folder / "claims.yaml")),
            notices=holdings.notices,
        )

    def torch_versions(self) -> tuple[Version, ...]:
        """Every torch release, ascending."""
        return tuple(self.torch)

    def newest_patch(self, release: Release) -> Version | None:
        """The torch version that a release stands for; None when it is not in the snapshot."""
        return _stands_for(release, self.torch, self._torch_minors)

    def newest_tensorrt(self, label: TensorRt) -> Version | None:
        """The TensorRT version that a label stands for; None when there is none of its flavour in the snapshot."""
        return _stands_for(label.release, self.tensorrt[label.flavour], self._tensorrt_minors[label.flavour])

    def newer_torch(self, release: Release) -> bool:
        """Whether a release came after every torch of the snapshot, so that nothing is known of it."""
        return is_newer(self.torch, release)

    def newer_tensorrt(self, label: TensorRt) -> bool:
        """Whether a label came after every TensorRT of its flavour in the snapshot."""
        return is_newer(self.tensorrt[label.flavour], label.release)

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
    def _tensorrt_minors(self) -> Mapping[Flavour, Mapping[str, Version]]:
        return {flavour: _newest_by_minor(releases) for flavour, releases in self.tensorrt.items()}

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
def _read(store: Store) -> Facts:
    return Facts.read(_DATA, store)


def _promise(row: Mapping[str, Any], source: Source) -> tuple[tuple[str, Arch], IndexPromise]:
    cuda = tuple(Cuda.parse(text) for text in row["cuda"])
    pythons = tuple(PythonVersion.parse(text) for text in row["python"])
    return (row["torch"], Arch(row["arch"])), IndexPromise(cuda, pythons, source)


def _companions(table: Table, name: str) -> tuple[Companion, ...]:
    return tuple(
        Companion(row["package"], SpecifierSet(row["versions"]), tuple(row["requires"]), source)
        for row, source in table.rows(name)
    )


def _systems(table: Table) -> dict[Os, OsFact]:
    systems = {}
    hosted = [(Os.parse(row["os"]), row["label"]) for row, _ in table.rows("runners")]
    for family in ("linux", "windows", "macos"):
        for row, source in table.rows(family):
            os = Os.parse(row["os"])
            runners = tuple(label for runner, label in hosted if runner == os)
            systems[os] = OsFact(os, Version(row["glibc"]) if row.get("glibc") else None, source, runners)
    return systems
