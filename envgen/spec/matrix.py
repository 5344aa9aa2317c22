"""The matrix as its user wrote it, checked in itself but not yet against any fact of the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from envgen.cell import FIXED_AXES, Arch, Os, SmArch
from envgen.errors import Place
from envgen.results import Rung

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class PackageAxis:
    """A user's axis whose value pins a requirement: value `1.26` of package numpy means `numpy==1.26.*`."""

    name: str
    values: tuple[str, ...]
    package: str


@dataclass(frozen=True)
class VariableAxis:
    """A user's axis whose value sets environment variables while the cell's commands run."""

    name: str
    values: tuple[str, ...]
    variables: Mapping[str, Mapping[str, str]]


ExtraAxis = PackageAxis | VariableAxis


@dataclass(frozen=True)
class Match:
    """Which cells an entry speaks of: axis name to the accepted texts; an axis not named accepts every value.

    A text is a value, a range (`>=2.9,<2.12`) or `latest`/`latest-N` on a versioned axis, an os family or glob
    (`linux`, `ubuntu*`), or `host` on os and arch. `cells` holds globs over cell ids.
    """

    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exclude:
    match: Match
    reason: str


@dataclass(frozen=True)
class Include:
    """A cell beside the product of the axes: one value on every axis."""

    values: Mapping[str, str]
    reason: str


class DeviceCode(StrEnum):
    """What a CUDA cell's binaries must hold.

    NONE: the extension has no CUDA units. OPTIONAL: they are compiled where a matching nvcc is, and a cell without
    one says so. REQUIRED: a CUDA cell without a matching nvcc is not built.
    """

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Toolkit(StrEnum):
    """Where nvcc comes from: found on the machine, or the CUDA 13 compiler wheels in the cell's lock."""

    MACHINE = "machine"
    WHEELS = "wheels"


@dataclass(frozen=True)
class BuildStep:
    """One command of the build; it leaves importable files in `$ENVGEN_OUT`.

    `per` names the axes its outcome depends on; None means all of them. A step with fewer is built once and shared
    by the cells that agree on them. `when` limits the step to some cells.
    """

    name: str
    run: tuple[str, ...]
    per: tuple[str, ...] | None = None
    when: Match | None = None


@dataclass(frozen=True)
class Build:
    """How the extension is built; without steps its own build backend is used, without isolation."""

    requires: tuple[str, ...] = ("setuptools", "wheel", "ninja")
    env: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[BuildStep, ...] = ()
    device_code: DeviceCode = DeviceCode.NONE
    cuda_archs: tuple[SmArch, ...] = ()
    toolkit: Toolkit = Toolkit.MACHINE


@dataclass(frozen=True)
class Check:
    """A command that proves one thing; `rung` is cpu, kernel or engine. `needs`: gpu, tensorrt."""

    rung: Rung
    run: tuple[str, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extension:
    """What is built and checked: a folder (`path`), or a source distribution on the index (`source`)."""

    name: str
    path: Path | None
    source: str | None
    sha256: str | None
    requires: tuple[str, ...]
    build: Build
    imports: tuple[str, ...]
    checks: tuple[Check, ...]

    def check(self, rung: Rung) -> Check | None:
        return next((check for check in self.checks if check.rung is rung), None)


@dataclass(frozen=True)
class Runner:
    """Labels of a CI runner, and which cells it takes."""

    match: Match
    labels: tuple[str, ...]
    gpu: bool = False


@dataclass(frozen=True)
class Indexes:
    """Where packages come from beside pip's and uv's own configuration.

    Attributes:
        pytorch: a mirror of PyTorch's wheel index; `cu126`, `cpu` ... follow it. Empty: the one that uv knows.
        extra: further indexes, consulted after the user's own.
    """

    pytorch: str
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """Bounds on one rung: seconds per rung, and resident bytes of all its processes together."""

    timeouts: Mapping[Rung, float]
    memory: int | None = None


@dataclass(frozen=True)
class Matrix:
    """The whole of matrix.yaml. Axis values stand as written, in the file's order."""

    file: Path
    python: tuple[str, ...]
    torch: tuple[str, ...]
    cuda: tuple[str, ...]
    tensorrt: tuple[str, ...]
    os: tuple[str, ...]
    arch: tuple[str, ...]
    extra: tuple[ExtraAxis, ...]
    exclude: tuple[Exclude, ...]
    include: tuple[Include, ...]
    selections: Mapping[str, tuple[Match, ...]]
    extension: Extension | None
    runners: tuple[Runner, ...]
    indexes: Indexes
    limits: Limits
    places: Mapping[KeyPath, Place]

    @property
    def axis_names(self) -> tuple[str, ...]:
        return (*FIXED_AXES, *(axis.name for axis in self.extra))

    def axis_values(self, name: str) -> tuple[str, ...]:
        """The values of an axis as written."""
        if name in FIXED_AXES:
            return tuple(getattr(self, name))
        return next(axis.values for axis in self.extra if axis.name == name)

    def variables_of(self, extra: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The environment variables that a cell's values on variable axes set."""
        values = dict(extra)
        axes = [axis for axis in self.extra if isinstance(axis, VariableAxis)]
        return {name: value for axis in axes for name, value in axis.variables[values[axis.name]].items()}

    def place(self, *path: str | int) -> Place:
        """Where the value at a key path stands (`"axes", "torch", 1`), or the nearest value around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path]


@dataclass(frozen=True)
class Host:
    """The machine as far as a selection speaks of it; os is None when it is not one that envgen names."""

    os: Os | None
    arch: Arch
