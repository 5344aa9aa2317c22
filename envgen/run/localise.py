"""Which further cells of the plan a run takes to tell what its failures hang on.

One kind of failure after the other, the most frequent first. What was asked is kept beside the results, so that a run
that was interrupted goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from envgen.cell import Cell, PythonVersion
from envgen.localise import Localiser, Question
from envgen.machine import Machine, find_interpreter
from envgen.plan import Plan
from envgen.results import CellResult
from envgen.run.further import Asked, Flaky, Further, read_further
from envgen.run.journal import Journal
from envgen.run.signature import Signature, signatures

MOST_KINDS = 20  # of failure, that are looked into


@dataclass(frozen=True)
class Ask:
    """The next cell to run.

    Attributes:
        place: of the cell in the plan.
    """

    place: int
    asked: Asked


@dataclass
class Localisation:
    """Asks for cells of the plan, one at a time.

    Args:
        plan: the matrix's cells.
        machine: the cells that can be made here are those of its system and its interpreters.
        journal: of the run.
        most: how many cells may be asked for, those of an earlier part of the run included.
    """

    plan: Plan
    machine: Machine
    journal: Journal
    most: int

    def asks(self) -> Iterator[Ask]:
        """The cells to run; before the next is taken, the result of the last must be in the journal."""
        done: set[Signature] = set()
        while kinds := [kind for kind in signatures(self._results().values()) if kind not in done]:
            if len(done) == MOST_KINDS:
                return
            done.add(kinds[0])
            yield from self._asks(kinds[0])

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The cells that were asked for so far, in order."""
        return self._kept.asked

    @property
    def _kept(self) -> Further:
        return read_further(self.journal.folder)

    def _asks(self, kind: Signature) -> Iterator[Ask]:
        localiser, places = self._localiser(kind)
        while question := localiser.next():
            place = places[question.row]
            yield Ask(place, self._note(place, question, places))
            result = self.journal.result(str(self.plan.cells[place].cell))
            localiser.observe(question.row, kind.verdict(result) if result else None)
            if question.row in localiser.flaky:
                self._note_flaky(place, kind)

    def _localiser(self, kind: Signature) -> tuple[Localiser, list[int]]:
        """What asks for cells of a kind of failure, and where each row of its space stands in the plan."""
        results = self._results()
        found = {self.plan.cells.place(Cell.parse(name)): result for name, result in results.items()}
        here = self._possible_here()
        places = sorted({*np.flatnonzero(here).tolist(), *(place for place in found if place is not None)})
        row_of = {place: row for row, place in enumerate(places)}
        verdicts = {row_of[place]: kind.verdict(found[place]) for place in found if place is not None}
        observed = {row: failed for row, failed in verdicts.items() if failed is not None}
        costs = np.where(here[places], 1.0, np.inf)
        costs[[row for row, failed in verdicts.items() if failed is None]] = np.inf
        again = self._kept.again
        twice = {row_of[place] for place in found if place is not None and found[place].cell in again}
        localiser = Localiser(
            replace(self.plan.space, rows=self.plan.space.rows[places]),
            observed,
            extra=max(0, self.most - len(self.asked)),
            costs=costs,
            trusted=frozenset(twice),
        )
        return localiser, places

    def _possible_here(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which cells of the plan can be made on this machine, with an interpreter that is installed."""
        space = self.plan.space
        pythons = [
            find_interpreter(PythonVersion.parse(text)) is not None
            for text in space.values[space.names.index("python")]
        ]
        allowed = {
            "python": pythons,
            "os": [text == str(self.machine.os) for text in space.values[space.names.index("os")]],
            "arch": [text == str(self.machine.arch) for text in space.values[space.names.index("arch")]],
        }
        possible = np.ones(len(space.rows), bool)
        for axis, values in allowed.items():
            possible &= np.array(values)[space.rows[:, space.names.index(axis)]]
        return possible

    def _results(self) -> dict[str, CellResult]:
        info = self.journal.info()
        results = map(self.journal.result, info.cells if info else ())
        return {result.cell: result for result in results if result}

    def _note(self, place: int, question: Question, places: list[int]) -> Asked:
        cells = self.plan.cells
        asked = Asked(cell=str(cells[place].cell), again=question.again, reason=question.reason)
        candidates = tuple(str(cells.grid.cell(cells.rows[other].tolist())) for other in places)
        kept = self._kept
        noted = kept.model_copy(update={"asked": (*kept.asked, asked), "candidates": candidates})
        noted.write(self.journal.folder)
        return asked

    def _note_flaky(self, place: int, kind: Signature) -> None:
        kept = self._kept
        flaky = Flaky(cell=str(self.plan.cells[place].cell), rung=kind.rung, failure=kind.words)
        noted = kept.model_copy(update={"flaky": tuple(dict.fromkeys((*kept.flaky, flaky)))})
        noted.write(self.journal.folder)
