"""A whole run: from what was asked for to the recorded results; the command line and nox both call this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from envgen import __version__
from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.environment import CurrentEnvironment, Environment, VenvEnvironment
from envgen.errors import LockError, MatrixError, UsageError
from envgen.lock import Lock, Locker, lock_request, read_configuration
from envgen.machine import Machine
from envgen.plan import Planned, Selection, applies
from envgen.results import CellResult, RunInfo
from envgen.run.climb import Climb
from envgen.run.execute import execute
from envgen.run.job import Job
from envgen.run.journal import Journal
from envgen.run.observer import Observer
from envgen.run.process import Interrupt
from envgen.run.sources import source_digest
from envgen.run.workspace import Workspace
from envgen.spec.matrix import Extension, Matrix, VariableAxis

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
    """

    environment: str = "venv"
    parallel: int = 1
    name: str | None = None
    resume: bool = False
    retry: bool = False
    python: Path | None = None


@dataclass(frozen=True)
class PreparedRun:
    """A run with its locks made, before anything is downloaded or built."""

    jobs: tuple[Job, ...]
    journal: Journal
    info: RunInfo
    options: RunOptions


def prepare(
    matrix: Matrix,
    selection: Selection,
    facts: Facts,
    machine: Machine,
    options: RunOptions,
    *,
    description: str,
    rejected: Mapping[str, int],
    on_locks: Callable[[int], None] = lambda count: None,
) -> PreparedRun:
    """Locks the selected cells and describes their climbs.

    Args:
        description: the selection in words, for the report.
        rejected: rule id to the combinations that it rejected, for the report.
        on_locks: told the number of cells before they are locked.

    Raises:
        MatrixError: the matrix has no extension to build.
        UsageError: an unknown environment or run name.
    """
    extension = _extension(matrix)
    workspace = Workspace.beside(matrix.file)
    locks = _locks(matrix, selection, facts, workspace, options, on_locks)
    source = source_digest(extension)
    jobs = tuple(
        _job(planned, matrix, extension, source, locks.get(str(planned.cell)), machine, workspace, options, facts)
        for planned in selection.cells
    )
    name = options.name or (workspace.latest_run() if options.resume else workspace.new_run_name())
    info = RunInfo(
        run=name,
        matrix=matrix.file.name,
        selection=description,
        extension=extension.name,
        envgen=__version__,
        started=datetime.now(UTC),
        cells=tuple(str(job.cell) for job in jobs),
        left_out=selection.left_out,
        rejected=dict(rejected),
    )
    return PreparedRun(jobs, Journal(workspace.run(name)), info, options)


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


def _extension(matrix: Matrix) -> Extension:
    if matrix.extension is None:
        raise MatrixError(
            "the matrix names no extension, so there is nothing to build and run",
            "Add `extension: {path: ...}`; `envgen plan`, `lock` and `render` do without one.",
            matrix.place(),
        )
    return matrix.extension


def _locks(
    matrix: Matrix,
    selection: Selection,
    facts: Facts,
    workspace: Workspace,
    options: RunOptions,
    on_locks: Callable[[int], None],
) -> Mapping[str, Lock | LockError]:
    if options.environment == "current":
        return {}
    on_locks(len(selection.cells))
    requests = [lock_request(planned.cell, matrix, facts) for planned in selection.cells]
    return Locker(read_configuration(), lock_folders(matrix, workspace)).lock_all(requests)


def lock_folders(matrix: Matrix, workspace: Workspace) -> tuple[Path, ...]:
    """Where a run's locks are kept, and where committed ones are read from."""
    return (workspace.locks, matrix.file.absolute().parent / "environments")


def _job(
    planned: Planned,
    matrix: Matrix,
    extension: Extension,
    source: str,
    lock: Lock | LockError | None,
    machine: Machine,
    workspace: Workspace,
    options: RunOptions,
    facts: Facts,
) -> Job:
    cell = planned.cell
    folder = workspace.cell(cell, options.environment)
    return Job(
        cell=cell,
        trace=planned.trace if options.environment != "current" else None,
        lock=lock,
        environment=_environment(cell, lock, folder, machine, options),
        extension=extension,
        steps=tuple(step for step in extension.build.steps if applies(step.when, cell, facts)),
        variables=dict(_axis_variables(matrix, cell)),
        machine=machine,
        configuration=read_configuration(),
        limits=matrix.limits,
        memory=matrix.limits.memory or int(machine.memory_bytes * MEMORY_SHARE / options.parallel),
        folder=folder,
        builds=workspace.builds,
        source=source,
        compile_jobs=max(1, machine.cpus // options.parallel),
    )


def _environment(
    cell: Cell, lock: Lock | LockError | None, folder: Path, machine: Machine, options: RunOptions
) -> Environment:
    if options.environment == "current":
        return CurrentEnvironment.of(options.python)
    if options.environment == "venv":
        return VenvEnvironment(cell, lock if isinstance(lock, Lock) else None, folder / "venv", machine, read_configuration())
    raise UsageError(f"There is no environment {options.environment!r}.", "Choose venv or current.")


def _axis_variables(matrix: Matrix, cell: Cell) -> Sequence[tuple[str, str]]:
    values = dict(cell.extra)
    return [
        item
        for axis in matrix.extra
        if isinstance(axis, VariableAxis)
        for item in axis.variables[values[axis.name]].items()
    ]
