"""What a run says before anything is downloaded: how many cells, how much, and what cannot run here and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from envgen.environment import Unavailable
from envgen.errors import LockError
from envgen.machine import find_interpreter
from envgen.results import Outcome, Rung
from envgen.run.job import Job
from envgen.run.rungs.checks import unmet_needs
from envgen.run.rungs.engine import unmet_of_engine
from envgen.spec.matrix import Check


@dataclass(frozen=True)
class Obstacle:
    """A rung on which some cells fail, or that they will not climb here, and why."""

    rung: Rung
    outcome: Outcome
    reason: str
    cells: int


@dataclass(frozen=True)
class Outlook:
    """The run before it begins.

    Attributes:
        download_bytes: of all distinct files in the locks; less when the cache has them.
        unsized: how many files did not say their size.
        interpreters: Python versions that are not installed here and will be fetched.
    """

    cells: int
    download_bytes: int
    unsized: int
    interpreters: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]


def _lacks_interpreter(job: Job) -> bool:
    environment = job.environment
    return environment.uses_lock and not environment.recipe and not find_interpreter(job.cell.python)


def outlook(jobs: Sequence[Job]) -> Outlook:
    here = [job for job in jobs if not _unavailable(job)]
    files = {
        package.sha256: package.size
        for job in here
        if job.locked and not job.environment.exists()
        for package in job.locked.packages
    }
    missing = {job.cell.python for job in here if _lacks_interpreter(job)}
    count = Counter(obstacle for job in jobs for obstacle in _obstacles(job))
    return Outlook(
        cells=len(jobs),
        download_bytes=sum(size or 0 for size in files.values()),
        unsized=sum(size is None for size in files.values()),
        interpreters=tuple(str(version) for version in sorted(missing)),
        obstacles=tuple(Obstacle(*obstacle, cells) for obstacle, cells in count.items()),
    )


def _obstacles(job: Job) -> Iterator[tuple[Rung, Outcome, str]]:
    if isinstance(job.lock, LockError):
        yield Rung.LOCKED, Outcome.FAILED, job.lock.what
        return
    if reason := _unavailable(job):
        yield Rung.CREATED, Outcome.NOT_RUN, reason
        return
    for rung in (Rung.CPU, Rung.KERNEL, Rung.ENGINE):
        if reason := _not_run(job, rung, job.extension.check(rung)):
            yield rung, Outcome.NOT_RUN, reason


def _not_run(job: Job, rung: Rung, check: Check | None) -> str:
    if check is None:
        return f"the extension has no {rung} check"
    return "; ".join(unmet_of_engine(job) if rung is Rung.ENGINE else unmet_needs(job, check))


def _unavailable(job: Job) -> str:
    try:
        job.environment.creation()
    except Unavailable as reason:
        return str(reason)
    return ""
