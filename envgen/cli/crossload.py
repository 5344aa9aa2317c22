"""`envgen crossload`: what each cell built, loaded in every other cell; nox calls the same `crossload_cells`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from envgen.cli.choosing import Request, chooses
from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption
from envgen.cli.crossing import crossing_progress
from envgen.cli.run import climb_cells, prepare_run
from envgen.compat.words import counted
from envgen.crossload import Built, CrossLoad, CrossLoadOptions, Forecast, Ledger, carry_out, pairs_in
from envgen.errors import EmptySelectionError, Interruption
from envgen.machine import loader_cache
from envgen.prediction import Knowledge
from envgen.report import crossload_json, crossload_terminal, load_report, write_reports
from envgen.results import Outcome
from envgen.run.job import Job
from envgen.run.journal import Journal
from envgen.run.runner import PreparedRun, RunOptions
from envgen.run.workspace import LATEST, Workspace


class Where(StrEnum):
    """Environments whose commands see this machine's files."""

    VENV = "venv"
    CONDA = "conda"


@chooses
def crossload_command(
    request: Request,
    *,
    matrix: MatrixOption = DEFAULT_MATRIX,
    environment: Annotated[
        Where, typer.Option("--environment", "-e", help="As `envgen run` made the cells.")
    ] = Where.VENV,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Cells loaded in at once.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what was loaded before from the same files in the same environments.")
    ] = False,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="A new process for each load, in the place of forks of one that has torch already."
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="The run to go on with, begun anew where there is none of that name; the latest if not given.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Load what each cell built in every other cell of the same system, and check it there.

    The cells are those of the latest run; what is not built yet is built first, as `envgen run --resume` does, and
    what is built stays. Taken elsewhere are the extension as a whole, and each of its libraries in the place of the
    one that was built there. Every load is a process of its own: a crash, an abort while loading and a hang are
    results. Beside each stands what the binary's facts alone predict. That a pair fails is information: the exit code
    is 0, and 4 when nothing at all could be loaded.

    Examples: `envgen crossload`, `envgen crossload --select wide -j 2`, `envgen crossload --resume`
    """
    options = CrossLoadOptions(jobs, resume, fresh)
    console = output(stderr=as_json)
    found, folder = crossload_cells(matrix, request, environment, name, options, console)
    if as_json:
        print(crossload_json(found), end="")
        _mind_nothing(found)
    else:
        show_crossload(found, folder, console)


def show_crossload(found: CrossLoad, folder: Path, console: Console) -> None:
    """Prints the grids, and where the reports are.

    Raises:
        EmptySelectionError: nothing at all could be loaded.
    """
    console.print(crossload_terminal(found))
    console.print(f"{folder / 'report.html'}", style="dim", highlight=False, soft_wrap=True)
    _mind_nothing(found)


def _mind_nothing(found: CrossLoad) -> None:
    """Says that nothing could be loaded.

    Raises:
        EmptySelectionError: so it is.
    """
    if all(crossing.outcome is Outcome.NOT_RUN for crossing in found.crossings):
        reason = found.crossings[0].sentence if found.crossings else "no cell built anything"
        raise EmptySelectionError(
            f"Nothing could be loaded anywhere: {reason}.", "`envgen run` says more of each cell."
        )


def crossload_cells(
    matrix: Path, request: Request, environment: str, name: str | None, options: CrossLoadOptions, console: Console
) -> tuple[CrossLoad, Path]:
    """Builds what is not built yet, loads everything everywhere, and writes the reports.

    Returns:
        What was found, and the run's folder.

    Raises:
        Interruption: the user asked to stop; what was finished is recorded.
    """
    prepared = _prepared(matrix, request, environment, name, options.parallel, console)
    journal = prepared.journal
    missing = [job for job in prepared.jobs if not (job.is_built and job.environment.exists() and _known(journal, job))]
    if missing:
        console.print(f"Not built yet: {counted(len(missing), 'cell')}.", highlight=False)
        climb_cells(_only(prepared, missing), console)
    cells = [Built.of(job, journal.result(str(job.cell))) for job in prepared.jobs]
    loads = {cell.id: len(pairs_in(cell, cells)) for cell in cells}
    words = f"{counted(sum(loads.values()), 'load')} among {counted(len(cells), 'cell')}"
    console.print(f"[bold]Cross-load of run {journal.folder.name}[/]: {words}.", highlight=False, soft_wrap=True)
    forecast = Forecast(Knowledge.current(), loader_cache())
    interrupted = False
    with crossing_progress(console, loads) as listener:
        try:
            carry_out(cells, Ledger(journal.folder), forecast, listener, options)
        except KeyboardInterrupt:
            interrupted = True
    loaded = load_report(journal.folder).explained()
    write_reports(loaded.report, journal.folder, loaded.crossload)
    if interrupted:
        raise Interruption("Interrupted.", "What was loaded is recorded; go on with `envgen crossload --resume`.")
    assert loaded.crossload
    return loaded.crossload, journal.folder


def _prepared(
    matrix: Path, request: Request, environment: str, name: str | None, parallel: int, console: Console
) -> PreparedRun:
    """The cells of a run: of the one named, or of the latest; a new run where there is none."""
    workspace = Workspace.beside(matrix)
    if name is None and (workspace.runs / LATEST).is_file():
        name = workspace.latest_run()
    resume = name is not None and (workspace.run(name) / "run.json").exists()
    return prepare_run(matrix, request, RunOptions(environment, parallel, name, resume), console)


def _known(journal: Journal, job: Job) -> bool:
    """Whether the run has the cell: another run may have built what lies there."""
    return journal.has(str(job.cell))


def _only(prepared: PreparedRun, jobs: Sequence[Job]) -> PreparedRun:
    info = prepared.info.model_copy(update={"cells": tuple(str(job.cell) for job in jobs)})
    return replace(prepared, jobs=tuple(jobs), info=info)
