"""What a lock needs to know of an accepted cell: exact versions, indexes, and the metadata of stubs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from packaging.version import Version

from envgen.cell import Cell, OsFamily, Release
from envgen.compat.builds import Where, torch_builds
from envgen.compat.facts import Facts
from envgen.compat.records import TorchTensorRtRelease


@dataclass(frozen=True)
class IndexChoice:
    """Where torch comes from: the indexes that the user has, or a folder (`cu126`, `cpu`) of PyTorch's own."""

    kind: Literal["default", "pytorch"]
    folder: str = ""


@dataclass(frozen=True)
class StaticMetadata:
    """The metadata of a source stub that must not be executed while resolving; no version means every version."""

    name: str
    version: str
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Pins:
    """The exact side of a cell.

    Attributes:
        torch: the exact public version; of a release newer than the facts, the version as the cell names it.
        torch_local: local label of the wheel's version on that index (`cpu`, `cu126`); empty where it carries none.
        torch_tensorrt: None without TensorRT, and when the one for this torch is newer than the facts.
        tensorrt: as `torch` is.
        requirements: what the cell installs beside torch: TensorRT, and companions that torch or TensorRT need.
        toolkit: requirements that install the CUDA compiler; empty before CUDA 13 and without CUDA.
        download_mb: size of the torch wheel in megabytes; None when the snapshot does not have it.
    """

    torch: Version
    torch_local: str
    index: IndexChoice
    torch_tensorrt: Version | None
    tensorrt: Version | None
    requirements: tuple[str, ...]
    metadata: tuple[StaticMetadata, ...]
    toolkit: tuple[str, ...]
    download_mb: float | None


def pins(cell: Cell, facts: Facts) -> Pins:
    """The pins of a cell that the rules accept; of another cell they are without meaning."""
    builds = torch_builds(cell, facts)
    torch = builds.version if builds else cell.torch.version
    wheels = builds.default if builds and builds.where(cell.cuda) is Where.DEFAULT else None
    on_macos = cell.os.family is OsFamily.MACOS
    # What the default index holds of a torch newer than the facts is not known; PyTorch's own names every build.
    default = wheels is not None or on_macos
    further = builds.further(cell.cuda, cell.python) if builds else None
    pair = facts.torch_tensorrt_for(torch) if cell.tensorrt else None
    tensorrt = _tensorrt(cell.tensorrt, cell, facts) if cell.tensorrt else _TensorRt()
    return Pins(
        torch=torch,
        torch_local="" if default else str(cell.cuda),
        index=IndexChoice("default") if default or further else IndexChoice("pytorch", str(cell.cuda)),
        torch_tensorrt=pair.version if pair else None,
        tensorrt=tensorrt.version,
        requirements=(*_companions("torch", torch, facts), *_torch_tensorrt(cell, torch, pair), *tensorrt.requirements),
        metadata=tensorrt.metadata,
        toolkit=() if on_macos else facts.toolchain.wheels.get(cell.cuda, ()),
        download_mb=wheels.mb if wheels else None,
    )


@dataclass(frozen=True)
class _TensorRt:
    version: Version | None = None
    requirements: tuple[str, ...] = ()
    metadata: tuple[StaticMetadata, ...] = ()


def _torch_tensorrt(cell: Cell, torch: Version, pair: TorchTensorRtRelease | None) -> tuple[str, ...]:
    if cell.tensorrt is None:
        return ()
    return (f"torch-tensorrt=={pair.version}" if pair else f"torch-tensorrt=={torch.major}.{torch.minor}.*",)


def _tensorrt(label: Release, cell: Cell, facts: Facts) -> _TensorRt:
    version = facts.newest_tensorrt(label)
    line = f"tensorrt-cu{cell.cuda.major}"
    if version is None:
        wanted = f"=={label}.*" if label.is_minor else f"=={label}"
        return _TensorRt(label.version, (f"tensorrt{wanted}",), _stubs(line, line, "", ""))
    release = facts.tensorrt[version]
    if release.whole:
        return _TensorRt(version, (f"tensorrt=={version}", *_companions("tensorrt", version, facts)))
    package = "tensorrt" if release.metapackage == line else line
    stubs = _stubs(release.metapackage, line, f"=={version}", str(version))
    return _TensorRt(version, (f"{package}=={version}",), stubs)


def _stubs(metapackage: str, line: str, exact: str, version: str) -> tuple[StaticMetadata, ...]:
    """The source stubs between `tensorrt` and the real wheels: each only names the next."""
    return (
        StaticMetadata("tensorrt", version, (f"{metapackage}{exact}",)),
        StaticMetadata(line, version, (f"{line}-libs{exact}", f"{line}-bindings{exact}")),
        StaticMetadata(f"{line}-libs", version, ()),
    )


def _companions(package: str, version: Version, facts: Facts) -> tuple[str, ...]:
    return tuple(
        requirement
        for companion in facts.companions
        if companion.package == package and companion.versions.contains(version)
        for requirement in companion.requires
    )
