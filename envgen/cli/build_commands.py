"""`envgen build-commands`: the plain compiler and linker commands of a cell."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cli.choosing import Request
from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption, choose, read_matrix
from envgen.cli.progress import locking
from envgen.errors import Interruption, LockError, UsageError
from envgen.files import write_atomically
from envgen.machine import this_machine
from envgen.manual.elsewhere import is_here, of_applying_steps, stand_in
from envgen.manual.ninja import ninja_file
from envgen.manual.powershell import powershell_script
from envgen.manual.recipe import Form, Recipe
from envgen.manual.record import recorded, recordings
from envgen.manual.shell import shell_script
from envgen.manual.translate import translated
from envgen.run.job import Job
from envgen.run.process import Interrupt
from envgen.run.runner import Project, RunOptions, jobs_of


class Kind(StrEnum):
    """An environment whose compilers can be watched."""

    VENV = "venv"
    CONDA = "conda"


def build_commands_command(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="A cell id; `envgen plan` lists them.")],
    ninja: Annotated[bool, typer.Option("--ninja", help="A build.ninja instead of a script.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Write it there instead of printing it.")
    ] = None,
    step: Annotated[str | None, typer.Option("--step", metavar="NAME", help="Only of that build step.")] = None,
    environment: Annotated[
        Kind, typer.Option("--environment", "-e", help="In which environment of the cell the build is recorded.")
    ] = Kind.VENV,
    matrix: MatrixOption = DEFAULT_MATRIX,
    as_json: JsonOption = False,
) -> None:
    """Print the plain compiler and linker commands that build the extension in a cell.

    They are recorded from the cell's own build, whatever its build system is, and give the same binaries when they are
    pasted into a fresh shell; the cell is made and built for that once. Those of a cell of another machine are
    translated from a cell of this one with the same torch: for Visual Studio's PowerShell, clang or gcc.

    Examples: `envgen build-commands CELL | sh`, `envgen build-commands CELL --ninja -o build && ninja -C build`
    """
    recipe = _recipe(cell, matrix, environment)
    if step is not None:
        if step not in recipe.steps:
            raise UsageError(f"{cell} has no build step {step!r}.", f"It has: {', '.join(recipe.steps)}.")
        recipe = recipe.of_step(step)
    if as_json:
        print(recipe.model_dump_json(indent=2))
        return
    name, text = _written(recipe, (folder or Path(cell)).absolute(), ninja=ninja)
    if folder is None:
        print(text, end="")
        return
    write_atomically(folder / name, text)
    output().print(f"wrote {escape(str(folder / name))}", highlight=False, soft_wrap=True)


def _written(recipe: Recipe, folder: Path, *, ninja: bool) -> tuple[str, str]:
    """The name of the file, and its text."""
    if ninja:
        return "build.ninja", ninja_file(recipe, folder)
    if recipe.form is Form.WINDOWS:
        return "build.ps1", powershell_script(recipe)
    return "build.sh", shell_script(recipe)


def _recipe(cell: str, matrix: Path, environment: Kind) -> Recipe:
    """The recipe of a cell: recorded where it is of this machine, or else translated from one that is."""
    spec, facts, planned = read_matrix(matrix)
    machine, console = this_machine(), output(stderr=True)
    project = Project(spec, facts, machine, RunOptions(environment))
    chosen, _ = choose(spec, facts, planned, machine, Request.of_cell(cell))
    if len(chosen.cells) > 1:
        raise UsageError(f"{cell} stands for {len(chosen.cells)} cells.", "Name one; `envgen plan` lists them.")
    (wanted,) = jobs_of(project, chosen, partial(locking, console))
    if is_here(wanted.cell, machine):
        return _recorded(project, wanted, console)
    if isinstance(wanted.lock, LockError):
        raise wanted.lock
    donor = stand_in(wanted.cell, planned, machine, recordings(project, environment))
    console.print(f"{wanted.cell} is of another machine; its commands are translated from those of {donor}.")
    chosen, _ = choose(spec, facts, planned, machine, Request.of_cell(str(donor)))
    (job,) = jobs_of(project, chosen, partial(locking, console))
    recipe = of_applying_steps(_recorded(project, job, console), wanted.cell, project.extension, facts)
    source = _relative(project.extension.path, spec.file)
    lock, versions = (wanted.lock.sha256, wanted.lock.versions) if wanted.lock else ("", {})
    return translated(recipe, wanted.cell, source, lock, versions)


def _relative(source: Path | None, matrix: Path) -> Path:
    """The extension's source as seen from the folder of the matrix."""
    if source is None:
        return Path("source")
    return Path(os.path.relpath(source.absolute(), matrix.absolute().parent))


def _recorded(project: Project, job: Job, console: Console) -> Recipe:
    interrupt = Interrupt()
    # In a thread, so that a Ctrl-C first ends what is under way, and then this program.
    with ThreadPoolExecutor(1) as pool, console.status(str(job.cell)) as status:

        def on_line(text: str) -> None:
            status.update(escape(f"{job.cell}  {text[:100]}"))

        future = pool.submit(recorded, project, job, interrupt, on_line)
        try:
            return future.result()
        except KeyboardInterrupt:
            interrupt.set()
            raise Interruption("Interrupted.", "Start again; an environment that was made is kept.") from None
