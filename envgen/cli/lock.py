"""`envgen lock`: the exact packages of cells, for any platform."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from packaging.requirements import InvalidRequirement, Requirement

from envgen.cli.choosing import Request, chooses
from envgen.cli.console import output as console
from envgen.cli.context import (
    DEFAULT_MATRIX,
    JsonOption,
    MatrixOption,
    choose,
    read_matrix,
)
from envgen.cli.lock_check import check_locks
from envgen.cli.lock_conda import CondaOptions, lock_conda
from envgen.cli.lock_words import locks_json, show_locks
from envgen.cli.progress import locking
from envgen.compat.words import counted
from envgen.errors import Interruption, LockError, UsageError
from envgen.lock import (
    ENVIRONMENTS,
    Lock,
    Locker,
    LockRequest,
    lock_request,
    read_configuration,
    write_requirements,
)
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
    as_json: JsonOption = False,
) -> None:
    """Resolve cells into `pylock.toml` files with hashes, for their own Python and platform.

    Neither that interpreter nor that platform need be here. A lock is kept until the matrix asks for something else or
    other indexes are configured; `--upgrade` lets it take what was published since, and says what moved. A cell that
    cannot be locked is said so in one sentence, the others go on, and the exit code is that of a failed lock.

    Examples: `envgen lock`, `envgen lock 'py312-torch2.13-*'`, `envgen lock --select full`, `envgen lock -P numpy`,
    `envgen lock --manager conda`
    """
    spec, facts, planned = read_matrix(matrix)
    chosen, _ = choose(spec, facts, planned, this_machine(), request)
    folder = output or spec.file.absolute().parent / ENVIRONMENTS
    if manager is Manager.CONDA:
        options = CondaOptions(folder, upgrade, only_check, as_json)
        lock_conda([entry.cell for entry in chosen.cells], spec, facts, options)
        return
    requests = [lock_request(entry.cell, spec, facts) for entry in chosen.cells]
    moving = _packages(upgrade_package or [])
    locker = Locker(read_configuration(), folder, upgrade=upgrade, moving=moving)
    if only_check:
        check_locks(locker, requests, as_json=as_json)
        return
    outcomes = _lock(locker, requests)
    locks = [outcome for outcome in outcomes.values() if isinstance(outcome, Lock)]
    _refuse_unknown(locker.moving_names, locks)
    if requirements:
        for lock in locks:
            write_requirements(lock)
    if as_json:
        print(json.dumps(locks_json(outcomes), indent=2))
    else:
        show_locks(outcomes, upgraded=upgrade or bool(moving))
    if len(locks) < len(outcomes):
        raise typer.Exit(LockError.exit_code)


def _lock(locker: Locker, requests: list[LockRequest]) -> dict[str, Lock | LockError]:
    count = len(requests)
    done = 0
    with locking(console(stderr=True), count, locker.waits_for) as told:

        def on_done(number: int) -> None:
            nonlocal done
            done = number
            told(number)

        try:
            return locker.lock_all(requests, on_done=on_done)
        except KeyboardInterrupt:
            raise Interruption(
                f"Interrupted: {done} of {counted(count, 'cell')} {'is' if done == 1 else 'are'} locked and stay so.",
                "The same command goes on with the others.",
            ) from None


def _packages(lines: list[str]) -> tuple[str, ...]:
    for line in lines:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            raise UsageError(
                f"--upgrade-package: {line!r} names no package ({str(error).splitlines()[0]}).", "Give a name: `numpy`."
            ) from None
    return tuple(lines)


def _refuse_unknown(names: tuple[str, ...], locks: list[Lock]) -> None:
    for name in names:
        if locks and not any(lock.version(name) for lock in locks):
            raise UsageError(
                f"--upgrade-package: none of {counted(len(locks), 'lock')} has {name}.",
                "The locks list their packages.",
            )
