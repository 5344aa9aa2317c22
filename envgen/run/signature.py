"""What makes two failures the same failure: the rung, and its sentence without what is only this cell's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from envgen.results import CellResult, Outcome, Rung, RungResult

_OWN = (
    (re.compile(r"(?:[A-Za-z]:)?[/\\](?:[^\s'\":,]*[/\\])+"), ""),  # the folders of a path
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"(?<=:)\d+\b"), "…"),  # a line of a file
    (re.compile(r"\b(?:cp|py)3\d+t?\b|\bcpython-3\d+t?\b"), "py…"),
    (re.compile(r"\bcu\d{3}\b"), "cu…"),
    (re.compile(r"\b\d+(?:\.\d+)+\w*"), "…"),  # versions and seconds
)


@dataclass(frozen=True, order=True)
class Signature:
    """A kind of failure."""

    rung: Rung
    words: str

    def verdict(self, result: CellResult) -> bool | None:
        """Whether a cell failed so; None when it never came to show, or failed there in another way."""
        recorded = result.rung(self.rung)
        if recorded is None or recorded.outcome is Outcome.NOT_RUN:
            return None
        if recorded.outcome is Outcome.PASSED:
            return False
        return True if signature(result.cell, recorded) == self else None


def signature(cell: str, failed: RungResult) -> Signature:
    """The kind of a cell's failure."""
    words = " ".join(failed.sentence.replace(cell, "…").split())
    for pattern, stand_in in _OWN:
        words = pattern.sub(stand_in, words)
    return Signature(failed.rung, words)


def signatures(results: Iterable[CellResult]) -> dict[Signature, tuple[CellResult, ...]]:
    """The kinds of failure with the cells that failed so, the most frequent first."""
    found: dict[Signature, list[CellResult]] = {}
    for result in results:
        if failed := result.failed:
            found.setdefault(signature(result.cell, failed), []).append(result)
    ranked = sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return {kind: tuple(cells) for kind, cells in ranked}
