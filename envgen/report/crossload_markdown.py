"""A cross-load as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.crossload import Crossing, CrossLoad
from envgen.report.crossing import Grid, cause, foretold, grids, short, tallies, why
from envgen.report.markdown_text import GLYPHS, code, plain
from envgen.results import Outcome

_SHOWN = (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN)
_NAMED_DISAGREEMENTS = 50


def crossload_markdown(found: CrossLoad) -> Iterator[str]:
    """Parts of a report: the tallies, where predictions were wrong, and a grid for each binary."""
    yield "## Built in one cell, loaded in another\n\n"
    yield from _tallies(found)
    yield from _disagreements(found)
    for grid in grids(found):
        yield _grid(grid)


def _tallies(found: CrossLoad) -> Iterator[str]:
    rows = list(tallies(found))
    if not rows:  # of one cell alone there are none
        return
    yield "| in other cells | passed | failed | not run | predicted |\n|---|--:|--:|--:|---|\n"
    for tally in rows:
        counts = " | ".join(str(tally.ended(outcome)) for outcome in _SHOWN)
        yield f"| {plain(tally.title)} | {counts} | {plain(tally.foreseen)} |\n"
    yield "\n"


def _disagreements(found: CrossLoad) -> Iterator[str]:
    wrong = found.disagreements
    if not wrong:
        return
    yield "### Where the prediction was wrong\n\n"
    yield "| built in | loaded in | what | predicted | happened |\n|---|---|---|---|---|\n"
    for crossing in wrong[:_NAMED_DISAGREEMENTS]:
        happened = f"{crossing.outcome} {why(crossing)}".strip()
        cells = f"{code(crossing.built)} | {code(crossing.loaded)} | {plain(crossing.what)}"
        yield f"| {cells} | {plain(foretold(crossing))} | {plain(happened)} |\n"
    if len(wrong) > _NAMED_DISAGREEMENTS:
        yield f"\nand {len(wrong) - _NAMED_DISAGREEMENTS} more\n"
    yield "\n"


def _grid(grid: Grid) -> str:
    head = " | ".join(code(short(cell)) for cell in grid.columns)
    lines = [f"### {plain(grid.heading)}\n", f"| built in ↓, loaded in → | {head} |"]
    lines.append(f"|---|{'---|' * len(grid.columns)}")
    for cell in grid.rows:
        marks = " | ".join(_mark(grid.at(cell, other)) for other in grid.columns)
        lines.append(f"| {code(short(cell))} | {marks} |")
    return "\n".join(lines) + "\n\n"


def _mark(crossing: Crossing | None) -> str:
    if crossing is None:
        return ""
    wrong = " ⚠ prediction wrong" if crossing.disagrees else ""
    return f"{GLYPHS[crossing.outcome]} {plain(cause(crossing))}{wrong}".strip()
