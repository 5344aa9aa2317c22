"""Work in several threads that nobody has to wait for: an interruption leaves at once, whatever hangs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def in_threads(work: Callable[[_Item], _Result], items: Iterable[_Item], at_once: int) -> list[_Result]:
    """What the work returns for each item, in their order.

    The threads are daemons, unlike a pool's, which the interpreter waits for at its end. After an interruption nothing
    more is started.

    Args:
        at_once: threads.
    """
    tasks = [(item, Future[_Result]()) for item in items]
    waiting: queue.SimpleQueue[tuple[_Item, Future[_Result]]] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    left = threading.Event()

    def run() -> None:
        while not left.is_set():
            try:
                item, outcome = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                outcome.set_result(work(item))
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                outcome.set_exception(error)

    for _ in range(min(at_once, len(tasks))):
        threading.Thread(target=run, daemon=True).start()
    try:
        return [outcome.result() for _, outcome in tasks]
    finally:
        left.set()
