"""`envgen render`: Dockerfiles and locks of the Linux cells; the nox session calls the same `render_cells`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from envgen.cell import Cell, OsFamily
from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, CellsArgument, MatrixOption, SelectOption, choose, read_matrix
from envgen.cli.lock import only_here
from envgen.compat.containers import Containers
from envgen.compat.facts import Facts
from envgen.errors import EmptySelectionError, EnvgenError, LockError, StaleError
from envgen.lock import ENVIRONMENTS, Lock, Locker, lock_request, read_configuration
from envgen.machine import this_machine
from envgen.render.cell_files import cell_files
from envgen.render.files import Drift, Generated, check, write
from envgen.spec.matrix import Matrix


def render_command(
    cells: CellsArgument = None,
    select: SelectOption = None,
    matrix: MatrixOption = DEFAULT_MATRIX,
    only_check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; fail when a file is missing or differs from what would be written."
        ),
    ] = False,
) -> None:
    """Write a Dockerfile and its lock for every selected Linux cell, under `environments/` beside the matrix.

    The files are the same on every run and every machine, as long as the matrix and the locks are. Cells of other
    systems have no Dockerfile and are passed over. A cell that cannot be rendered is said so, the others go on.

    Examples: `envgen render`, `envgen render --select full`, `envgen render --check`
    """
    failures = render_cells(matrix, cells, select, only_check=only_check)
    if failures:
        raise typer.Exit(failures[0].exit_code)


def render_cells(
    file: Path, cells: list[str] | None, select: list[str] | None, *, only_check: bool = False
) -> tuple[EnvgenError, ...]:
    """Renders, or checks, the selected cells.

    Returns:
        Why cells could not be rendered; nothing when all were.

    Raises:
        StaleError: with `only_check`, when files are missing or stale.
    """
    spec, facts, planned = read_matrix(file)
    chosen, words = choose(spec, facts, planned, this_machine(), select, cells)
    linux = [entry.cell for entry in chosen.cells if entry.cell.os.family is OsFamily.LINUX]
    if not linux:
        raise EmptySelectionError(f"The selection {words} has no Linux cell.", "Only Linux cells have a Dockerfile.")
    root = spec.file.absolute().parent
    locks = _locks(linux, spec, facts, root / ENVIRONMENTS, only_check=only_check)
    console = output()
    generated: list[Generated] = []
    failures: dict[Cell, EnvgenError] = {}
    images = Containers.load()
    for cell in linux:
        try:
            lock = _made(locks[str(cell)])
            generated += cell_files(cell, lock, spec, facts, images)
        except EnvgenError as error:
            failures[cell] = error
            console.print(f"[red]failed[/] {cell}: {escape(str(error))}", highlight=False, soft_wrap=True)
        else:
            if note := only_here(lock):
                console.print(f"[yellow]note[/] {cell}: {escape(note)}", highlight=False, soft_wrap=True)
    if only_check:
        _require_fresh(check(generated, root), failures)
    else:
        changed = write(generated, root)
        console.print(
            f"{len(generated)} files of {len(linux) - len(failures)} cells, {len(changed)} written.", highlight=False
        )
        console.print(f"{root / ENVIRONMENTS}", style="dim", highlight=False, soft_wrap=True)
    return tuple(failures.values())


def _locks(
    cells: list[Cell], matrix: Matrix, facts: Facts, folder: Path, *, only_check: bool
) -> dict[str, Lock | LockError]:
    locker = Locker(read_configuration(), folder)
    requests = [lock_request(cell, matrix, facts) for cell in cells]
    if only_check:  # a check resolves nothing: a lock that is not there, or was asked for otherwise, is stale
        return {str(request.cell): locker.kept(request) or _stale(request.cell) for request in requests}
    return locker.lock_all(requests)


def _stale(cell: Cell) -> LockError:
    return LockError("there is no lock of the present matrix", "Run `envgen render`.")


def _made(lock: Lock | LockError) -> Lock:
    if isinstance(lock, LockError):
        raise lock
    return lock


def _require_fresh(drifts: tuple[Drift, ...], failures: dict[Cell, EnvgenError]) -> None:
    stale = [*map(str, drifts), *(f"{cell}: {error.what}" for cell, error in failures.items())]
    if stale:
        raise StaleError("These files are not what would be rendered now:\n" + "\n".join(stale), "Run `envgen render`.")
