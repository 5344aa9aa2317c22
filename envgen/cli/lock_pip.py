"""`envgen lock` for pip: one pylock.toml for each cell, and requirements.txt beside it where asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from packaging.requirements import InvalidRequirement, Requirement

from envgen.cell import Cell
from envgen.cli.console import output
from envgen.cli.lock_check import check_locks
from envgen.cli.lock_words import locks_json, show_locks
from envgen.cli.progress import locking
from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.errors import Interruption, LockError, UsageError
from envgen.lock import (
    Lock,
    Locker,
    LockRequest,
    lock_request,
    read_configuration,
    stale_requirements,
    write_requirements,
)
from envgen.spec.matrix import Matrix


@dataclass(frozen=True)
class PipOptions:
    """What the command line says of pip's locks; `packages` are those that may move alone."""

    folder: Path
    upgrade: bool = False
    packages: tuple[str, ...] = ()
    requirements: bool = False
    check: bool = False
    as_json: bool = False


def lock_pip(cells: Sequence[Cell], matrix: Matrix, facts: Facts, options: PipOptions) -> None:
    """Locks cells and shows what became of them.

    Raises:
        UsageError: a package that is to be upgraded is none, or in no lock.
        ExceptionGroup: of `LockError`, for each requirements.txt that somebody else wrote.
        StaleError: they are only to be checked, and one would not be kept.
        Interruption: the user asked to stop; finished locks stay.
    """
    requests = [lock_request(cell, matrix, facts) for cell in cells]
    locker = Locker(read_configuration(), options.folder, upgrade=options.upgrade, moving=_moving(options))
    if options.check:
        check_locks(locker, requests, requirements=options.requirements, as_json=options.as_json)
        return
    outcomes = _locked(locker, requests)
    locks = [outcome for outcome in outcomes.values() if isinstance(outcome, Lock)]
    refused = [error for lock in locks if (error := _required(lock, wanted=options.requirements))]
    if options.as_json:
        print(json.dumps(locks_json(outcomes), indent=2))
    else:
        show_locks(outcomes, upgraded=options.upgrade or bool(options.packages))
    _refuse_unknown(locker.moving_names, locks)
    if refused:
        raise ExceptionGroup("requirements.txt", refused)
    if len(locks) < len(outcomes):
        raise typer.Exit(LockError.exit_code)


def _required(lock: Lock, *, wanted: bool) -> LockError | None:
    """Writes requirements.txt where it is wanted, or there already and not of its lock; says why it could not."""
    if not (wanted or stale_requirements(lock)):
        return None
    try:
        write_requirements(lock)
    except LockError as error:
        return error
    return None


def _locked(locker: Locker, requests: list[LockRequest]) -> dict[str, Lock | LockError]:
    count = len(requests)
    done = 0
    with locking(output(stderr=True), count, locker.waits_for) as told:

        def on_done(number: int) -> None:
            nonlocal done
            done = number
            told(number)

        try:
            return locker.lock_all(requests, on_done=on_done)
        except KeyboardInterrupt:
            raise Interruption(
                f"Interrupted: {done} of {counted(count, 'cell')} were done, and their locks stay.",
                "The same command goes on with the others.",
            ) from None


def _moving(options: PipOptions) -> tuple[str, ...]:
    """The packages that may move alone; none of them alone where all may."""
    for line in options.packages:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            raise UsageError(
                f"--upgrade-package: {line!r} names no package ({str(error).splitlines()[0]}).", "Give a name: `numpy`."
            ) from None
    return () if options.upgrade else options.packages


def _refuse_unknown(names: tuple[str, ...], locks: list[Lock]) -> None:
    for name in names:
        if locks and not any(lock.version(name) for lock in locks):
            raise UsageError(
                f"--upgrade-package: none of {counted(len(locks), 'lock')} has {name}.",
                "The locks list their packages.",
            )
