"""A report for the terminal: one row per cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from envgen.compat.words import counted
from envgen.report.text import one_line
from envgen.report.view import GLYPHS, NO_REASON, OUTCOMES, ReportView, duration, told_from
from envgen.results import LADDER, Outcome, Report

NAMED_CELLS = 10  # of those with one reason; the table has them all
_STYLES: Mapping[Outcome, str] = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.NOT_RUN: "yellow"}


def report_terminal(report: Report) -> RenderableType:
    """How far every cell came, what stopped those that did not pass, and the totals.

    What a passed cell left out is in the other formats; here its glyphs say it.
    """
    view = ReportView(report)
    title = Text(one_line(f"{report.run.extension}, run {report.run.run}"), style="italic")
    why = (*_stops(view), *_causes(view), *_patterns(report))
    return Group(title, _table(view), _legend(), *why, *_machines(view), _totals(view))


def _table(view: ReportView) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    # Where there is no room for all, an id and its ladder stay whole.
    longest = max((len(one_line(cell.result.cell)) for cell in view.cells), default=0)
    table.add_column("cell", min_width=longest, no_wrap=True)
    table.add_column("ladder", min_width=len(LADDER), no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("reached", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    for cell in view.cells:
        table.add_row(
            Text(one_line(cell.result.cell)),
            Text.assemble(*((GLYPHS[rung.outcome], _STYLES[rung.outcome]) for rung in cell.rungs)),
            _outcome(cell.outcome),
            Text(cell.reached),
            Text(duration(cell.seconds)),
        )
    return table


def _legend() -> Text:
    return Text("ladder: " + ", ".join(LADDER), style="dim")


def _stops(view: ReportView) -> Iterator[Text]:
    """What stopped cells, each with those that it stopped."""
    stopped: dict[tuple[Outcome, str], list[str]] = {}
    for cell in view.cells:
        if cell.outcome is not Outcome.PASSED:
            stopped.setdefault((cell.outcome, one_line(cell.why)), []).append(one_line(cell.result.cell))
    for (outcome, why), names in stopped.items():
        yield Text.assemble((f"{GLYPHS[outcome]} {why}", _STYLES[outcome]), f"\n  {_named(names)}")


def _causes(view: ReportView) -> Iterator[Text]:
    """Why they failed, and what to do."""
    for group, cells in view.causes:
        told = group.example
        line = told_from(group, cells)
        yield Text.assemble(
            (f"{one_line(group.title)} ({one_line(group.cause)})", "bold"),
            f"\n  {_named([one_line(name) for name in group.cells])}",
            f"\n  {one_line(told.sentence)}",
            (f"\n  {line}" if line else "", "dim"),
            f"\n  Fix: {one_line(told.fix)}" if told.fix else "",
        )


def _named(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - NAMED_CELLS} more" if len(cells) > NAMED_CELLS else ""
    return f"{counted(len(cells), 'cell')}: {', '.join(cells[:NAMED_CELLS])}{more}"


def _patterns(report: Report) -> Iterator[Text]:
    for found in report.patterns:
        remarks = "".join(f"\n  {one_line(remark)}" for remark in found.remarks)
        why = one_line(found.failure) or NO_REASON
        sentence = (one_line(found.sentence), "bold" if found.firm else "")
        yield Text.assemble(sentence, remarks, (f"\n  {found.rung}: {why}", "dim"))


def _machines(view: ReportView) -> Iterator[Text]:
    for machine in view.machines:
        on = f" ({machine.share})" if len(view.machines) > 1 else ""
        yield Text(f"machine: {one_line(machine.words)}{on}", style="dim")


def _totals(view: ReportView) -> Text:
    counts = (_outcome(outcome, f"{view.totals[outcome]} ") for outcome in OUTCOMES)
    return Text(f"{counted(len(view.cells), 'cell')}: ") + Text(", ").join(counts)


def _outcome(outcome: Outcome, before: str = "") -> Text:
    return Text(f"{GLYPHS[outcome]} {before}{outcome}", style=_STYLES[outcome])
