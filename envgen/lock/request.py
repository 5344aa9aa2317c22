"""What is asked of the resolver for one cell."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.pins import Pins, StaticMetadata, pins
from envgen.compat.platforms import macos_target, uv_platform
from envgen.spec.matrix import Extension, Matrix, PackageAxis, Toolkit


@dataclass(frozen=True)
class SourceRequest:
    """A source distribution on the index; `sha256` is what it must be, empty where the matrix does not say."""

    name: str
    version: str
    sha256: str = ""


@dataclass(frozen=True)
class LockRequest:
    """The resolver's input; equal requests have equal locks until somebody asks for an upgrade.

    Attributes:
        torch: the requirement that means exactly this cell's build of torch.
        others: every other requirement line.
        platform: uv's name of the target platform.
        macos_target: MACOSX_DEPLOYMENT_TARGET, on macOS.
        torch_folder: the folder of PyTorch's own index that has this build; empty when the default index has it.
        pytorch_index: the address of PyTorch's index, or of its mirror; empty for uv's own default.
        metadata: of source stubs that are not to be executed, where no index has a wheel in their place.
        source: the extension, when it is a source distribution on the index.
    """

    cell: Cell
    torch: str
    others: tuple[str, ...]
    platform: str
    macos_target: str | None
    torch_folder: str
    pytorch_index: str
    extra_indexes: tuple[str, ...]
    metadata: tuple[StaticMetadata, ...]
    source: SourceRequest | None = None

    @property
    def only_pytorch(self) -> bool:
        """Whether only PyTorch's own index can say which file is this build: of a release newer than the facts."""
        return bool(self.torch_folder) and self.torch.endswith(".*")

    @property
    def digest(self) -> str:
        """What a lock is recognised by: of this cell, and of everything that was asked."""
        return _digest(asdict(self) | {"cell": str(self.cell)})

    @property
    def question(self) -> str:
        """Equal for cells that ask the resolver the same."""
        return _digest(asdict(self) | {"cell": str(self.cell.python)})


def _digest(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def lock_request(cell: Cell, matrix: Matrix, facts: Facts) -> LockRequest:
    """The request for an accepted cell of a matrix."""
    pinned = pins(cell, facts)
    return LockRequest(
        cell=cell,
        torch=_torch_requirement(cell, pinned, facts),
        others=tuple(sorted(set(_others(cell, matrix, pinned)))),
        platform=uv_platform(cell, facts),
        macos_target=macos_target(cell),
        torch_folder=pinned.index.folder,
        pytorch_index=matrix.indexes.pytorch if pinned.index.folder else "",
        extra_indexes=matrix.indexes.extra,
        metadata=pinned.metadata,
        source=_source(matrix.extension) if matrix.extension else None,
    )


def _source(extension: Extension) -> SourceRequest | None:
    if extension.source is None:
        return None
    name, _, version = extension.source.partition("==")
    return SourceRequest(name, version, (extension.sha256 or "").lower())


def _torch_requirement(cell: Cell, pinned: Pins, facts: Facts) -> str:
    if facts.newest_patch(cell.torch) is None and cell.torch.is_minor:
        return f"torch=={cell.torch}.*"  # newer than the facts: the index decides which patch there is
    if pinned.torch_local:
        return f"torch=={pinned.torch}+{pinned.torch_local}"
    # `==2.13.0` would also take a 2.13.0+cpu from a folder of wheels; `===` takes the file without a label only.
    return f"torch==={pinned.torch}"


def _others(cell: Cell, matrix: Matrix, pinned: Pins) -> Iterator[str]:
    yield from pinned.requirements
    values = dict(cell.extra)
    for axis in matrix.extra:
        if isinstance(axis, PackageAxis) and values.get(axis.name, "none") != "none":
            yield _package_requirement(axis.package, values[axis.name])
    if matrix.extension:
        yield from _extension_requirements(matrix.extension, cell, pinned)


def _package_requirement(package: str, value: str) -> str:
    if value == "latest":
        return package
    # `1.26` means its newest patch; a pre- or post-release (`2.0rc1`) only itself: the grammar has no `.*` after one.
    return f"{package}=={value}.*" if re.fullmatch(r"\d+(\.\d+)*", value) else f"{package}=={value}"


def _extension_requirements(extension: Extension, cell: Cell, pinned: Pins) -> Iterator[str]:
    yield from extension.requires
    yield from extension.build.requires
    if extension.build.toolkit is Toolkit.WHEELS and not cell.cuda.is_cpu:
        yield from pinned.toolkit
