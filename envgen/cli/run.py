"""`envgen run`: the main job; nox sessions call the same `run_cells`."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from envgen.cell import Os
from envgen.cli.ahead import ahead_json, announce
from envgen.cli.base_images import BaseImageOption, base_images
from envgen.cli.choosing import Request, chooses
from envgen.cli.console import output
from envgen.cli.context import (
    DEFAULT_MATRIX,
    JsonOption,
    MatrixOption,
    choose,
    mind_age,
    read_matrix,
)
from envgen.cli.coverage import coverage_words
from envgen.cli.current import choose_current
from envgen.cli.ending import end
from envgen.cli.image_sizes import image_lines
from envgen.cli.localise import localise_run
from envgen.cli.progress import locking, minutes, progress
from envgen.cli.report import complain, show_report
from envgen.compat.facts import Facts
from envgen.compat.words import counted, listed
from envgen.errors import Interruption, LockError, UsageError
from envgen.localise import EXTRA
from envgen.machine import this_machine
from envgen.plan import Plan, Selection, places_by_id, selection_of
from envgen.report import Loaded, load_report, report_json, write_reports
from envgen.results import Rung
from envgen.run.journal import Journal
from envgen.run.outlook import outlook
from envgen.run.process import LOG_LIMIT
from envgen.run.runner import MEMORY_SHARE, PreparedRun, Project, RunOptions, carry_out, prepare
from envgen.run.workspace import Workspace
from envgen.spec.defaults import load_defaults
from envgen.spec.matrix import Matrix


class Where(StrEnum):
    """Where a cell's commands run."""

    VENV = "venv"
    CONDA = "conda"
    DOCKER = "docker"
    CURRENT = "current"


