"""A report as Markdown that fits a job's step summary and can be posted anywhere."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from envgen.compat.words import counted
from envgen.crossload import CrossLoad
from envgen.report.crossload_markdown import crossload_markdown
from envgen.report.markdown_text import GLYPHS, code, plain
from envgen.report.text import clean, one_line
from envgen.report.view import OUTCOMES, CellView, Reason, ReportView, duration, moment, told_from
from envgen.results import LADDER, Outcome, Report

STEP_SUMMARY_BYTES = 1_000_000  # GitHub refuses a step summary above 1 MiB
_NAMED_CELLS = 10


def report_markdown(report: Report, crossload: CrossLoad | None = None, limit: int = STEP_SUMMARY_BYTES) -> str:
    """Totals, the table of cells, then the reasons, and last the logs of failed cells.

    Args:
        limit: bytes that the text may have; what does not fit is cut at the end, and the text says so.
    """
    view = ReportView(report)
    parts = [*_head(view), *_table(view), *_causes(view), *_failed(view), *_patterns(report), *_not_run(view)]
    parts += [*(crossload_markdown(crossload) if crossload else ()), *_outside(report), *_logs(view)]
    return _fit(parts, limit)


def _head(view: ReportView) -> Iterator[str]:
    run = view.report.run
    totals = " · ".join(f"{GLYPHS[outcome]} {view.totals[outcome]} {outcome}" for outcome in OUTCOMES)
    yield f"# {plain(run.extension)}: {counted(len(view.cells), 'cell')}\n\n**{totals}**\n\n"
    yield (
        f"Run {plain(run.run)} of {plain(run.matrix)}, selection {plain(run.selection)}, envgen {plain(run.envgen)};"
        f" started {moment(run.started)}, finished {moment(run.finished)}.\n\n"
    )
    for machine in view.machines:
        yield f"Machine: {plain(machine.words)} ({machine.share}).\n\n"
    for remark in run.remarks:
        yield f"{plain(remark)}\n\n"


def _table(view: ReportView) -> Iterator[str]:
    if not view.cells:
        yield "No cell has a result.\n\n"
        return
    yield "Each rung: ✅ passed, ❌ failed, ⚪ not run (counted neither as passed nor as failed).\n\n"
    yield f"| cell | outcome | {' | '.join(LADDER)} |\n|---|---|{':-:|' * len(LADDER)}\n"
    for cell in view.cells:
        glyphs = " | ".join(GLYPHS[rung.outcome] for rung in cell.rungs)
        yield f"| {code(cell.result.cell)} | {GLYPHS[cell.outcome]} {cell.outcome} | {glyphs} |\n"
    yield "\n"


def _causes(view: ReportView) -> Iterator[str]:
    if view.causes:
        yield "## Causes\n\n"
    for group, cells in view.causes:
        told = group.example
        lines = [f"**{plain(group.title)}** ({plain(group.cause)}): {plain(told.sentence)}"]
        line = told_from(group, cells)
        lines += [f"Told from: {plain(line)}"] if line else []
        lines += [f"Fix: {plain(told.fix)}"] if told.fix else []
        yield "- " + "\\\n  ".join([*lines, _cells(cells)]) + "\n"
    if view.causes:
        yield "\n"


def _cells(cells: Sequence[CellView]) -> str:
    names = ", ".join(code(cell.result.cell) for cell in cells[:_NAMED_CELLS])
    more = len(cells) - _NAMED_CELLS
    return f"{counted(len(cells), 'cell')}: {names}{f' and {more} more' if more > 0 else ''}"


def _failed(view: ReportView) -> Iterator[str]:
    reasons = view.reasons(Outcome.FAILED)
    if reasons:
        yield "## Failed\n\n"
        yield from _listed(reasons)
        yield "\n"


def _patterns(report: Report) -> Iterator[str]:
    if report.patterns:
        yield "## What failed cells have in common\n\n"
        for found in report.patterns:
            lines = [plain(found.sentence), *map(plain, found.remarks), f"({found.rung}: {plain(found.failure)})"]
            lines[0] = f"**{lines[0]}**" if found.firm else lines[0]
            yield "- " + "\\\n  ".join(lines) + "\n"
        yield "\n"


def _not_run(view: ReportView) -> Iterator[str]:
    reasons = view.reasons(Outcome.NOT_RUN)
    if reasons:
        yield "## Not run\n\n"
        yield from _listed(reasons)
        yield "\n"


def _listed(reasons: Iterable[Reason]) -> Iterator[str]:
    for reason in reasons:
        names = ", ".join(code(cell.result.cell) for cell in reason.cells[:_NAMED_CELLS])
        more = len(reason.cells) - _NAMED_CELLS
        rest = f" and {more} more" if more > 0 else ""
        yield (
            f"- **{reason.rung}**: {plain(reason.sentence)}\\\n  {counted(len(reason.cells), 'cell')}: {names}{rest}\n"
        )


def _outside(report: Report) -> Iterator[str]:
    if report.run.left_out:
        rows = "".join(f"| {plain(left.reason)} | {left.cells} |\n" for left in report.run.left_out)
        yield f"## Left out by the selection\n\n| why | cells |\n|---|--:|\n{rows}\n"
    if report.run.rejected:
        rows = "".join(f"| {plain(rule)} | {cells} |\n" for rule, cells in sorted(report.run.rejected.items()))
        yield f"## Rejected by a rule\n\n| rule | cells |\n|---|--:|\n{rows}\n"


def _logs(view: ReportView) -> Iterator[str]:
    failed = [(cell.result.cell, cell.result.failed) for cell in view.cells if cell.result.failed]
    if failed:
        yield "## Logs of failed cells\n\n"
    for name, rung in failed:
        tail = html.escape(clean("\n".join(rung.log_tail)), quote=False) or "(no output)"
        took = f", {duration(rung.seconds)}" if rung.seconds is not None else ""
        summary = html.escape(f"{one_line(name)}: {rung.rung} failed{took}", quote=False)
        yield f"<details><summary>{summary}</summary>\n\n<pre>\n{tail}\n</pre>\n\n</details>\n\n"


def _fit(parts: list[str], limit: int) -> str:
    text = "".join(parts)
    if len(text.encode()) <= limit:
        return text
    note = "\n**Cut here:** {} of {} parts of this report did not fit. report.html and report.json hold all of it.\n"
    left = limit - len(note.format(len(parts), len(parts)).encode())
    kept: list[str] = []
    for part in parts:
        left -= len(part.encode())
        if left < 0:
            break
        kept.append(part)
    return "".join(kept) + note.format(len(parts) - len(kept), len(parts))
