"""Cells side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from envgen.results import CellResult
from envgen.run.climb import Climb
from envgen.run.job import Job
from envgen.run.process import Interrupt

LISTEN_EVERY = 0.5  # seconds; Windows delivers a Ctrl-C only between waits

_Work = TypeVar("_Work")
_Result = TypeVar("_Result")


def execute(climb: Climb, jobs: Sequence[Job], parallel: int) -> tuple[CellResult, ...]:
    """Climbs all cells, `parallel` at a time, in the order given.

    An interrupt (Ctrl-C) ends the rungs under way and starts no further one; what was finished is recorded. So does an
    error that is not one cell's own.

    Raises:
        KeyboardInterrupt: after everything under way has ended.
    """
    return side_by_side(climb.climb, jobs, parallel, climb.interrupt)


def side_by_side(
    do: Callable[[_Work], _Result], works: Sequence[_Work], parallel: int, interrupt: Interrupt
) -> tuple[_Result, ...]:
    """Does all works, `parallel` at a time, each in a thread, in the order given.

    Args:
        interrupt: set when the user asks to stop, or when one work raises: the others end by it.

    Raises:
        KeyboardInterrupt: after everything under way has ended.
    """
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="cell") as pool:
        try:  # from the first cell on: a Ctrl-C may come before the last is submitted
            futures = [pool.submit(do, work) for work in works]
            _wait_for(futures)
        except BaseException:
            interrupt.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        return tuple(future.result() for future in futures)


def _wait_for(futures: Sequence[Future[_Result]]) -> None:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=LISTEN_EVERY, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
