"""`envgen run`: the main job; nox sessions call the same `run_cells`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cell import Cell
from envgen.cli.console import output
from envgen.cli.context import (
    DEFAULT_MATRIX,
    CellsArgument,
    JsonOption,
    MatrixOption,
    SelectOption,
    choose,
    read_matrix,
)
from envgen.cli.progress import progress
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.environment import current_cell
from envgen.errors import EmptySelectionError, UsageError
from envgen.machine import Machine, this_machine
from envgen.plan import Plan, Planned, Selection, cells_by_id
from envgen.report import load_report, report_json, report_terminal, write_reports
from envgen.results import CellResult, Outcome, Report, Rung
from envgen.run.journal import Journal
from envgen.run.outlook import Outlook, outlook
from envgen.run.runner import PreparedRun, Project, RunOptions, carry_out, prepare
from envgen.run.workspace import Workspace
from envgen.spec.load import load
from envgen.spec.matrix import Matrix

FAILED = 1


class Where(StrEnum):
    """Where a cell's commands run."""

    VENV = "venv"
    CURRENT = "current"


def run_command(
    cells: CellsArgument = None,
    select: SelectOption = None,
    matrix: MatrixOption = DEFAULT_MATRIX,
    environment: Annotated[
        Where,
        typer.Option(
            "--environment", "-e", help="venv: made from the lock; current: the running interpreter as it is."
        ),
    ] = Where.VENV,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Cells at once.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest run, or with the one named by --name.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="With --resume: climb failed rungs again.")
    ] = False,
    name: Annotated[str | None, typer.Option("--name", help="The run's name; the present moment if not given.")] = None,
    python: Annotated[
        Path | None, typer.Option("--python", help="The interpreter of the environment `current`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Lock and say what would be done, and stop.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build, load and run the extension in every selected cell, and record how far each came.

    Every cell climbs: planned, published, locked, created, built, inspected, loaded, cpu, kernel, engine. A rung is
    passed, failed, or not run with its reason. A run that was interrupted, even killed, goes on with `--resume`: what
    was finished is not done again. The exit code is 1 when a cell failed.

    Examples: `envgen run`, `envgen run --select wide -j 2`, `envgen run 'py312-*'`, `envgen run --resume`
    """
    if retry_failed and not resume:
        raise UsageError("--retry-failed was given without --resume.", "Add --resume.")
    if python and environment is not Where.CURRENT:
        raise UsageError("--python was given without --environment current.", "Add it; a venv's Python is its cell's.")
    options = RunOptions(environment, jobs, name, resume, retry_failed, python)
    report = run_cells(matrix, cells, select, options, dry_run=dry_run, quiet=as_json)
    if report is None:
        return
    if as_json:
        print(report_json(report), end="")
    if any(cell.failed for cell in report.cells):
        raise typer.Exit(FAILED)
    if all(not_run_here(cell) for cell in report.cells):
        raise EmptySelectionError(
            f"Not one of {len(report.cells)} cells could be run here: {not_run_here(report.cells[0])}.",
            "Select cells of this machine (`host`), or run them on theirs.",
        )


def not_run_here(result: CellResult) -> str:
    """Why nothing of a cell was run on this machine; nothing when something was."""
    created = result.rung(Rung.CREATED)
    return created.sentence if created and created.outcome is Outcome.NOT_RUN else ""


def run_cells(
    matrix: Path,
    cells: list[str] | None,
    select: list[str] | None,
    options: RunOptions,
    *,
    dry_run: bool = False,
    quiet: bool = False,
) -> Report | None:
    """A whole run with its display: what it will do, progress, the result table and the report files.

    Returns:
        The report; None after a dry run.
    """
    console = output(stderr=quiet)
    machine = this_machine()
    if options.environment == Where.CURRENT:
        if cells or select:
            raise UsageError("Cells were chosen for the environment `current`, which is one cell.", "Leave them out.")
        prepared = _prepare_current(matrix, machine, options)
    else:
        prepared = _prepare(matrix, cells, select, machine, options, console)
    _announce(outlook(prepared.jobs), prepared, console)
    if dry_run:
        return None
    with progress(console, [str(job.cell) for job in prepared.jobs], options.parallel) as observer:
        carry_out(prepared, observer)
    folder = prepared.journal.folder
    files = write_reports(folder)
    report = load_report(folder)
    if not quiet:
        console.print(report_terminal(report))
        for file in files:
            console.print(f"[dim]{escape(str(file))}[/]", highlight=False, soft_wrap=True)
    return report


def _prepare(
    file: Path,
    cells: list[str] | None,
    select: list[str] | None,
    machine: Machine,
    options: RunOptions,
    console: Console,
) -> PreparedRun:
    matrix, facts, planned = read_matrix(file)
    if options.resume and not cells and not select:
        chosen, words = _choose_again(matrix, facts, planned, options)
    else:
        chosen, words = choose(matrix, facts, planned, machine, select, cells)
    project = Project(matrix, facts, machine, options)
    rejected = {**planned.rejected, **planned.excluded}
    return prepare(project, chosen, words, rejected, lambda count: console.print(f"Locking {count} cells ..."))


def _choose_again(matrix: Matrix, facts: Facts, planned: Plan, options: RunOptions) -> tuple[Selection, str]:
    """The cells of the run that is resumed."""
    workspace = Workspace.beside(matrix.file)
    journal = Journal(workspace.run(options.name or workspace.latest_run()))
    info = journal.info()
    if info is None:
        raise UsageError(f"There is no run {journal.folder.name!r} under {workspace.runs}.", "`envgen run` starts one.")
    for result in filter(None, map(journal.result, info.cells)):
        if result.environment != options.environment:
            raise UsageError(f"The run {info.run} is of `{result.environment}`.", f"Add -e {result.environment}.")
    try:
        cells = cells_by_id(planned, info.cells, facts)
    except UsageError as error:
        raise UsageError(
            f"The run {info.run} cannot go on as it was: {error.what}",
            "Name the cells to go on with, or start a new run.",
        ) from None
    return Selection(cells, info.left_out), info.selection


def _prepare_current(file: Path, machine: Machine, options: RunOptions) -> PreparedRun:
    matrix, facts = load(file), Facts.bundled()
    cell: Cell = current_cell(machine, options.python)
    chosen = Selection((Planned(cell, judge(cell, facts)),), ())
    return prepare(Project(matrix, facts, machine, options), chosen, "current", {})


def _announce(ahead: Outlook, prepared: PreparedRun, console: Console) -> None:
    info = prepared.info
    console.print(
        f"[bold]Run {info.run}[/]: {ahead.cells} cells ({info.selection}) of {info.extension}.", highlight=False
    )
    if ahead.download_bytes:
        more = f" and {ahead.unsized} files of unknown size" if ahead.unsized else ""
        console.print(f"To download: at most {ahead.download_bytes / 1e9:.1f} GB{more}.", highlight=False)
    if ahead.interpreters:
        console.print(
            f"Python {', '.join(ahead.interpreters)} is not installed here and will be fetched.", highlight=False
        )
    for obstacle in ahead.obstacles:
        words = f"Not run in {obstacle.cells} of {ahead.cells}: [bold]{obstacle.rung}[/]: {escape(obstacle.reason)}."
        console.print(words, highlight=False, soft_wrap=True)
    for left in info.left_out:
        console.print(f"Left out: {left.cells} cells, {escape(left.reason)}.", highlight=False, soft_wrap=True)
    if info.left_out:
        console.print("All cells: envgen run --select full", highlight=False)
