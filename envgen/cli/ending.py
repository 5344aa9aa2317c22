"""What a run's report says of the run as a whole: its exit code, and what of it must not be taken for green."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import typer

from envgen.cli.elsewhere import remedy
from envgen.compat.words import counted
from envgen.errors import EmptySelectionError, NotProvenError
from envgen.results import CellResult, Outcome, Report, Rung

FAILED = 1
_SHOWN = 3  # reasons


def end(report: Report, required: Sequence[Rung] = ()) -> None:
    """Ends the program as the run ended.

    Args:
        required: rungs that must have passed in a cell.

    Raises:
        Exit: a cell failed.
        EmptySelectionError: nothing could be run here.
        NotProvenError: a rung that was required passed in no cell.
    """
    if any(cell.failed for cell in report.cells):
        raise typer.Exit(FAILED)
    require(report, required)
    if all(not_run_here(cell) for cell in report.cells):
        raise EmptySelectionError(
            f"Not one of {counted(len(report.cells), 'cell')} could be run here: {not_run_here(report.cells[0])}.",
            _remedy(report.cells[0]),
        )


def not_run_here(result: CellResult) -> str:
    """Why nothing of a cell could be run on this machine; nothing when something was."""
    for rung in (Rung.CREATED, Rung.BUILT):
        found = result.rung(rung)
        if found and found.outcome is Outcome.NOT_RUN:
            return found.sentence
    return ""


def _remedy(result: CellResult) -> str:
    created = result.rung(Rung.CREATED)
    if created and created.outcome is Outcome.NOT_RUN:
        return remedy(result.environment)
    return "Mend what stands in the way of the build, or select other cells."


def require(report: Report, required: Sequence[Rung]) -> None:
    """Sees to it that each of these rungs passed in a cell at least.

    Raises:
        NotProvenError: one did not; says why.
    """
    for rung in required:
        found = [cell.rung(rung) for cell in report.cells]
        if any(each and each.outcome is Outcome.PASSED for each in found):
            continue
        reasons = Counter(each.sentence if each and each.sentence else "not reached" for each in found)
        told = "; ".join(reason for reason, _ in reasons.most_common(_SHOWN))
        raise NotProvenError(
            f"{rung} was required, and passed in none of {counted(len(report.cells), 'cell')}: {told}.",
            f"Run where it can pass, or without `--require {rung}`.",
        )
