"""A whole run: from what was asked for to the recorded results; the command line and nox both call this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from envgen import __version__
from envgen.cell import Cell, Os
from envgen.compat.architectures import torch_architectures
from envgen.compat.conda import CondaNames
from envgen.compat.facts import Facts
from envgen.container.engine import Engine, NoEngine, find_engine
from envgen.environment import CondaEnvironment, CurrentEnvironment, DockerEnvironment, Environment, VenvEnvironment
from envgen.environment.access import environment_access
from envgen.environment.blueprint import Blueprint
from envgen.errors import EnvgenError, LockError, MatrixError, UsageError
from envgen.lock import ENVIRONMENTS, IndexConfiguration, Lock, Locker, lock_request, read_configuration
from envgen.machine import Machine
from envgen.plan import Planned, Selection, applies
from envgen.results import CellResult, RunInfo
from envgen.run.climb import Climb
from envgen.run.conda_locks import conda_locks
from envgen.run.execute import execute
from envgen.run.given import given_engines
from envgen.run.job import Job
from envgen.run.journal import Journal
from envgen.run.observer import Observer
from envgen.run.process import Interrupt
from envgen.run.sources import source_digest
from envgen.run.workspace import Workspace
from envgen.spec.labels import COMPILER
from envgen.spec.matrix import Extension, Matrix

# Given the number of cells, told after each how many are locked.
Locking = Callable[[int], AbstractContextManager[Callable[[int], None]]]

ENVIRONMENT_KINDS = ("venv", "conda", "docker", "current")
MEMORY_SHARE = 0.8  # of the machine's memory, divided among the cells that run at once


@dataclass(frozen=True)
class RunOptions:
    """How to run.

    Attributes:
        parallel: cells at once.
        name: the run's name; None for a new one.
        resume: go on with the run of that name (or the latest).
        retry: when resuming, climb failed rungs again.
        python: the interpreter of the environment `current`.
        base_images: images that cells of an os start from in the environment `docker`, in place of the known ones.
        engines: files with TensorRT engines, or folders of them, beside those that the matrix names.
    """

    environment: str = "venv"
    parallel: int = 1
    name: str | None = None
    resume: bool = False
    retry: bool = False
    python: Path | None = None
    base_images: Mapping[Os, str] = field(default_factory=dict)
    engines: tuple[Path, ...] = ()


@dataclass(frozen=True)
class PreparedRun:
    """A run with its locks made, before anything is downloaded or built."""

    jobs: tuple[Job, ...]
    journal: Journal
    info: RunInfo
    options: RunOptions


@dataclass(frozen=True)
class Project:
    """What every cell of a run has in common; `taken` says what the environment `current` exactly is."""

    matrix: Matrix
    facts: Facts
    machine: Machine
    options: RunOptions
    taken: str = ""

    @property
    def workspace(self) -> Workspace:
        return Workspace.beside(self.matrix.file)

    @cached_property
    def configuration(self) -> IndexConfiguration:
        """pip's and uv's, read once for all cells."""
        return read_configuration()

    @cached_property
    def engine(self) -> Engine | NoEngine:
        """The container engine, asked once."""
        return find_engine()

    @property
    def committed_locks(self) -> tuple[Path, ...]:
        """Where `envgen lock` and `envgen render` leave locks."""
        return (self.matrix.file.absolute().parent / ENVIRONMENTS,)

    @cached_property
    def engines(self) -> tuple[Path, ...]:
        """Files with TensorRT engines that every cell with TensorRT is given.

        Raises:
            UsageError: one that was named is not there.
        """
        beside = self.matrix.file.absolute().parent
        return given_engines(self.extension.engines, beside, self.options.engines)

    @property
    def extension(self) -> Extension:
        """What is built.

        Raises:
            MatrixError: the matrix names none.
        """
        if self.matrix.extension is None:
            raise MatrixError(
                "the matrix names no extension, so there is nothing to build and run",
                "Add `extension: {path: ...}`; `envgen plan`, `lock` and `render` do without one.",
                self.matrix.place(),
            )
        return self.matrix.extension


def prepare(
    project: Project,
    selection: Selection,
    description: str,
    rejected: Mapping[str, int],
    locking: Locking,
) -> PreparedRun:
    """Locks the selected cells and describes their climbs.

    Args:
        description: the selection in words, for the report.
        rejected: rule id or reason to the combinations that it took out, for the report.
        locking: shows how many cells are locked while they are.

    Raises:
        MatrixError: the matrix has no extension to build.
        UsageError: an unknown environment or run name.
    """
    options, workspace, extension = project.options, project.workspace, project.extension
    if options.environment not in ENVIRONMENT_KINDS:
        raise UsageError(
            f"There is no environment {options.environment!r}.", f"Choose {' or '.join(ENVIRONMENT_KINDS)}."
        )
    name = options.name
    if name is None:
        name = workspace.latest_run() if options.resume else workspace.new_run_name()
    journal = Journal(workspace.run(name))
    workspace.make()
    jobs = jobs_of(project, selection, locking)
    info = RunInfo(
        run=name,
        matrix=project.matrix.file.name,
        selection=description,
        extension=extension.name,
        envgen=__version__,
        started=datetime.now(UTC),
        cells=tuple(str(job.cell) for job in jobs),
        left_out=selection.left_out,
        rejected=dict(rejected),
        remarks=selection.remarks,
    )
    return PreparedRun(jobs, journal, info, options)


def jobs_of(project: Project, selection: Selection, locking: Locking) -> tuple[Job, ...]:
    """The climbs of the selected cells, locked.

    Raises:
        MatrixError: the matrix has no extension to build.
        UsageError: an engine that was named is not there, or no cell takes it.
    """
    if project.engines and project.options.engines and not any(planned.cell.tensorrt for planned in selection.cells):
        raise UsageError("--engines was given, and no selected cell has TensorRT.", "Select one that has.")
    locks = _locks(project, selection, locking)
    source = source_digest(project.extension)
    return tuple(_job(project, planned, locks.get(str(planned.cell)), source) for planned in selection.cells)


def carry_out(prepared: PreparedRun, observer: Observer) -> tuple[CellResult, ...]:
    """Runs the prepared cells and records them.

    Raises:
        KeyboardInterrupt: the user asked to stop; what was finished is recorded.
    """
    prepared.journal.open(prepared.info)
    options = prepared.options
    climb = Climb(prepared.journal, observer, Interrupt(), resume=options.resume, retry=options.retry)
    results = execute(climb, prepared.jobs, options.parallel)
    prepared.journal.close()
    return results


def _locks(project: Project, selection: Selection, locking: Locking) -> Mapping[str, Lock | LockError]:
    if project.options.environment == "current":
        return {}
    if project.options.environment == "conda":
        cells = [planned.cell for planned in selection.cells]
        folders = (project.committed_locks, project.workspace.locks)
        return conda_locks(cells, project.matrix, project.facts, *folders, locking)
    requests = [lock_request(planned.cell, project.matrix, project.facts) for planned in selection.cells]
    locker = Locker(project.configuration, project.workspace.locks, project.committed_locks)
    with locking(len(requests)) as on_done:
        return locker.lock_all(requests, on_done=on_done)


def _job(project: Project, planned: Planned, lock: Lock | LockError | None, source: str) -> Job:
    cell, options, machine, extension = planned.cell, project.options, _machine(project), project.extension
    folder = project.workspace.cell(cell, options.environment)
    limits = project.matrix.limits
    memory = limits.memory or int(machine.memory_bytes * MEMORY_SHARE / options.parallel)
    compile_jobs = max(1, machine.cpus // options.parallel)
    found = lock if isinstance(lock, Lock) else None
    return Job(
        cell=cell,
        trace=planned.trace if options.environment != "current" else None,
        lock=lock,
        environment=_environment(project, cell, found, folder, memory, compile_jobs),
        extension=extension,
        steps=tuple(step for step in extension.build.steps if applies(step.when, cell, project.facts)),
        variables=_variables(project, cell),
        machine=machine,
        configuration=project.configuration,
        limits=limits,
        memory=memory,
        folder=folder,
        builds=project.workspace.builds,
        source=source,
        compile_jobs=compile_jobs,
        torch_archs=torch_architectures(cell, project.facts),
        nvcc_archs=project.facts.toolchain.architectures.get(cell.cuda),
        taken=project.taken or options.base_images.get(cell.os, ""),
        engines=project.engines if cell.tensorrt else (),
    )


def _variables(project: Project, cell: Cell) -> dict[str, str]:
    """What the cell's axes set; in a conda environment the compiler is a package, and its activation names it."""
    own_compiler = project.options.environment == "conda"
    extra = [(axis, value) for axis, value in cell.extra if not (own_compiler and axis == COMPILER)]
    return project.matrix.variables_of(extra)


