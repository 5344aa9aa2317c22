"""What a run is going to do, said before anything is downloaded or built."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape

from envgen.compat.words import counted, listed
from envgen.lock import Lock
from envgen.results import RunInfo
from envgen.run.job import Job
from envgen.run.outlook import Outlook
from envgen.run.runner import PreparedRun


def announce(
    ahead: Outlook, prepared: PreparedRun, console: Console, *, dry: bool = False, left_out: bool = True
) -> None:
    """Prints it for people.

    Args:
        dry: nothing begins, so there is no run to name.
        left_out: whether to say what the selection leaves out.
    """
    head = "[bold]Would run[/]" if dry else f"[bold]Run {prepared.info.run}[/]"
    info = prepared.info if left_out else prepared.info.model_copy(update={"left_out": (), "remarks": ()})
    for line in (*_lines(ahead, info, head), *_unused(prepared)):
        console.print(line, highlight=False, soft_wrap=True)


def _unused(prepared: PreparedRun) -> Iterator[str]:
    """A system that was mistyped would else be noticed by what its cells start from."""
    systems = {job.cell.os for job in prepared.jobs}
    for system in prepared.options.base_images:
        if system not in systems:
            yield f"[yellow]note[/] --base-image {system}: no selected cell is of {system}."


def _lines(ahead: Outlook, info: RunInfo, head: str) -> Iterator[str]:
    yield f"{head}: {counted(ahead.cells, 'cell')} ({escape(info.selection)}) of {escape(info.extension)}."
    yield from map(escape, info.remarks)
    if ahead.download_bytes:
        more = f" and {counted(ahead.unsized, 'file')} of unknown size" if ahead.unsized else ""
        yield f"To download: at most {decimal(ahead.download_bytes)}{more}."
    if ahead.interpreters:
        yield f"Not installed here, and will be fetched: Python {listed(ahead.interpreters)}."
    for obstacle in ahead.obstacles:
        where = f"[bold]{obstacle.rung} {obstacle.outcome}[/] in {obstacle.cells} of {counted(ahead.cells, 'cell')}"
        yield f"{where}: {escape(obstacle.reason.rstrip('.'))}."
    for left in info.left_out:
        yield f"Left out: {counted(left.cells, 'cell')}, {escape(left.reason)}."
    if info.left_out:
        every = ahead.cells + sum(left.cells for left in info.left_out)
        yield f"All {counted(every, 'cell')}: envgen run --select full"


def ahead_json(ahead: Outlook, prepared: PreparedRun) -> str:
    """The same for programs."""
    info = prepared.info
    content = {
        "extension": info.extension,
        "selection": info.selection,
        "remarks": list(info.remarks),
        "cells": [_cell(job) for job in prepared.jobs],
        "download_bytes": ahead.download_bytes,
        "files_of_unknown_size": ahead.unsized,
        "interpreters_to_fetch": list(ahead.interpreters),
        "obstacles": [
            {"rung": each.rung, "outcome": each.outcome, "reason": each.reason, "cells": each.cells}
            for each in ahead.obstacles
        ],
        "left_out": [left.model_dump() for left in info.left_out],
        "rejected": info.rejected,
    }
    return json.dumps(content, indent=1)


def _cell(job: Job) -> dict[str, object]:
    lock = job.lock
    return {
        "cell": str(job.cell),
        "environment": job.environment.kind,
        "locked": isinstance(lock, Lock) if lock else None,
        "download_bytes": lock.download_bytes if isinstance(lock, Lock) else None,
    }