@chooses
def run_command(
    request: Request,
    *,
    matrix: MatrixOption = DEFAULT_MATRIX,
    environment: Annotated[
        Where,
        typer.Option(
            "--environment",
            "-e",
            help="venv: made from the lock; conda: from conda-lock.yml, with conda's compilers; docker: an image built"
            " from the cell's Dockerfile; current: the running interpreter (or that of --python) as it is.",
        ),
    ] = Where.VENV,
    base_image: BaseImageOption = None,
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
    engines: Annotated[
        list[Path] | None,
        typer.Option(
            "--engines",
            metavar="PATH",
            help="A TensorRT engine made elsewhere, or a folder of them, for the `engine` check of every cell with"
            " TensorRT; repeatable.",
        ),
    ] = None,
    localise: Annotated[
        bool, typer.Option("--localise", help="Then run further cells that tell what the failures hang on.")
    ] = False,
    further: Annotated[
        int | None,
        typer.Option("--further", min=1, help=f"With --localise: how many cells at most; {EXTRA} if not given."),
    ] = None,
    require: Annotated[
        list[Rung] | None,
        typer.Option(
            "--require",
            metavar="RUNG",
            help="A rung that must pass in a cell, else the exit code is 4; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Lock and say what would be done, and stop.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build, load and run the extension in every selected cell, and record how far each came.

    Every cell climbs: planned, published, locked, created, built, inspected, loaded, cpu, kernel, engine. A rung is
    passed, failed, or not run with its reason. A run that was interrupted, even killed, goes on with `--resume`: what
    was finished is not done again. The exit code is 1 when a cell failed, and 4 when nothing could be run, or nothing
    that `--require` asks for passed.

    In the environment `current` the one cell is the interpreter that runs envgen; a selection says what the run is
    meant for.

    Examples: `envgen run`, `envgen run --select wide -j 2`, `envgen run 'py312-*'`, `envgen run --resume`,
    `envgen run --cover pairs --localise`, `envgen run 'py312-*-trt11.1lean-*' --engines model.plan`,
    `envgen run --environment current --select gpu --require kernel`
    """
    if further and not localise:
        raise UsageError("--further was given without --localise.", "Add --localise.")
    if localise and environment is Where.CURRENT:
        raise UsageError("--localise runs further cells, and the environment `current` is one.", "Leave one out.")
    options = _options(environment, jobs, name, resume, retry_failed, python, base_images(base_image))
    options = replace(options, engines=tuple(engines or ()))
    console = output(stderr=as_json)
    prepared = prepare_run(matrix, request, options, console)
    ahead = outlook(prepared.jobs)
    if dry_run and as_json:
        print(ahead_json(ahead, prepared))
    else:
        announce(ahead, prepared, console, dry=dry_run)
    if dry_run:
        if any(isinstance(job.lock, LockError) for job in prepared.jobs):
            raise typer.Exit(LockError.exit_code)
        return
    loaded = climb_cells(prepared, console)
    if localise:
        loaded = localise_run(matrix, prepared, further or EXTRA, climb_cells, console)
    if as_json:
        print(report_json(loaded.report), end="")
    else:
        show_report(loaded.report, prepared.journal.folder, console)
        for line in image_lines(loaded.report):
            console.print(line, highlight=False, soft_wrap=True)
    complain(loaded)
    end(loaded.report, require or ())


def _options(
    environment: Where,
    jobs: int,
    name: str | None,
    resume: bool,
    retry_failed: bool,
    python: Path | None,
    images: Mapping[Os, str],
) -> RunOptions:
    """The options that go together.

    Raises:
        UsageError: one was given without another that it needs.
    """
    if retry_failed and not resume:
        raise UsageError("--retry-failed was given without --resume.", "Add --resume.")
    if python and environment is not Where.CURRENT:
        raise UsageError("--python was given without --environment current.", "Add it; a venv's Python is its cell's.")
    if images and environment is not Where.DOCKER:
        raise UsageError("--base-image was given without --environment docker.", "Add it; a venv has no image.")
    return RunOptions(environment, jobs, name, resume, retry_failed, python, images)


def usual_limits() -> str:
    """In words, for the help."""
    timeouts = load_defaults().timeouts
    usual, _ = Counter(timeouts.values()).most_common(1)[0]
    others = [f"{minutes(seconds)} for `{rung}`" for rung, seconds in timeouts.items() if seconds != usual]
    times = listed([*others, f"{minutes(usual)} for any other rung"])
    return (
        f"Limits, where `limits:` in the matrix sets no others: {times}; {MEMORY_SHARE:.0%} of the machine's memory,"
        f" divided by `-j`; {LOG_LIMIT / 1e6:.0f} MB of log. What goes over one is ended, and its rung has failed."
    )


def prepare_run(file: Path, request: Request, options: RunOptions, console: Console) -> PreparedRun:
    """Chooses and locks the cells."""
    machine = this_machine()
    matrix, facts, planned = read_matrix(file)
    if options.environment == Where.CURRENT:
        current = choose_current(matrix, facts, planned, machine, request, options.python)
        project = Project(matrix, facts, machine, options, taken=current.taken)
        return prepare(project, current.selection, current.words, {}, partial(locking, console))
    if options.resume and request.is_empty:
        chosen, words = _choose_again(matrix, facts, planned, options)
    else:
        chosen, words = choose(matrix, facts, planned, machine, request)
        chosen = replace(chosen, remarks=(*chosen.remarks, coverage_words(planned, chosen)))
    mind_age(facts, matrix)
    project = Project(matrix, facts, machine, options)
    rejected = {**planned.rejected, **planned.excluded}
    return prepare(project, chosen, words, rejected, partial(locking, console))


def climb_cells(prepared: PreparedRun, console: Console) -> Loaded:
    """Runs the cells, shows how they get on, and writes the reports.

    Raises:
        Interruption: the user asked to stop; what was finished is recorded and shown.
    """
    cells, folder, interrupted = prepared.info.cells, prepared.journal.folder, False
    with progress(console, cells, prepared.options.parallel) as observer:
        try:
            carry_out(prepared, observer)
        except KeyboardInterrupt:
            interrupted = True
    loaded = load_report(folder).explained()
    write_reports(loaded.report, folder, loaded.crossload)
    if interrupted:
        show_report(loaded.report, folder, console)
        done = sum(cell.cell in cells and cell.finished is not None for cell in loaded.report.cells)
        raise Interruption(
            f"Interrupted with {done} of {counted(len(cells), 'cell')} done.",
            f"What was finished is recorded; go on with `envgen run --resume{_as_before(prepared.options)}`.",
        )
    return loaded


def _as_before(options: RunOptions) -> str:
    """The options without which a resumed run would not be the same."""
    parts = [] if options.environment == Where.VENV else ["-e", options.environment]
    parts += [part for system, image in options.base_images.items() for part in ("--base-image", f"{system}={image}")]
    parts += [part for path in options.engines for part in ("--engines", str(path))]
    return "".join(f" {shlex.quote(part)}" for part in parts)


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
        places = places_by_id(planned, info.cells, facts)
    except UsageError as error:
        raise UsageError(
            f"The run {info.run} cannot go on as it was: {error.what}",
            "Name the cells to go on with, or start a new run.",
        ) from None
    return replace(selection_of(planned, places, ""), left_out=info.left_out), info.selection
