"""Failed cells grouped by the likeliest cause of their failure."""

from __future__ import annotations

from collections.abc import Iterable

from envgen.diagnose import Cause, catalogue
from envgen.results import CauseGroup, CellResult, Diagnosis


def cause_groups(cells: Iterable[CellResult]) -> tuple[CauseGroup, ...]:
    """The causes of failures with the cells that failed so, the most frequent first."""
    groups: dict[str, list[tuple[str, Diagnosis]]] = {}
    for cell in cells:
        if cell.failed and cell.failed.diagnoses:
            best = cell.failed.diagnoses[0]
            groups.setdefault(best.cause, []).append((cell.cell, best))
    found = [
        CauseGroup(cause=cause, title=title_of(cause), example=told[0][1], cells=tuple(cell for cell, _ in told))
        for cause, told in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: (-len(group.cells), group.cause)))


def title_of(cause: str) -> str:
    """A cause in a few words; one that this envgen does not know by its id."""
    try:
        return catalogue()[Cause(cause)].title
    except ValueError:
        return cause
