"""What a lock needs to know of an accepted cell: exact versions, indexes, and the metadata of stubs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from packaging.version import Version

from envgen.cell import Cell, OsFamily, TensorRt
from envgen.compat.builds import Where, torch_builds
from envgen.compat.facts import Facts
from envgen.compat.published import TENSORRT
from envgen.compat.records import TorchTensorRtRelease


@dataclass(frozen=True)
class IndexChoice:
    """Where torch comes from: the indexes that the user has, or a folder (`cu126`, `cpu`) of PyTorch's own."""

    kind: Literal["default", "pytorch"]
    folder: str = ""


@dataclass(frozen=True)
class StaticMetadata:
    """What stands for a source stub that must not be executed while resolving, unless an index has its wheel.

    Attributes:
        version: exact; empty for every version.
        requires: what it installs beside itself.
        wanted: which versions the cell may have: `==11.0.0.114`, `==11.9.*`.
        build: what it is built with.
    """

    name: str
    version: str
    requires: tuple[str, ...]
    wanted: str = ""
    build: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pins:
    """The exact side of a cell.

    Attributes:
        torch: the exact public version; of a release newer than the facts, the version as the cell names it.
        torch_local: local label of the wheel's version on that index (`cpu`, `cu126`); empty where it carries none.
        torch_tensorrt: None without a full TensorRT, and when the one for this torch is newer than the facts.
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
    pair = facts.torch_tensorrt_for(torch) if cell.tensorrt and cell.tensorrt.is_full else None
    tensorrt = _tensorrt(cell.tensorrt, cell, facts) if cell.tensorrt else _TensorRtPins()
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
class _TensorRtPins:
    version: Version | None = None
    requirements: tuple[str, ...] = ()
    metadata: tuple[StaticMetadata, ...] = ()


def _torch_tensorrt(cell: Cell, torch: Version, pair: TorchTensorRtRelease | None) -> tuple[str, ...]:
    if cell.tensorrt is None or not cell.tensorrt.is_full:
        return ()
    return (f"torch-tensorrt=={pair.version}" if pair else f"torch-tensorrt=={torch.major}.{torch.minor}.*",)


def _tensorrt(label: TensorRt, cell: Cell, facts: Facts) -> _TensorRtPins:
    version, package = facts.newest_tensorrt(label), TENSORRT[label.flavour]
    line = f"{package}-cu{cell.cuda.major}"
    if version is None:
        exact = f"=={label.release}.*" if label.release.is_minor else f"=={label.release}"
        if label.is_full:
            return _TensorRtPins(label.release.version, (f"{package}{exact}",), _stubs(line, line, exact, None, facts))
        return _TensorRtPins(label.release.version, _parts(line, exact))
    release, exact = facts.tensorrt[label.flavour][version], f"=={version}"
    if release.whole:
        return _TensorRtPins(version, (f"{package}{exact}", *_companions(package, version, facts)))
    if label.is_full:
        named = package if release.metapackage == line else line
        return _TensorRtPins(version, (f"{named}{exact}",), _stubs(release.metapackage, line, exact, version, facts))
    libraries = (_stub(f"{line}-libs", exact, version, facts),) if cell.cuda.major in release.stubs else ()
    return _TensorRtPins(version, _parts(line, exact), libraries)


def _parts(line: str, exact: str) -> tuple[str, ...]:
    return f"{line}-libs{exact}", f"{line}-bindings{exact}"


def _stubs(
    metapackage: str, line: str, exact: str, version: Version | None, facts: Facts
) -> tuple[StaticMetadata, ...]:
    """The source stubs between `tensorrt` and the real wheels: each only names the next."""
    return (
        _stub("tensorrt", exact, version, facts, (f"{metapackage}{exact}",)),
        _stub(line, exact, version, facts, _parts(line, exact)),
        _stub(f"{line}-libs", exact, version, facts),
    )


def _stub(
    name: str, exact: str, version: Version | None, facts: Facts, otherwise: tuple[str, ...] = ()
) -> StaticMetadata:
    """A stub as it was read; of one that nobody read, what those before it say of themselves."""
    read = facts.stubs.get(name, {})
    known = read.get(version) if version else None
    newest = known or (read[max(read)] if read else None)
    build = newest.build if newest else ()
    return StaticMetadata(name, str(version or ""), known.requires if known else otherwise, exact, build)


def _companions(package: str, version: Version, facts: Facts) -> tuple[str, ...]:
    return tuple(
        requirement
        for companion in facts.companions
        if companion.package == package and companion.versions.contains(version)
        for requirement in companion.requires
    )
