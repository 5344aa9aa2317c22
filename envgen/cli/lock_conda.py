"""`envgen lock --manager conda`: one conda-lock.yml for cells that differ only in their platform."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cell import Cell
from envgen.cli.console import output
from envgen.compat.conda import CondaNames
from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.errors import Interruption, LockError, StaleError
from envgen.lock import read_configuration
from envgen.lock.conda import (
    CONDA,
    CondaLocker,
    CondaRequest,
    Outcome,
    PipPart,
    conda_requests,
    read_channel_settings,
)
from envgen.lock.conda.executable import CondaExecutable
from envgen.lock.conda.further import PIXI, Further, writer
from envgen.spec.matrix import Matrix

NO_PIXI = "no pixi.lock: it needs all platforms solved now, as by --upgrade, and no packages that pip installs."


@dataclass(frozen=True)
class CondaOptions:
    """What the command line says of conda locks."""

    folder: Path
    executable: str | None = None
    further: frozenset[Further] = frozenset()
    upgrade: bool = False
    check: bool = False
    as_json: bool = False


def lock_conda(cells: Sequence[Cell], matrix: Matrix, facts: Facts, options: CondaOptions) -> None:
    """Locks cells and shows what became of them.

    Raises:
        StaleError: they are only to be checked, and one is not of the matrix as it is.
        Interruption: the user asked to stop; finished locks stay.
    """
    names = CondaNames.load()
    requests = conda_requests(cells, matrix, facts, names)
    pip = PipPart(matrix, facts, read_configuration(), {**names.names, **matrix.conda.names})
    root = matrix.file.absolute().parent
    settings = read_channel_settings()
    executable = CondaExecutable.named(options.executable) if options.executable else None
    also = writer(options.further, settings, root)
    locker = CondaLocker(settings, options.folder / CONDA, root, options.upgrade, pip, executable, also)
    if options.check:
        _check(locker, requests, as_json=options.as_json)
        return
    outcomes = _locked(locker, requests)
    if options.as_json:
        print(json.dumps({outcome.request.name: _as_json(outcome) for outcome in outcomes}, indent=2))
    else:
        for outcome in outcomes:
            _show(outcome)
            if Further.PIXI in options.further and outcome.path and not outcome.path.with_name(PIXI).exists():
                output().print(f"       {NO_PIXI}", style="yellow", highlight=False, soft_wrap=True)
        _sum_up(outcomes)
    if any(outcome.failures for outcome in outcomes):
        raise typer.Exit(LockError.exit_code)


def _locked(locker: CondaLocker, requests: Sequence[CondaRequest]) -> tuple[Outcome, ...]:
    count, done = len(requests), 0
    with Console(stderr=True).status(f"locked 0 of {count}") as status:

        def on_done(number: int) -> None:
            nonlocal done
            done = number
            status.update(f"locked {done} of {count}")

        try:
            return locker.lock_all(requests, on_done)
        except KeyboardInterrupt:
            raise Interruption(
                f"Interrupted: {done} of {counted(count, 'conda lock')} were done, and they stay.",
                "The same command goes on with the others.",
            ) from None


def _check(locker: CondaLocker, requests: Sequence[CondaRequest], *, as_json: bool) -> None:
    stale = {request.name: why for request in requests if (why := locker.why_stale(request))}
    if as_json:
        print(json.dumps({"checked": len(requests), "stale": stale}, indent=2))
    if stale:
        told = "\n".join(f"{name}: {why}" for name, why in stale.items())
        raise StaleError(
            f"{counted(len(stale), 'conda lock')} of {len(requests)} would not be kept:\n{told}",
            "Run `envgen lock --manager conda` and commit what it writes.",
        )
    if as_json:
        return
    output().print(f"{counted(len(requests), 'conda lock')} as the matrix asks.", highlight=False)


def _show(outcome: Outcome) -> None:
    console = output()
    if outcome.packages:
        sizes = ", ".join(f"{platform} {counted(count, 'package')}" for platform, count in outcome.packages.items())
        kept = "" if outcome.made else " (kept)"
        console.print(f"[green]locked[/] {outcome.request.name}  {sizes}{kept}", highlight=False, soft_wrap=True)
        console.print(f"       {outcome.path}", style="dim", highlight=False, soft_wrap=True)
    reasons: dict[str, list[str]] = {}
    for platform, error in outcome.failures.items():
        reasons.setdefault(str(error), []).append(platform)
    for reason, platforms in reasons.items():
        what = f"[red]failed[/] {outcome.request.name} on {', '.join(platforms)}: {escape(reason)}"
        console.print(what, highlight=False, soft_wrap=True)


def _sum_up(outcomes: Sequence[Outcome]) -> None:
    """How many locks there are; what was made or failed is counted in their platforms."""
    made = sum(len(outcome.made) for outcome in outcomes)
    kept = sum(len(outcome.packages) for outcome in outcomes) - made
    failed = sum(len(outcome.failures) for outcome in outcomes)
    output().print(
        f"{counted(len(outcomes), 'conda lock')}, {counted(made + kept + failed, 'platform')}:"
        f" {made} locked anew, {kept} as they were, {failed} failed.",
        highlight=False,
        soft_wrap=True,
    )


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "file": str(outcome.path) if outcome.path else None,
        "cells": [str(cell) for cell in outcome.request.cells],
        "packages": dict(outcome.packages),
        "made": sorted(outcome.made),
        "failures": {
            platform: {"error": error.what, "remedy": error.remedy} for platform, error in outcome.failures.items()
        },
    }
