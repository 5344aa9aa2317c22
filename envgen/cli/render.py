"""`envgen render`: Dockerfiles and locks of the Linux cells; the nox session calls the same `render_cells`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cell import Cell, OsFamily
from envgen.cli.choosing import Request, chooses
from envgen.cli.console import output
from envgen.cli.context import (
    DEFAULT_MATRIX,
    JsonOption,
    MatrixOption,
    choose,
    read_matrix,
)
from envgen.cli.lock_words import only_here
from envgen.compat.conda import CondaNames
from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.errors import EmptySelectionError, EnvgenError, LockError, StaleError
from envgen.lock import ENVIRONMENTS, Kept, Lock, Locker, lock_request, read_configuration
from envgen.lock.conda import CONDA, conda_requests
from envgen.machine import this_machine
from envgen.render.bake import bake_file
from envgen.render.cell_files import cell_files
from envgen.render.dockerfile import DockerInputs
from envgen.render.files import Generated, check, write
from envgen.render.images import matrix_images
from envgen.spec.matrix import Matrix


@dataclass(frozen=True)
class Rendering:
    """What became of the selected cells: their files, why some have none, and what is to be noted of a cell."""

    files: list[Generated] = field(default_factory=list)
    linux: list[DockerInputs] = field(default_factory=list)
    failures: dict[Cell, EnvgenError] = field(default_factory=dict)
    notes: dict[Cell, list[str]] = field(default_factory=dict)

    @property
    def rendered(self) -> int:
        return len(self.notes) - len(self.failures)


@chooses
def render_command(
    request: Request,
    *,
    matrix: MatrixOption = DEFAULT_MATRIX,
    only_check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; fail when a file is missing or differs from what would be written."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a Dockerfile and its lock for every selected cell of Linux or Windows, into `environments/`.

    Linux cells also have a shell for compose, a development container, and a target in one file for
    `docker buildx bake`; those that have a conda lock a Dockerfile from it. The files are the same on every run and
    every machine, as long as the matrix and the locks are. Cells of macOS are passed over. A cell that cannot be
    rendered is said so, the others go on, and the exit code is that of the first failure: 5 without a lock,
    otherwise 1.

    Examples: `envgen render`, `envgen render --select full`, `envgen render --check`
    """
    failures = render_cells(matrix, request, only_check=only_check, as_json=as_json)
    if failures:
        raise typer.Exit(failures[0].exit_code)


def render_cells(
    file: Path, request: Request, *, only_check: bool = False, as_json: bool = False
) -> tuple[EnvgenError, ...]:
    """Renders, or checks, the selected cells.

    Returns:
        Why cells could not be rendered; nothing when all were.

    Raises:
        StaleError: with `only_check`, when files are missing or stale.
    """
    spec, facts, planned = read_matrix(file)
    chosen, words = choose(spec, facts, planned, this_machine(), request)
    cells = [entry.cell for entry in chosen.cells if entry.cell.os.family is not OsFamily.MACOS]
    if not cells:
        raise EmptySelectionError(
            f"The selection {words} has cells of macOS only.", "There are no containers of macOS."
        )
    root = spec.file.absolute().parent
    environments = root / ENVIRONMENTS
    # What is there counts as committed: it is taken as it is, whichever indexes are configured here.
    locker = Locker(read_configuration(), environments, committed=(environments,))
    requests = [lock_request(cell, spec, facts) for cell in cells]
    kept = {request.cell: locker.look(request) for request in requests}
    locks = {str(cell): _present(found) for cell, found in kept.items()} if only_check else locker.lock_all(requests)
    images, rendering = matrix_images(spec), Rendering()
    conda = _conda_locks(cells, spec, facts, environments / CONDA)
    for cell in cells:
        notes = rendering.notes[cell] = []
        if not only_check:
            notes += [f"Its lock is made anew: the one that was there is {why}." for why in kept[cell].unused.values()]
        try:
            lock = _made(locks[str(cell)])
            of_cell = cell_files(cell, lock, spec, facts, images, conda.get(cell))
        except EnvgenError as error:
            rendering.failures[cell] = error
        else:
            rendering.files.extend(of_cell.files)
            rendering.linux.extend([of_cell.linux] if of_cell.linux else [])
            notes += [note for note in [only_here(lock)] if note]
    if rendering.linux:
        rendering.files.append(bake_file(rendering.linux, spec.file.name))
    if only_check:
        _check(rendering, root, as_json=as_json)
    else:
        _write(rendering, root, as_json=as_json)
    return tuple(rendering.failures.values())


def _conda_locks(cells: Sequence[Cell], matrix: Matrix, facts: Facts, folder: Path) -> dict[Cell, Path]:
    """The conda locks that are there."""
    if not folder.is_dir():
        return {}
    found = {}
    for cell in cells:
        try:
            (request,) = conda_requests([cell], matrix, facts, CondaNames.load())
        except EnvgenError:
            continue  # a cell that conda cannot have
        path = folder / request.name / "conda-lock.yml"
        if path.is_file():
            found[cell] = path
    return found


def _present(kept: Kept) -> Lock | LockError:
    """A check resolves nothing: a lock that is not there, or cannot be used, is stale."""
    if kept.lock:
        return kept.lock
    why = "; ".join(f"its lock is {why}" for why in kept.unused.values())
    return LockError(why or "there is no lock", "Run `envgen render`.")


def _made(lock: Lock | LockError) -> Lock:
    if isinstance(lock, LockError):
        raise lock
    return lock


def _write(rendering: Rendering, root: Path, *, as_json: bool) -> None:
    changed = write(rendering.files, root)
    if as_json:
        print(json.dumps({"written": [path.as_posix() for path in changed], **_as_json(rendering)}, indent=2))
        return
    console = output()
    _say(rendering, console)
    files = f"{counted(len(rendering.files), 'file')} of {counted(rendering.rendered, 'cell')}, {len(changed)} written"
    console.print(f"{files}.", highlight=False)
    console.print(f"{root / ENVIRONMENTS}", style="dim", highlight=False, soft_wrap=True)


def _check(rendering: Rendering, root: Path, *, as_json: bool) -> None:
    drifts = check(rendering.files, root)
    if as_json:
        stale = [{"file": drift.path.as_posix(), "is": str(drift.kind)} for drift in drifts]
        print(json.dumps({"stale": stale, **_as_json(rendering)}, indent=2))
    else:
        _say(rendering, output())
    told = [*map(str, drifts), *(f"{cell}: {error.what}" for cell, error in rendering.failures.items())]
    if told:
        raise StaleError("These files are not what would be rendered now:\n" + "\n".join(told), "Run `envgen render`.")
    if not as_json:
        files = f"{counted(len(rendering.files), 'file')} of {counted(rendering.rendered, 'cell')}"
        output().print(f"{files}: what would be rendered now.", highlight=False)


def _say(rendering: Rendering, console: Console) -> None:
    for cell, notes in rendering.notes.items():
        for note in notes:
            console.print(f"[yellow]note[/] {cell}: {escape(note)}", highlight=False, soft_wrap=True)
    for cell, error in rendering.failures.items():
        console.print(f"[red]failed[/] {cell}: {escape(str(error))}", highlight=False, soft_wrap=True)


def _as_json(rendering: Rendering) -> dict[str, object]:
    failures = rendering.failures.items()
    return {
        "files": [file.path.as_posix() for file in rendering.files],
        "failed": {str(cell): {"error": error.what, "remedy": error.remedy} for cell, error in failures},
        "notes": {str(cell): notes for cell, notes in rendering.notes.items() if notes},
    }
