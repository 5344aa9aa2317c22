"""What is shown while a run goes on: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from envgen.compat.words import counted
from envgen.report.text import one_line
from envgen.results import LADDER, CellResult, Outcome, Rung, RungResult
from envgen.run.observer import Observer

MARK = {Outcome.PASSED: "[green]passed[/]", Outcome.FAILED: "[red]failed[/]", Outcome.NOT_RUN: "[dim]not run[/]"}


TELL_EVERY = 10.0  # seconds between lines of a log about what takes long


@contextmanager
def locking(
    console: Console, cells: int, waits: Callable[[], Mapping[str, float]] = dict
) -> Iterator[Callable[[int], None]]:
    """Shows how many of the cells are locked: in place on a terminal, elsewhere a line now and then.

    Args:
        waits: what is being resolved, and for how many seconds.
    """
    whole = counted(cells, "cell")
    so_far = 0
    told = time.monotonic()

    def line() -> str:
        return f"locked {so_far} of {whole}{_awaited(waits())}"

    def tell(done: int) -> None:
        nonlocal so_far, told
        so_far = done
        if not console.is_terminal and time.monotonic() - told >= TELL_EVERY:
            told = time.monotonic()
            console.print(line(), highlight=False)

    if not console.is_terminal:
        console.print(f"Locking {whole} ...", highlight=False)
        yield tell
        return
    spinner = Spinner("dots")

    def shown() -> RenderableType:
        spinner.update(text=line())
        return spinner

    with Live(get_renderable=shown, console=console, refresh_per_second=8, transient=True):
        yield tell


def _awaited(cells: Mapping[str, float]) -> str:
    if not cells:
        return ""
    cell, seconds = max(cells.items(), key=lambda item: item[1])
    more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
    return f", waits for {cell} ({minutes(seconds)}){more}"


@contextmanager
def progress(console: Console, cells: Sequence[str], parallel: int) -> Iterator[Observer]:
    """An observer that shows the run on this console."""
    if not console.is_terminal:
        yield PlainLines(console)
        return
    board = Board(cells, parallel, PlainLines(console))
    with Live(get_renderable=board.render, console=console, refresh_per_second=4, transient=True):
        yield board


@dataclass(frozen=True)
class PlainLines:
    """One line for each rung that ended, for logs."""

    console: Console

    def cell_started(self, cell: str) -> None:
        """Nothing is said before a rung ends."""

    def cell_waits(self, cell: str, reason: str) -> None:
        self.console.print(f"{cell}  waits: {escape(reason)}", highlight=False, soft_wrap=True)

    def climbs_again(self, cell: str, rung: Rung, reason: str) -> None:
        self.console.print(f"{cell}  {rung} again: {escape(reason)}", highlight=False, soft_wrap=True)

    def rung_started(self, cell: str, rung: Rung) -> None:
        if rung in (Rung.CREATED, Rung.BUILT):  # these take long
            self.console.print(f"{cell}  {rung} ...", highlight=False, soft_wrap=True)

    def line(self, cell: str, text: str) -> None:
        """The log has it."""

    def rung_finished(self, cell: str, result: RungResult, *, kept: bool) -> None:
        seconds = f" {result.seconds:.1f} s" if result.seconds is not None else ""
        taken_over = " (kept)" if kept else ""
        reason = f": {escape(one_line(result.sentence))}" if result.sentence else ""
        self.console.print(
            f"{cell}  {result.rung} {MARK[result.outcome]}{seconds}{taken_over}{reason}",
            highlight=False,
            soft_wrap=True,
        )

    def cell_finished(self, result: CellResult) -> None:
        """The last rung's line says it."""


@dataclass
class _Row:
    rung: Rung | None = None
    since: float = 0.0
    line: str = ""
    outcome: str = ""
    done: bool = False


@dataclass
class Board:
    """A row for each cell under way, a count of the rest, and the time left; `lines` says what is to stay."""

    cells: Sequence[str]
    parallel: int
    lines: PlainLines
    _rows: dict[str, _Row] = field(default_factory=dict)
    _durations: list[float] = field(default_factory=list)
    _started: dict[str, float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def cell_started(self, cell: str) -> None:
        with self._guard:
            self._rows[cell] = _Row()
            self._started[cell] = time.monotonic()

    def cell_waits(self, cell: str, reason: str) -> None:
        self.line(cell, f"waits: {reason}")

    def climbs_again(self, cell: str, rung: Rung, reason: str) -> None:
        self.lines.climbs_again(cell, rung, reason)  # above the table, and there to stay

    def rung_started(self, cell: str, rung: Rung) -> None:
        with self._guard:
            row = self._rows[cell]
            row.rung, row.since, row.line = rung, time.monotonic(), ""

    def line(self, cell: str, text: str) -> None:
        with self._guard:
            self._rows[cell].line = text

    def rung_finished(self, cell: str, result: RungResult, *, kept: bool) -> None:
        with self._guard:
            if result.outcome is Outcome.FAILED:
                self._rows[cell].outcome = f"[red]failed[/] {result.rung}: {escape(one_line(result.sentence))}"

    def cell_finished(self, result: CellResult) -> None:
        with self._guard:
            row = self._rows[result.cell]
            row.done = True
            row.outcome = row.outcome or _how_far(result)
            self._durations.append(time.monotonic() - self._started[result.cell])

    def render(self) -> RenderableType:
        with self._guard:
            table = Table(box=None, pad_edge=False, show_header=False, expand=True)
            table.add_column(no_wrap=True)
            table.add_column(no_wrap=True)
            table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
            for cell, row in self._rows.items():
                table.add_row(
                    cell, _steps(row), Text.from_markup(row.outcome) if row.done else Text(row.line, style="dim")
                )
            return Group(table, Text(self._status()))

    def _status(self) -> str:
        done = len(self._durations)
        left = len(self.cells) - done
        if not left:
            return f"{counted(done, 'cell')} done"
        so_far = f"{done} of {counted(len(self.cells), 'cell')} done"
        if not done:
            return so_far
        seconds = sum(self._durations) / done * left / min(self.parallel, left)
        return f"{so_far}, about {minutes(seconds)} left"


def _how_far(result: CellResult) -> str:
    """Of a cell that did not fail: how far it came, and why not further."""
    stop = next((rung for rung in result.rungs if rung.outcome is Outcome.NOT_RUN and rung.sentence), None)
    if result.reached and LADDER.index(result.reached) >= LADDER.index(Rung.LOADED):
        return f"[green]passed[/] {result.reached}"
    return f"[dim]not run[/] {stop.rung}: {escape(one_line(stop.sentence))}" if stop else "[dim]not run[/]"


def _steps(row: _Row) -> str:
    if row.done or row.rung is None:
        return ""
    at = LADDER.index(row.rung) + 1
    return f"[cyan]{row.rung}[/] {at}/{len(LADDER)} {minutes(time.monotonic() - row.since)}"


def minutes(seconds: float) -> str:
    """A duration for people: `90 s`, `30 min`."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
