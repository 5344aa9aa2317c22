"""Logs and kept files of a run whose report lies in another folder: how they are named from there."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from pydantic import JsonValue

from envgen.results import CellResult, RungResult

KEPT = "kept"  # the fact of a rung that lists the files it left, below the run's folder


def named_from(target: Path, folder: Path, result: CellResult) -> CellResult:
    """A result of the run in `folder`, with its files named as seen from `target`; they stay where they are."""
    if target.resolve() == folder.resolve():
        return result
    return result.model_copy(update={"rungs": tuple(_moved(target, folder, rung) for rung in result.rungs)})


def _moved(target: Path, folder: Path, rung: RungResult) -> RungResult:
    kept = rung.facts.get(KEPT)
    facts = dict(rung.facts)
    if isinstance(kept, list):
        facts[KEPT] = [_seen(target, folder, file) for file in kept]
    log = rung.log and str(_seen(target, folder, rung.log))
    return rung.model_copy(update={"log": log, "facts": facts})


def _seen(target: Path, folder: Path, file: JsonValue) -> JsonValue:
    if not isinstance(file, str):
        return file
    path = folder.resolve() / file
    try:
        return PurePath(os.path.relpath(path, target.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return path.as_posix()
