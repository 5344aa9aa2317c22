"""Which binaries are loaded in which cells: every built one in every other cell of the same system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from envgen.crossload.artifact import Artifact, Composition, whole, with_binary
from envgen.crossload.facts import BinaryFacts, read_facts
from envgen.crossload.record import WHOLE, Arm
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
    def binaries(self) -> Mapping[str, BinaryFacts]:
        """File to its facts."""
        if self.artifact is None:
            return {}
        return {file: read_facts(self.artifact.folder, file, self.job.cell.arch) for file in self.artifact.binaries}


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
        facts = self.built.binaries.get(self.what)
        return self.what if facts and not facts.is_module else None

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
    arms = {facts.arm for facts in built.binaries.values()}
    arm = Arm.STABLE if arms == {Arm.STABLE} else Arm.ORDINARY
    yield _pair(built, loaded, WHOLE, arm, whole(built.artifact))
    if len(built.binaries) < 2:
        return  # the only binary is the extension
    for file, facts in built.binaries.items():
        if loaded.artifact is None:
            reason = f"nothing was built there to put it into: {loaded.unbuilt}"
            yield Pair(built, loaded, file, facts.arm, None, reason)
        else:
            yield _pair(built, loaded, file, facts.arm, with_binary(built.artifact, file, loaded.artifact))


def _pair(built: Built, loaded: Built, what: str, arm: Arm, composition: Composition) -> Pair:
    if loaded.missing:
        return Pair(built, loaded, what, arm, None, loaded.missing)
    return Pair(built, loaded, what, arm, composition)


def _why(result: CellResult | None, rung: Rung) -> str:
    """Why a rung that something needs was not passed."""
    if result is None:
        return "the cell was not run"
    for climbed in result.rungs:
        if climbed.outcome is Outcome.FAILED or climbed.rung is rung:
            return f"{climbed.rung} {climbed.outcome}" + (f": {climbed.sentence}" if climbed.sentence else "")
    return f"{rung} was not reached"
