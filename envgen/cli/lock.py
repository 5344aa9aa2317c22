"""`envgen lock`: the exact packages of cells, for any platform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cli.choosing import Request, chooses
from envgen.cli.console import output
from envgen.cli.context import (
    DEFAULT_MATRIX,
    JsonOption,
    MatrixOption,
    choose,
    read_matrix,
)
from envgen.compat.words import counted
from envgen.errors import LockError
from envgen.lock import ENVIRONMENTS, Lock, Locker, lock_request, read_configuration
from envgen.machine import this_machine

SHOWN_NAMES = 3


@chooses
def lock_command(
    request: Request,
    *,
    matrix: MatrixOption = DEFAULT_MATRIX,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help=f"Where to; `{ENVIRONMENTS}` beside the matrix."),
    ] = None,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", "-U", help="Resolve again although nothing was changed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Resolve cells into `pylock.toml` files with hashes, for their own Python and platform.

    Neither that interpreter nor that platform need be here. A cell that cannot be locked is said so in one sentence,
    the others go on, and the exit code is that of a failed lock.

    Examples: `envgen lock`, `envgen lock 'py312-torch2.13-*'`, `envgen lock --select full`
    """
    spec, facts, planned = read_matrix(matrix)
    chosen, _ = choose(spec, facts, planned, this_machine(), request)
    folder = output or spec.file.absolute().parent / ENVIRONMENTS
    console = Console(stderr=True)
    locker = Locker(read_configuration(), folder, upgrade=upgrade)
    count = len(chosen.cells)
    with console.status(f"locked 0 of {count}") as status:
        outcomes = locker.lock_all(
            [lock_request(entry.cell, spec, facts) for entry in chosen.cells],
            on_done=lambda done: status.update(f"locked {done} of {count}"),
        )
    if as_json:
        print(json.dumps({cell: _as_json(outcome) for cell, outcome in outcomes.items()}, indent=2))
    else:
        _show(outcomes)
    failures = [outcome for outcome in outcomes.values() if isinstance(outcome, LockError)]
    if failures:
        raise typer.Exit(LockError.exit_code)


def _show(outcomes: dict[str, Lock | LockError]) -> None:
    console = output()
    for cell, outcome in outcomes.items():
        if isinstance(outcome, LockError):
            console.print(f"[red]failed[/] {cell}: {escape(str(outcome))}", highlight=False, soft_wrap=True)
        else:
            size = f"{outcome.download_bytes / 1e9:.2f} GB"
            torch = outcome.version("torch")
            text = f"{cell}  {counted(len(outcome.packages), 'package')}, {size}, torch {torch}"
            console.print(f"[green]locked[/] {text}", highlight=False, soft_wrap=True)
            console.print(f"       {outcome.path}", style="dim", highlight=False, soft_wrap=True)
            if note := only_here(outcome):
                console.print(f"       [yellow]{escape(note)}[/]", highlight=False, soft_wrap=True)


def only_here(lock: Lock) -> str:
    """A sentence about packages that nobody else can install from this lock; nothing when there are none."""
    if not lock.local_files:
        return ""
    names = [package.name for package in lock.local_files]
    return (
        f"{len(names)} of its packages come from folders of this machine and install only here,"
        f" among them {', '.join(names[:SHOWN_NAMES])}."
    )


def _as_json(outcome: Lock | LockError) -> dict[str, object]:
    if isinstance(outcome, LockError):
        return {"locked": False, "error": outcome.what, "remedy": outcome.remedy}
    return {
        "locked": True,
        "file": str(outcome.path),
        "sha256": outcome.sha256,
        "download_bytes": outcome.download_bytes,
        "versions": outcome.versions,
        "only_here": [package.name for package in outcome.local_files],
    }
