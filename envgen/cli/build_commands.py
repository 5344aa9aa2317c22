"""`envgen build-commands`: the plain compiler and linker commands of a cell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
from envgen.cli.run import Where
from envgen.errors import Interruption, UsageError
from envgen.files import write_atomically
from envgen.machine import this_machine
from envgen.manual.ninja import ninja_file
from envgen.manual.recipe import Recipe
from envgen.manual.record import recorded
from envgen.manual.shell import shell_script
from envgen.run.job import Job
from envgen.run.process import Interrupt
from envgen.run.runner import Project, RunOptions, jobs_of


def build_commands_command(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="A cell id; `envgen plan` lists them.")],
    ninja: Annotated[bool, typer.Option("--ninja", help="A build.ninja instead of a script.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Write it there instead of printing it.")
    ] = None,
    step: Annotated[str | None, typer.Option("--step", metavar="NAME", help="Only of that build step.")] = None,
    environment: Annotated[
        Where, typer.Option("--environment", "-e", help="venv or conda, in which the build is recorded.")
    ] = Where.VENV,
    matrix: MatrixOption = DEFAULT_MATRIX,
    as_json: JsonOption = False,
) -> None:
    """Print the plain compiler and linker commands that build the extension in a cell.

    They are recorded from the cell's own build, and give the same binaries when they are pasted into a fresh shell.
    The cell is made and built first if it has not been.

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
    base = (folder or Path(str(cell))).absolute()
    name, text = ("build.ninja", ninja_file(recipe, base)) if ninja else ("build.sh", shell_script(recipe))
    if folder is None:
        print(text, end="")
        return
    write_atomically(folder / name, text)
    output().print(f"wrote {escape(str(folder / name))}", highlight=False, soft_wrap=True)


def _recipe(cell: str, matrix: Path, environment: Where) -> Recipe:
    spec, facts, planned = read_matrix(matrix)
    machine = this_machine()
    chosen, _ = choose(spec, facts, planned, machine, Request.of_cell(cell))
    console = output(stderr=True)
    project = Project(spec, facts, machine, RunOptions(environment))
    (job,) = jobs_of(project, chosen, partial(locking, console))
    return _recorded(project, job, console)


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
