"""A report for the terminal: one row per cell."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from envgen.compat.words import counted
from envgen.report.text import one_line
from envgen.report.view import GLYPHS, OUTCOMES, ReportView, duration
from envgen.results import LADDER, Outcome, Report

_STYLES: Mapping[Outcome, str] = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.NOT_RUN: "yellow"}


def report_terminal(report: Report) -> RenderableType:
    """How far every cell came, what stopped those that did not pass, and the totals below.

    What a passed cell left out is on the page; here its glyphs say it.
    """
    view = ReportView(report)
    table = Table(title=Text(one_line(f"{report.run.extension}, run {report.run.run}")), title_justify="left")
    table.add_column("cell", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("ladder", no_wrap=True)
    table.add_column("reached", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("stopped by", overflow="fold")
    for cell in view.cells:
        table.add_row(
            Text(one_line(cell.result.cell)),
            _outcome(cell.outcome),
            Text.assemble(*((GLYPHS[rung.outcome], _STYLES[rung.outcome]) for rung in cell.rungs)),
            Text(cell.reached),
            Text(duration(cell.seconds)),
            Text("" if cell.outcome is Outcome.PASSED else one_line(cell.why)),
        )
    return Group(table, Text("ladder: " + ", ".join(LADDER), style="dim"), _totals(view))


def _totals(view: ReportView) -> Text:
    counts = (_outcome(outcome, f"{view.totals[outcome]} ") for outcome in OUTCOMES)
    return Text(f"{counted(len(view.cells), 'cell')}: ") + Text(", ").join(counts)


def _outcome(outcome: Outcome, before: str = "") -> Text:
    return Text(f"{GLYPHS[outcome]} {before}{outcome}", style=_STYLES[outcome])
