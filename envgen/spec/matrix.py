"""The matrix as its user wrote it, checked in itself but not yet against any fact of the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from envgen.cell import FIXED_AXES, Arch, Cuda, Os, SmArch
from envgen.errors import Place
from envgen.image import ImageReference
from envgen.results import Rung
from envgen.spec.expression import Where
from envgen.spec.labels import COMPILER, Compiler

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


@dataclass(frozen=True)
class LabelAxis:
    """An axis of the cell's surroundings, which rules read: `compiler`, `gpu` or `driver`."""

    name: str
    values: tuple[str, ...]


ExtraAxis = PackageAxis | VariableAxis | LabelAxis


@dataclass(frozen=True)
class Match:
    """Which cells an entry speaks of: axis name to the accepted texts; an axis not named accepts every value.

    A text is a value, a range (`>=2.9,<2.12`) or `latest`/`latest-N` on a versioned axis, an os family or glob
    (`linux`, `ubuntu*`), or `host` on os and arch. `cells` holds globs over cell ids.
    """

    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cells: tuple[str, ...] = ()


class Unit(StrEnum):
    """What a budget counts."""

    CELLS = "cells"
    MINUTES = "minutes"
    DOLLARS = "dollars"
    GIGABYTES = "GB"


@dataclass(frozen=True)
class Budget:
    amount: float
    unit: Unit

    def __str__(self) -> str:
        if self.unit is Unit.CELLS:
            return "1 cell" if self.amount == 1 else f"{self.amount:g} cells"
        if self.unit is Unit.DOLLARS:
            return f"${self.amount:.2f}"
        if self.unit is Unit.GIGABYTES:
            return f"{self.amount:.3g} GB"
        return f"{self.amount / 60:.3g} hours" if self.amount >= 120 else f"{self.amount:.3g} minutes"


@dataclass(frozen=True)
class Choice:
    """A selection: which cells it is about, and which few of them stand for the rest.

    Attributes:
        entries: cells that any of these speaks of; none: all.
        where: a condition that they meet besides.
        host: whether only those that this machine can run.
        cover: how many values at a time the chosen must cover in every combination; None: every cell is chosen.
        extremes: whether the oldest, the newest and the corners are chosen.
        must: cells that are chosen in any case.
        weights: axis to value to how much rather a cell with it is chosen; 1 where nothing is said.
        budget: what the chosen may cost together.
        seed: of the choices that are as good as others.
    """

    entries: tuple[Match, ...] = ()
    where: Where | None = None
    host: bool = False
    cover: int | None = None
    extremes: bool = False
    must: tuple[Match, ...] = ()
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    budget: Budget | None = None
    seed: int = 0


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
class WindowsProgram:
    """What a Linux cell compiles for Windows.

    Attributes:
        model: `module:function`; the function gives the model and its example inputs.
        shapes: `static`, `dynamic`.
        settings: of torch-tensorrt's compiler, by its names.
        tolerance: how far outputs may be from the recorded ones, as a part of the largest of them.
    """

    model: str
    shapes: tuple[str, ...]
    settings: Mapping[str, bool | int | float | str]
    tolerance: float

    @property
    def version_compatible(self) -> bool:
        return self.settings.get("version_compatible") is True


@dataclass(frozen=True)
class Extension:
    """What is built and checked: a folder (`path`), or a source distribution on the index (`source`).

    Attributes:
        engines: globs, relative to matrix.yaml, of TensorRT engines made elsewhere that cells are to load and run.
    """

    name: str
    path: Path | None
    source: str | None
    sha256: str | None
    requires: tuple[str, ...]
    build: Build
    imports: tuple[str, ...]
    checks: tuple[Check, ...]
    engines: tuple[str, ...] = ()
    windows_program: WindowsProgram | None = None

    def check(self, rung: Rung) -> Check | None:
        return next((check for check in self.checks if check.rung is rung), None)


@dataclass(frozen=True)
class Runner:
    """Labels of a CI runner, which cells it takes, and what a minute of it costs in dollars."""

    match: Match
    labels: tuple[str, ...]
    gpu: bool = False
    price: float = 0.0


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
class Conda:
    """Where conda packages come from, and what is to be said of their names.

    Attributes:
        channels: names or addresses, the first first; empty: what is usual.
        requires: packages of every conda environment, as conda writes them: `sysroot_linux-64 2.28.*`.
        names: name on the Python package index to name in the channels, where envgen does not know that they differ.
    """

    channels: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Docker:
    """What Dockerfiles start from: images of the user's own, of an os, or of an os with the nvcc of a CUDA."""

    images: Mapping[tuple[Os, Cuda | None], ImageReference] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """Bounds on one rung, and on the age of facts.

    Attributes:
        timeouts: seconds per rung.
        memory: bytes of all its processes together; on Linux what they share counts once.
        facts: the age, in seconds, from which CI fails for them; None for what is usual.
    """

    timeouts: Mapping[Rung, float]
    memory: int | None = None
    facts: float | None = None


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
    selections: Mapping[str, Choice]
    extension: Extension | None
    runners: tuple[Runner, ...]
    indexes: Indexes
    limits: Limits
    places: Mapping[KeyPath, Place]
    conda: Conda = Conda()
    docker: Docker = Docker()

    @property
    def axis_names(self) -> tuple[str, ...]:
        return (*FIXED_AXES, *(axis.name for axis in self.extra))

    def axis_values(self, name: str) -> tuple[str, ...]:
        """The values of an axis as written."""
        if name in FIXED_AXES:
            return tuple(getattr(self, name))
        return next(axis.values for axis in self.extra if axis.name == name)

    def variables_of(self, extra: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The environment variables that a cell's values on variable axes, and its compiler, set."""
        values = dict(extra)
        found: dict[str, str] = {}
        for axis in self.extra:
            if axis.name not in values:
                continue
            if isinstance(axis, VariableAxis):
                found |= axis.variables[values[axis.name]]
            elif axis.name == COMPILER and isinstance(axis, LabelAxis):
                found |= Compiler.parse(values[axis.name]).variables
        return found

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
