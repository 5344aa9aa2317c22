"""What an engine file is, as far as can be read without TensorRT."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from packaging.version import Version

from envgen.cell import SmArch
from envgen.results import Diagnosis


class Kind(StrEnum):
    """What a file with engines is."""

    PLAN = "TensorRT plan"
    TORCHSCRIPT = "TorchScript module"
    EXPORTED = "exported program"
    ZIP = "zip"
    OTHER = "another program's container"


@dataclass(frozen=True)
class Plan:
    """A plan's own head, and what its body shows.

    Attributes:
        tensorrt: the release that built it, in four numbers.
        layout: of the head: 1, or 2 since TensorRT 11.
        announced: bytes that it says it has.
        present: bytes that are there, of those that are its own.
        tag: of the platform; empty before TensorRT 10.
        serialization: number of the body's format; None when it was not found.
        body: the release as the body repeats it; None when it was not found.
        gpu: that it was built on; a hint, as no document describes it. None when it was not found.
        code: GPUs that kernels in it are for; empty where they are packed.
        host_code: whether a library for the processor is in it, as the lean runtime of a version-compatible plan is.
        unread: why not all of it could be looked through.
    """

    tensorrt: Version
    layout: int
    announced: int
    present: int
    tag: str
    serialization: int | None = None
    body: Version | None = None
    gpu: SmArch | None = None
    code: tuple[SmArch, ...] = ()
    host_code: bool = False
    unread: str = ""


@dataclass(frozen=True)
class Module:
    """What torch-tensorrt records beside the plan.

    Attributes:
        fields: how many texts the record has.
        gpu, gpu_name: that it was built on; None and empty when the record does not say.
        hardware_compatible, version_compatible: None where the record does not say.
        platform: torch-tensorrt's name of the system; empty before ABI 6.
        crossed: whether it was compiled for Windows elsewhere.
    """

    abi: int
    name: str
    fields: int
    gpu: SmArch | None = None
    gpu_name: str = ""
    hardware_compatible: bool | None = None
    version_compatible: bool | None = None
    platform: str = ""
    crossed: bool = False


@dataclass(frozen=True)
class Engine:
    """One engine of a file.

    Attributes:
        member: of the archive that it lies in; empty outside of one.
        at: the byte at which a plan begins, in a file or member that is no plan.
        module: None for a plan of its own.
        damage: why no TensorRT will read it.
        told_version_compatible, told_hardware_compatible: whether somebody who knows how it was built says so.
    """

    member: str
    plan: Plan
    module: Module | None = None
    at: int = 0
    damage: tuple[Diagnosis, ...] = ()
    told_version_compatible: bool = False
    told_hardware_compatible: bool = False

    @property
    def gpu(self) -> SmArch | None:
        """That it was built on, as far as is known."""
        return (self.module.gpu if self.module else None) or self.plan.gpu

    @property
    def version_compatible(self) -> bool | None:
        """None when the file does not say; a plan does not, unless the lean runtime is in it."""
        if self.plan.host_code or self.told_version_compatible:
            return True
        return self.module.version_compatible if self.module else None

    @property
    def hardware_compatible(self) -> bool | None:
        """None when the file does not say; a plan of its own never does."""
        if self.told_hardware_compatible:
            return True
        return self.module.hardware_compatible if self.module else None


@dataclass(frozen=True)
class Inspected:
    """A file and its engines.

    Attributes:
        notes: what could not be looked into, or is to be known.
        damage: what is wrong with the file around the engines.
    """

    file: str
    kind: Kind
    engines: tuple[Engine, ...]
    notes: tuple[str, ...] = ()
    damage: tuple[Diagnosis, ...] = ()

    def told(self, *, version_compatible: bool, hardware_compatible: bool) -> Inspected:
        """The same with what somebody knows of how its engines were built."""
        engines = tuple(
            replace(engine, told_version_compatible=version_compatible, told_hardware_compatible=hardware_compatible)
            for engine in self.engines
        )
        return replace(self, engines=engines)

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """All damage: of the file, then of its engines."""
        return (*self.damage, *(each for engine in self.engines for each in engine.damage))
