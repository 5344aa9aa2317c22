"""What is shown while a cross-load goes on: a count in place on a terminal, a line for each finished cell elsewhere."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from envgen.cli.progress import MARK
from envgen.crossload import Crossing


@contextmanager
def crossing_progress(console: Console, loads: Mapping[str, int]) -> Iterator[Count]:
    """A listener that counts on this console.

    Args:
        loads: cell to how much is to be loaded in it.
    """
    count = Count(console, loads)
    if not console.is_terminal:
        yield count
        return
    spinner = Spinner("dots")

    def shown() -> Spinner:
        spinner.update(text=count.line())
        return spinner

    with Live(get_renderable=shown, console=console, refresh_per_second=8, transient=True):
        yield count


@dataclass
class Count:
    """Counts loads from the threads of the cells; says how each cell ended."""

    console: Console
    loads: Mapping[str, int]
    _ended: dict[str, Counter[str]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def waits(self, cell: str) -> None:
        self.console.print(f"{cell}  waits: another envgen is at this cell", highlight=False, soft_wrap=True)

    def crossed(self, crossing: Crossing, *, kept: bool) -> None:
        with self._guard:
            ended = self._ended.setdefault(crossing.loaded, Counter())
            ended[MARK[crossing.outcome] + (" (kept)" if kept else "")] += 1
            if ended.total() == self.loads[crossing.loaded]:
                counts = ", ".join(f"{number} {words}" for words, number in sorted(ended.items()))
                self.console.print(f"loaded in {crossing.loaded}: {counts}", highlight=False, soft_wrap=True)

    def line(self) -> str:
        """How many of all loads have ended."""
        return f"loaded {sum(ended.total() for ended in self._ended.values())} of {sum(self.loads.values())}"
