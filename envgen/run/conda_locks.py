"""The locks of a run in conda environments: those that were committed, and new ones for what they lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from envgen.cell import Cell
from envgen.compat.conda import CondaNames
from envgen.compat.facts import Facts
from envgen.errors import LockError
from envgen.lock import Lock, read_configuration
from envgen.lock.conda import (
    CONDA,
    CondaLocker,
    CondaRequest,
    Outcome,
    PipPart,
    conda_requests,
    read_channel_settings,
)
from envgen.lock.conda.cell_lock import cell_lock
from envgen.spec.matrix import Matrix

Locking = Callable[[int], AbstractContextManager[Callable[[int], None]]]


def conda_locks(
    cells: Sequence[Cell], matrix: Matrix, facts: Facts, committed: Iterable[Path], folder: Path, locking: Locking
) -> Mapping[str, Lock | LockError]:
    """Cell id to its lock, or to why there is none.

    Args:
        committed: where locks may be that a maintainer made; they come first.
        folder: where new ones are written.
    """
    names = CondaNames.load()
    requests = conda_requests(cells, matrix, facts, names)
    known = {**names.names, **matrix.conda.names}
    pip = PipPart(matrix, facts, read_configuration(), known)
    locker = CondaLocker(read_channel_settings(), folder / CONDA, matrix.file.absolute().parent, pip=pip)
    earlier = [replace(locker, folder=place / CONDA) for place in committed]
    kept = {request.name: _kept(request, earlier) for request in requests}
    lacking = [request for request in (_without(r, kept[r.name]) for r in requests) if request.platforms]
    outcomes: tuple[Outcome, ...] = ()
    if lacking:
        with locking(len(lacking)) as on_done:
            outcomes = locker.lock_all(lacking, on_done)
    made = {outcome.request.name: outcome for outcome in outcomes}
    found: dict[str, Lock | LockError] = {}
    for request in requests:
        by_platform = _by_platform(request, kept[request.name], made.get(request.name), known)
        found |= {str(cell): by_platform[names.subdir(cell)] for cell in request.cells}
    return found


def _kept(request: CondaRequest, lockers: Sequence[CondaLocker]) -> dict[str, Path]:
    """Platform to the first lock that has it."""
    found: dict[str, Path] = {}
    for locker in reversed(lockers):
        found |= dict.fromkeys(locker.kept(request), locker.path(request))
    return found


def _without(request: CondaRequest, kept: Mapping[str, Path]) -> CondaRequest:
    return replace(request, platforms=tuple(p for p in request.platforms if p.subdir not in kept))


def _by_platform(
    request: CondaRequest, kept: Mapping[str, Path], made: Outcome | None, names: Mapping[str, str]
) -> dict[str, Lock | LockError]:
    paths = dict(kept)
    if made and made.path:
        paths |= dict.fromkeys(made.packages, made.path)
    found: dict[str, Lock | LockError] = {
        platform: cell_lock(path, platform, names) for platform, path in paths.items()
    }
    return found | dict(made.failures if made else {})
