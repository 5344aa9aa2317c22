"""Cells side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from envgen.results import CellResult
from envgen.run.climb import Climb
from envgen.run.job import Job

LISTEN_EVERY = 0.5  # seconds; Windows delivers a Ctrl-C only between waits


def execute(climb: Climb, jobs: Sequence[Job], parallel: int) -> tuple[CellResult, ...]:
    """Climbs all cells, `parallel` at a time, in the order given.

    An interrupt (Ctrl-C) ends the rungs under way and starts no further one; what was finished is recorded. So does an
    error that is not one cell's own.

    Raises:
        KeyboardInterrupt: after everything under way has ended.
    """
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="cell") as pool:
        try:  # from the first cell on: a Ctrl-C may come before the last is submitted
            futures = [pool.submit(climb.climb, job) for job in jobs]
            _wait_for(futures)
        except BaseException:
            climb.interrupt.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        return tuple(future.result() for future in futures)


def _wait_for(futures: Sequence[Future[CellResult]]) -> None:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=LISTEN_EVERY, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
