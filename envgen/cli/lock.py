"""`envgen lock`: the exact packages of cells, for any platform."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from envgen.cli.choosing import Request, chooses
from envgen.cli.context import (
    DEFAULT_MATRIX,
    JsonOption,
    MatrixOption,
    choose,
    read_matrix,
)
from envgen.cli.lock_conda import CondaOptions, lock_conda
from envgen.cli.lock_pip import PipOptions, lock_pip
from envgen.errors import UsageError
from envgen.lock import ENVIRONMENTS
from envgen.lock.conda.further import Further
from envgen.machine import this_machine


class Manager(StrEnum):
    """What installs the packages."""

    PIP = "pip"
    CONDA = "conda"


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
    upgrade_package: Annotated[
        list[str] | None,
        typer.Option("--upgrade-package", "-P", metavar="NAME", help="Let only this package move; may be repeated."),
    ] = None,
    requirements: Annotated[
        bool, typer.Option("--requirements", help="Also write requirements.txt with hashes, for pip.")
    ] = False,
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a lock is missing, edited or of other inputs.")
    ] = False,
    manager: Annotated[
        Manager,
        typer.Option("--manager", help="`conda` writes conda-lock.yml, one for cells that differ only in platform."),
    ] = Manager.PIP,
    conda_executable: Annotated[
        str | None,
        typer.Option(
            "--conda-executable",
            metavar="PATH",
            help="With --manager conda: let this conda, mamba or micromamba solve.",
        ),
    ] = None,
    also: Annotated[
        list[Further] | None,
        typer.Option("--also", help="With --manager conda: `explicit` lists, or pixi.lock, of what is locked now."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Resolve cells into `pylock.toml` files with hashes, for their own Python and platform.

    Neither that interpreter nor that platform need be here. A lock is kept until the matrix asks for something else or
    other indexes are configured; `--upgrade` lets it take what was published since, and says what moved. A cell that
    cannot be locked is said so in one sentence, the others go on, and the exit code is that of a failed lock.

    Examples: `envgen lock`, `envgen lock 'py312-torch2.13-*'`, `envgen lock --select full`, `envgen lock -P numpy`,
    `envgen lock --manager conda`
    """
    _refuse_what_has_no_effect(
        manager,
        of_pip=bool(upgrade_package or requirements),
        of_conda=bool(conda_executable or also),
        upgrading=only_check and bool(upgrade or upgrade_package),
    )
    spec, facts, planned = read_matrix(matrix)
    chosen, _ = choose(spec, facts, planned, this_machine(), request)
    cells, packages = [entry.cell for entry in chosen.cells], tuple(upgrade_package or ())
    folder = output or spec.file.absolute().parent / ENVIRONMENTS
    if manager is Manager.CONDA:
        options = CondaOptions(folder, conda_executable, frozenset(also or ()), upgrade, only_check, as_json)
        lock_conda(cells, spec, facts, options)
        return
    lock_pip(cells, spec, facts, PipOptions(folder, upgrade, packages, requirements, only_check, as_json))


def _refuse_what_has_no_effect(manager: Manager, *, of_pip: bool, of_conda: bool, upgrading: bool) -> None:
    if manager is Manager.CONDA and of_pip:
        raise UsageError(
            "--upgrade-package and --requirements are of pip's locks, and --manager is conda.", "Leave them out."
        )
    if manager is Manager.PIP and of_conda:
        raise UsageError(
            "--conda-executable and --also are of conda's locks, and --manager is pip.", "Add `--manager conda`."
        )
    if upgrading:
        raise UsageError("--check writes nothing, and an upgrade would.", "Give one of the two.")
