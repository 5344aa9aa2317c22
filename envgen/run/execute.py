"""Cells side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from envgen.results import CellResult
from envgen.run.climb import Climb
from envgen.run.job import Job


def execute(climb: Climb, jobs: Sequence[Job], parallel: int) -> tuple[CellResult, ...]:
    """Climbs all cells, `parallel` at a time, in the order given.

    An interrupt (Ctrl-C) ends the rungs under way and starts no further one; what was finished is recorded.

    Raises:
        KeyboardInterrupt: after everything under way has ended.
    """
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="cell") as pool:
        futures: list[Future[CellResult]] = [pool.submit(climb.climb, job) for job in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt:
            climb.interrupt.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        for future in futures:
            if future.done() and not future.cancelled() and future.exception():
                climb.interrupt.set()
                pool.shutdown(wait=True, cancel_futures=True)
        return tuple(future.result() for future in futures)
