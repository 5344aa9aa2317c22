"""What every format of a report shows: cells in order with all their rungs, totals, and cells grouped by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from envgen.cell import Cell, GrammarError
from envgen.report.causes import cause_groups
from envgen.report.machines import MachineLine, machine_lines
from envgen.report.text import one_line
from envgen.results import LADDER, CauseGroup, CellResult, Outcome, Report, Rung, RungResult

NOT_REACHED = "not reached"
NEVER_STARTED = "the run ended before this cell was started"
NO_REASON = "no reason recorded"
GLYPHS: Mapping[Outcome, str] = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_RUN: "○"}
OUTCOMES = (Outcome.FAILED, Outcome.NOT_RUN, Outcome.PASSED)


@dataclass(frozen=True)
class CellView:
    """One cell with a result on every rung."""

    result: CellResult

    @cached_property
    def rungs(self) -> tuple[RungResult, ...]:
        """In ladder order; a rung without a result is not run, for it was not reached."""
        return tuple(
            self.result.rung(rung) or RungResult(rung=rung, outcome=Outcome.NOT_RUN, sentence=NOT_REACHED)
            for rung in LADDER
        )

    @cached_property
    def outcome(self) -> Outcome:
        """Failed where a rung failed; passed only where the extension at least loaded; else not run."""
        if self.result.failed:
            return Outcome.FAILED
        reached = self.result.reached
        loaded = reached is not None and LADDER.index(reached) >= LADDER.index(Rung.LOADED)
        return Outcome.PASSED if loaded else Outcome.NOT_RUN

    @property
    def reached(self) -> str:
        return str(self.result.reached or "nothing")

    @property
    def depth(self) -> int:
        """How many rungs up the highest one that passed is."""
        return LADDER.index(self.result.reached) + 1 if self.result.reached else 0

    @property
    def stopped_by(self) -> RungResult | None:
        """The rung that failed, or the first above the highest passed one: that did not run."""
        return self.result.failed or next(iter(self.rungs[self.depth :]), None)

    @property
    def why(self) -> str:
        """Why the climb ended where it did; nothing when it ended at the top."""
        stop = self.stopped_by
        return f"{stop.rung}: {one_line(stop.sentence) or NO_REASON}" if stop else ""

    @property
    def seconds(self) -> float:
        return sum(rung.seconds or 0.0 for rung in self.rungs)


@dataclass(frozen=True)
class Reason:
    """Cells that ended alike on one rung."""

    rung: Rung
    sentence: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True)
class ReportView:
    report: Report

    @cached_property
    def cells(self) -> tuple[CellView, ...]:
        """The run's cells, with those that it selected and never started."""
        known = {result.cell for result in self.report.cells}
        missing = [_never_started(name, self.report) for name in self.report.run.cells if name not in known]
        return tuple(CellView(result) for result in sorted_cells([*self.report.cells, *missing]))

    @cached_property
    def causes(self) -> tuple[tuple[CauseGroup, tuple[CellView, ...]], ...]:
        """The causes of failures, each with its cells."""
        views = {cell.result.cell: cell for cell in self.cells}
        groups = cause_groups(cell.result for cell in self.cells)
        return tuple((group, tuple(views[name] for name in group.cells)) for group in groups)

    @cached_property
    def machines(self) -> tuple[MachineLine, ...]:
        """Where the results come from."""
        return machine_lines(self.report.cells)

    @cached_property
    def totals(self) -> Mapping[Outcome, int]:
        count = Counter(cell.outcome for cell in self.cells)
        return {outcome: count[outcome] for outcome in OUTCOMES}

    def rung_total(self, rung: Rung, outcome: Outcome) -> int:
        return sum(cell.rungs[LADDER.index(rung)].outcome is outcome for cell in self.cells)

    def reasons(self, outcome: Outcome) -> tuple[Reason, ...]:
        """Rungs with this outcome, grouped by rung and sentence, the most frequent first.

        Rungs that were merely not reached are left out: the reason stands on the rung before.
        """
        groups: dict[tuple[Rung, str], list[CellView]] = {}
        for cell in self.cells:
            for rung in cell.rungs:
                if rung.outcome is outcome and rung.sentence != NOT_REACHED:
                    groups.setdefault((rung.rung, rung.sentence or NO_REASON), []).append(cell)
        found = [Reason(rung, sentence, tuple(cells)) for (rung, sentence), cells in groups.items()]
        return tuple(sorted(found, key=lambda reason: (-len(reason.cells), LADDER.index(reason.rung), reason.sentence)))


def told_from(group: CauseGroup, cells: Sequence[CellView]) -> str:
    """The line that a cause's example was told from; nothing where a cell's own sentence, shown as well, has it."""
    line = one_line(group.example.evidence.get("line", "")).strip()
    return "" if any(line in cell.why for cell in cells) else line


def sorted_cells(cells: Iterable[CellResult]) -> tuple[CellResult, ...]:
    """In the order of cells; names that are no cell ids come last."""
    return tuple(sorted(cells, key=lambda result: _order(result.cell)))


def _never_started(name: str, report: Report) -> CellResult:
    first = RungResult(rung=LADDER[0], outcome=Outcome.NOT_RUN, sentence=NEVER_STARTED)
    return CellResult(cell=name, axes={}, environment="none", envgen=report.run.envgen, rungs=(first,))


def _order(name: str) -> tuple[bool, Cell | str]:
    try:
        return False, Cell.parse(name)
    except GrammarError:
        return True, name


def moment(time: datetime | None) -> str:
    """A point in time, in UTC where the zone is known."""
    if time is None:
        return "not finished"
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if time.tzinfo else f"{time:%Y-%m-%d %H:%M:%S}"


def duration(seconds: float | None) -> str:
    """A wall time for people; nothing when nothing was executed."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
