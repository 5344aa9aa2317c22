"""Which binaries are loaded in which cells: every built one in every other cell of the same system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from envgen.binary import Binary, Unreadable, read_binary
from envgen.cell import Arch
from envgen.crossload.artifact import Artifact, Composition, whole, with_binary
from envgen.crossload.record import WHOLE, Arm
from envgen.prediction import Subject
from envgen.prediction.bundle import together
from envgen.results import CellResult, Outcome, Rung
from envgen.run.job import Job


@dataclass(frozen=True)
class Built:
    """A cell with what it built.

    Attributes:
        artifact: None when it did not build.
        unbuilt: why it did not.
        missing: why nothing can be loaded in it; empty when its environment is there.
    """

    job: Job
    artifact: Artifact | None
    unbuilt: str = ""
    missing: str = ""

    @classmethod
    def of(cls, job: Job, result: CellResult | None) -> Built:
        """As the run left the cell.

        Raises:
            OSError: what was built cannot be read.
        """
        missing = "" if job.environment.exists() else _why(result, Rung.CREATED)
        if job.is_built:
            return cls(job, Artifact.read(job.artifact), missing=missing)
        return cls(job, None, _why(result, Rung.BUILT), missing)

    @property
    def id(self) -> str:
        return str(self.job.cell)

    @cached_property
    def subjects(self) -> Mapping[str, Subject]:
        """The binaries that can be read, by file; loading the others will say what is wrong with them."""
        if self.artifact is None:
            return {}
        torch = self.job.locked_version("torch")
        files = (_binary(self.artifact.folder, file, self.job.cell.arch) for file in self.artifact.binaries)
        found = together([binary for binary in files if binary], Version(Version(torch).public) if torch else None)
        return {subject.binary.file: subject for subject in found}

    def arm(self, file: str) -> Arm:
        subject = self.subjects.get(file)
        return Arm.STABLE if subject and subject.stable else Arm.ORDINARY


@dataclass(frozen=True)
class Pair:
    """What one cell built, to be loaded in another.

    Attributes:
        what: a binary's file, or `extension`.
        composition: None when it cannot be loaded, and `reason` says why.
    """

    built: Built
    loaded: Built
    what: str
    arm: Arm
    composition: Composition | None
    reason: str = ""

    @property
    def library(self) -> str | None:
        """What torch loads by its path; a Python module is imported with its package."""
        subject = self.built.subjects.get(self.what)
        return None if self.what == WHOLE or (subject and subject.is_module) else self.what

    @cached_property
    def key(self) -> str:
        """A hash over what decides the outcome: equal ones are loaded once."""
        if self.composition is None:
            return ""
        job = self.loaded.job
        check = job.extension.check(Rung.CPU)
        content = [
            self.composition.key, self.library, str(job.cell), job.environment_inputs, job.variables,
            job.extension.imports, check.run if check else None,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def pairs_in(loaded: Built, cells: Sequence[Built]) -> tuple[Pair, ...]:
    """All that is to be loaded in one cell, what it built itself among it."""
    return tuple(pair for built in cells if _same_system(built, loaded) for pair in _pairs(built, loaded))


def _same_system(one: Built, other: Built) -> bool:
    return one.job.cell.os == other.job.cell.os and one.job.cell.arch is other.job.cell.arch


def _pairs(built: Built, loaded: Built) -> Iterator[Pair]:
    if built.artifact is None:
        yield Pair(built, loaded, WHOLE, Arm.ORDINARY, None, f"it was not built: {built.unbuilt}")
        return
    files = built.artifact.binaries
    arm = Arm.STABLE if files and all(built.arm(file) is Arm.STABLE for file in files) else Arm.ORDINARY
    yield _pair(built, loaded, WHOLE, arm, whole(built.artifact))
    if len(files) < 2:
        return  # the only binary is the extension
    for file in files:
        if loaded.artifact is None:
            reason = f"nothing was built there to put it into: {loaded.unbuilt}"
            yield Pair(built, loaded, file, built.arm(file), None, reason)
        else:
            yield _pair(built, loaded, file, built.arm(file), with_binary(built.artifact, file, loaded.artifact))


def _pair(built: Built, loaded: Built, what: str, arm: Arm, composition: Composition) -> Pair:
    if loaded.missing:
        return Pair(built, loaded, what, arm, None, loaded.missing)
    return Pair(built, loaded, what, arm, composition)


def _binary(folder: Path, file: str, arch: Arch) -> Binary | None:
    """The slice of a file that is for the cell's machine, or its first."""
    try:
        slices = read_binary(folder / file, file)
    except Unreadable:
        return None
    return next((binary for binary in slices if binary.arch is arch), slices[0])


def _why(result: CellResult | None, rung: Rung) -> str:
    """Why a rung that something needs was not passed."""
    if result is None:
        return "the cell was not run"
    for climbed in result.rungs:
        if climbed.outcome is Outcome.FAILED or climbed.rung is rung:
            return f"{climbed.rung} {climbed.outcome}" + (f": {climbed.sentence}" if climbed.sentence else "")
    return f"{rung} was not reached"
