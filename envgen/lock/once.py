"""Work that many ask for and that is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K")
R = TypeVar("R")


@dataclass
class Once(Generic[K, R]):
    """Results by key; whoever asks while one is being made waits for it, and gets the same error."""

    _made: dict[K, Future[R]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: K, make: Callable[[], R]) -> R:
        """The result for a key; `make` is called the first time."""
        with self._guard:
            first = key not in self._made
            outcome = self._made.setdefault(key, Future())
        if first:
            try:
                outcome.set_result(make())
            except BaseException as error:  # noqa: BLE001 - raised below, and for everybody who waits
                outcome.set_exception(error)
        return outcome.result()

    def know(self, key: K, result: R) -> None:
        """Takes over a result that is known without making it."""
        with self._guard:
            if key not in self._made:
                self._made[key] = Future()
                self._made[key].set_result(result)
