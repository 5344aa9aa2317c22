"""All that is known about a cell before it climbs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement

from envgen import __version__
from envgen.cell import Cell
from envgen.compat.verdict import Trace
from envgen.environment import Environment
from envgen.errors import LockError
from envgen.lock import IndexConfiguration, Lock
from envgen.machine import Machine
from envgen.results import Rung
from envgen.run.given import engines_digest
from envgen.run.process import Bounds
from envgen.spec.matrix import BuildStep, Extension, Limits


@dataclass(frozen=True)
class Job:
    """One cell's climb, described.

    Attributes:
        trace: the rules' verdicts; None in an environment that is taken as it is.
        lock: the lock, why there is none, or None where the environment needs none.
        steps: the build steps that apply to this cell.
        variables: environment variables that the user's own axes set.
        folder: where the cell is made and built.
        builds: where build steps that several cells share are kept.
        source: hash of the extension's source.
        compile_jobs: how many compilers may run at once.
        torch_archs: the GPU architectures that the cell's torch lets an extension compile for; None when not known.
        nvcc_archs: those that the cell's CUDA compiler from wheels knows; None when not known.
        taken: what exactly an environment that is taken as it is holds.
        engines: files with TensorRT engines, made elsewhere, that the cell is to load and run.
    """

    cell: Cell
    trace: Trace | None
    lock: Lock | LockError | None
    environment: Environment
    extension: Extension
    steps: tuple[BuildStep, ...]
    variables: dict[str, str]
    machine: Machine
    configuration: IndexConfiguration
    limits: Limits
    memory: int
    folder: Path
    builds: Path
    source: str
    compile_jobs: int
    torch_archs: frozenset[str] | None = None
    nvcc_archs: frozenset[str] | None = None
    taken: str = ""
    engines: tuple[Path, ...] = ()

    @property
    def made(self) -> Path:
        """Where an environment that is made for the cell lies."""
        return self.folder / self.environment.kind

    @property
    def artifact(self) -> Path:
        """The folder that, on PYTHONPATH, makes the built extension importable."""
        return self.folder / "artifact"

    @property
    def artifact_stamp(self) -> Path:
        """Says, once the artifact is complete, of which key it is."""
        return self.folder / "artifact.key"

    @property
    def is_built(self) -> bool:
        """Whether the artifact is whole, and of this very job."""
        stamp = self.artifact_stamp
        return self.artifact.is_dir() and stamp.is_file() and stamp.read_text(encoding="utf-8") == self.key

    @property
    def locked(self) -> Lock | None:
        """The cell's lock; None where it has none, or could not be made."""
        return self.lock if isinstance(self.lock, Lock) else None

    def locked_version(self, package: str) -> str | None:
        """The version of a package that the lock says; None where it says none."""
        return self.locked.version(package) if self.locked else None

    def bounds(self, rung: Rung) -> Bounds:
        return Bounds(self.limits.timeouts[rung], self.memory)

    @property
    def environment_inputs(self) -> dict[str, str]:
        """What decides how far a cell comes up to its environment, in words and as values or their hashes."""
        lock = self.locked.sha256 if self.locked else str(self.lock)
        return {"kind of environment": self.environment.kind, "lock": lock, "environment": self.taken}

    @property
    def build_requirements(self) -> dict[str, str | None]:
        """What the build needs, at the versions of the lock."""
        names = [Requirement(line).name for line in self.extension.build.requires]
        return {name: self.locked_version(name) for name in names}

    @property
    def inputs(self) -> dict[str, str]:
        """What decides the whole outcome: results are taken over only where it is the same."""
        return self.environment_inputs | {
            "source": self.source,
            "verdicts of the rules": _digest([(v.rule, v.answer) for v in self.trace.verdicts] if self.trace else []),
            # where the source is does not matter, nor what its folder is called; its hash is here
            "extension's description": _digest(repr(replace(self.extension, name="", path=None, engines=()))),
            "cell's variables": _digest(self.variables),
            "compiler": self.machine.compiler,
            "compiler's flags": _digest(dict(self.machine.build_flags)),
            "list of CUDA toolkits": ", ".join(str(toolkit.version) for toolkit in self.machine.toolkits),
            "version of envgen": __version__,
        }

    @property
    def engine_inputs(self) -> dict[str, str]:
        """What besides decides the outcome of the rung `engine`, and of no other."""
        return {"list of engines": engines_digest(self.engines)}

    @property
    def key(self) -> str:
        """A hash over the cell and its inputs."""
        return _digest([str(self.cell), self.inputs])


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