def _machine(project: Project) -> Machine:
    """The machine as the cells see it: a container has its GPUs only where the engine gives them."""
    if project.options.environment != "docker" or isinstance(project.engine, NoEngine) or not project.engine.no_gpu:
        return project.machine
    return replace(project.machine, gpus=(), no_gpu=project.machine.no_gpu or project.engine.no_gpu)


def _environment(
    project: Project, cell: Cell, lock: Lock | None, folder: Path, memory: int, compile_jobs: int
) -> Environment:
    options = project.options
    if options.environment == "current":
        return CurrentEnvironment.of(options.python)
    if options.environment == "docker":
        access = environment_access(project.configuration)
        blueprint = _blueprint(project, cell, lock)
        return DockerEnvironment(cell, project.engine, blueprint, folder, memory, compile_jobs, access)
    if options.environment == "conda":
        platform = CondaNames.load().subdir(cell)
        return CondaEnvironment(cell, lock, platform, folder / "conda", project.machine, project.configuration)
    return VenvEnvironment(cell, lock, folder / "venv", project.machine, project.configuration)


def _blueprint(project: Project, cell: Cell, lock: Lock | None) -> Blueprint | str:
    if lock is None:
        return "the cell has no lock"
    try:
        return Blueprint.of(cell, lock, project.matrix, project.facts, project.options.base_images)
    except EnvgenError as error:
        remedy = f" ({error.remedy.rstrip('.')})" if error.remedy else ""
        return f"it has no Dockerfile: {error.what.rstrip('.')}{remedy}"
