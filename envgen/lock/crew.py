"""Calls side by side that no interruption has to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

POLL = 0.2  # a wait without an end cannot be interrupted on Windows


class Crew(Generic[T, R]):
    """Threads that call a function on every item; as daemons they keep no program alive that wants to end.

    Nothing is begun before the results are asked for: whoever asks can end what was begun, even halfway.

    Args:
        function: what is called; it may be called from several threads at once.
        items: the arguments, begun in this order.
        workers: how many calls at a time.
    """

    def __init__(self, function: Callable[[T], R], items: Sequence[T], workers: int) -> None:
        self._function = function
        self._size = len(items)
        self._todo: SimpleQueue[tuple[int, T]] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, Future[R]]] = SimpleQueue()
        self._dismissed = threading.Event()
        for entry in enumerate(items):
            self._todo.put(entry)
        self._workers = min(workers, len(items))
        self._threads: list[threading.Thread] = []

    def results(self) -> Iterator[tuple[int, R]]:
        """The index of an item and its result, as they come; an exception of a call is raised here."""
        for _ in range(self._workers):
            thread = threading.Thread(target=self._work, daemon=True)
            thread.start()
            self._threads.append(thread)
        for _ in range(self._size):
            index, outcome = self._next()
            yield index, outcome.result()

    def in_order(self) -> list[R]:
        """The results of all items in the order of the items; when it is interrupted, no further call is begun."""
        try:
            outcomes = dict(self.results())
        finally:
            self.dismiss()
        return [outcomes[index] for index in range(self._size)]

    def dismiss(self) -> None:
        """Begins no further call."""
        self._dismissed.set()

    def join(self, seconds: float) -> None:
        """Waits for the calls that run, but not longer than so many seconds."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _next(self) -> tuple[int, Future[R]]:
        while True:
            try:
                return self._done.get(timeout=POLL)
            except Empty:
                continue

    def _work(self) -> None:
        while not self._dismissed.is_set():
            try:
                index, item = self._todo.get_nowait()
            except Empty:
                return
            outcome: Future[R] = Future()
            try:
                outcome.set_result(self._function(item))
            except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
                outcome.set_exception(error)
            self._done.put((index, outcome))
