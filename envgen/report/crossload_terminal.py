"""A cross-load for the terminal: what became of each promise, the grids, and where predictions were wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from envgen.compat.words import counted
from envgen.crossload import Crossing, CrossLoad
from envgen.report.crossing import Grid, cause, foretold, grids, short, tallies, why
from envgen.report.text import one_line
from envgen.report.view import GLYPHS
from envgen.results import Outcome

WRONG = "!"
_STYLES: Mapping[Outcome, str] = {Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.NOT_RUN: "yellow"}
_SHOWN = (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN)


def crossload_terminal(found: CrossLoad) -> RenderableType:
    """The tallies, a grid for each binary, the causes of failures, and the disagreements."""
    shown = (Group(_grid(grid), "") for grid in grids(found))
    return Group(*shown, _legend(), "", *_causes(found), *_tallies(found), *_disagreements(found))


def _grid(grid: Grid) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    columns = {cell: str(number) for number, cell in enumerate(grid.columns, 1)}
    table.add_column("built in", no_wrap=True)
    for number in columns.values():
        table.add_column(number, justify="center", no_wrap=True)
    for cell in grid.rows:
        number = columns.get(cell, "")
        marks = (_mark(grid.at(cell, other)) for other in grid.columns)
        table.add_row(Text(f"{number:>2} {one_line(short(cell))}"), *marks)
    only_loaded = [f"{number} {one_line(short(cell))}" for cell, number in columns.items() if cell not in grid.rows]
    note = [Text(f"loaded in: {', '.join(only_loaded)}", style="dim")] if only_loaded else []
    return Group(Text(one_line(grid.heading), style="bold"), table, *note)


def _mark(crossing: Crossing | None) -> Text:
    if crossing is None:
        return Text("·", style="dim")
    return Text(GLYPHS[crossing.outcome] + WRONG * crossing.disagrees, style=_STYLES[crossing.outcome])


def _legend() -> Text:
    marks = ", ".join(f"{GLYPHS[outcome]} {outcome}" for outcome in _SHOWN)
    return Text(
        f"{marks}, {WRONG} the prediction was wrong; loaded in the numbered cell and run through its cpu check",
        style="dim",
    )


def _causes(found: CrossLoad) -> Iterator[Text]:
    """Why loads failed, by cause, the most frequent first."""
    groups: dict[str, list[Crossing]] = {}
    for crossing in found.crossings:
        if crossing.outcome is Outcome.FAILED:
            groups.setdefault(cause(crossing) or "cause not known", []).append(crossing)
    for name, crossings in sorted(groups.items(), key=lambda item: -len(item[1])):
        example = crossings[0]
        said = f"\n  {_what(example)}: {why(example)}"
        yield Text.assemble((f"✗ {one_line(name)}", "red"), f": {counted(len(crossings), 'load')}", (said, "dim"))


def _tallies(found: CrossLoad) -> Iterator[Table]:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("in other cells")
    for outcome in _SHOWN:
        table.add_column(str(outcome), justify="right", no_wrap=True)
    table.add_column("predicted")
    for tally in tallies(found):
        counts = (str(tally.ended(outcome)) for outcome in _SHOWN)
        table.add_row(Text(one_line(tally.title)), *counts, Text(tally.foreseen))
    if table.rows:  # of one cell alone there are none
        yield table


def _disagreements(found: CrossLoad) -> Iterator[Text]:
    """Where the prediction was wrong: what is wrong with a binary itself shows in every cell, and is said once."""
    alike: dict[tuple[str, ...], list[Crossing]] = {}
    for each in found.disagreements:
        happened = (each.outcome, each.rung or "", cause(each))
        alike.setdefault((each.built, each.what, foretold(each), *happened), []).append(each)
    for crossing, *others in alike.values():
        ended = f"{crossing.outcome}" + (f" ({why(crossing)})" if crossing.sentence else "")
        yield Text.assemble(
            (f"{WRONG} {_what(crossing, len(others))}", "bold red"),
            f": predicted {one_line(foretold(crossing))}, and it {ended}",
        )


def _what(crossing: Crossing, others: int = 0) -> str:
    also = f" and {counted(others, 'other cell')}" if others else ""
    return one_line(f"{short(crossing.built)} in {short(crossing.loaded)}{also}, {crossing.what}")
