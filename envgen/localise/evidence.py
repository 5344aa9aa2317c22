"""What was observed, and for each failing cell the boxes that may be its cause."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from envgen.localise.family import Box, Boxes, Family, Floats
from envgen.localise.pattern import Mask

LEFT_BITS = 5.6  # what it costs a box to leave a failing cell to another cause
LIE_BITS = 8.0  # what it costs a box to hold a passing cell: the bits of a pass that is not to be trusted
LIE_SUPPORT = 3  # failing cells that a box must have before a pass in it is doubted
CONSIDERED = 300  # failing cells that weigh in, when there are very many


class Causes:
    """The boxes that a failing cell has and at most one doubted passing cell has, the shortest of each extension."""

    def __init__(self, family: Family, boxes: Boxes) -> None:
        self._family = family
        order = np.lexsort((boxes.bits, boxes.marks))  # stable: of equal length, the first
        marks = boxes.marks[order]
        first = np.concatenate([[True], marks[1:] != marks[:-1]]) if len(boxes) else np.zeros(0, bool)
        shortest = np.sort(order[first])
        self.boxes = boxes.taken(shortest[np.argsort(boxes.bits[shortest], kind="stable")])
        self._lies = self.boxes.counts
        self._failing = np.zeros((len(self.boxes), 0), np.float32)

    def __len__(self) -> int:
        return len(self.boxes)

    def passed(self, row: int, *, trusted: bool) -> None:
        """A further cell passed."""
        self._lies = self._lies + self._hold(row) * (2 if trusted else 1)
        kept = self._lies <= 1
        self.boxes, self._lies, self._failing = self.boxes.taken(kept), self._lies[kept], self._failing[kept]

    def costs(self, considered: list[int], open_cells: Mask) -> Floats:
        """What each box costs in bits as the cause, when it is to explain what the other boxes do not.

        Args:
            considered: failing cells; the list only grows.
            open_cells: which of them no other box explains.
        """
        missing = considered[self._failing.shape[1] :]
        if missing:
            columns = [self._hold(row).astype(np.float32) for row in missing]
            self._failing = np.column_stack([self._failing, *columns])
        left = open_cells.sum() - self._failing @ open_cells.astype(np.float32)
        costs: Floats = self.boxes.bits + LEFT_BITS * left + LIE_BITS * self._lies
        unfounded = (self._lies > 0) & (self._failing.sum(1) < LIE_SUPPORT)
        costs[unfounded] = np.inf
        return costs

    def _hold(self, row: int) -> Mask:
        mask: Mask = np.all(self._family.held(row)[self.boxes.conditions], axis=1)
        return mask


class Evidence:
    """Which cells failed and which passed.

    Args:
        family: the boxes.
        observed: the cell, by its row, to whether it failed.
        trusted: of these, those that were run again already.
    """

    def __init__(self, family: Family, observed: Mapping[int, bool], trusted: frozenset[int] = frozenset()) -> None:
        self.family = family
        size = len(family.space.rows)
        self.failed, self.passed, self.trusted = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size, bool)
        for row, failed in observed.items():
            (self.failed if failed else self.passed)[row] = True
        self.trusted[sorted(trusted & observed.keys())] = True
        failing = np.flatnonzero(self.failed)
        if len(failing) > CONSIDERED:
            failing = np.sort(np.random.default_rng(0).choice(failing, CONSIDERED, replace=False))
        self._considered = [int(row) for row in failing]
        self._causes: dict[int, Causes] = {}

    @property
    def known(self) -> Mask:
        return self.failed | self.passed

    def observe(self, row: int, *, failed: bool) -> None:
        """Notes the outcome of a cell; of one observed before, its outcome now, which is trusted."""
        again = bool(self.known[row])
        if again and failed != self.failed[row]:
            self._forget(row)
        if failed:
            self.failed[row] = True
            self._consider(row)
        else:
            self.passed[row] = True
            for causes in self._causes.values():
                causes.passed(row, trusted=again)
        self.trusted[row] = again

    def _forget(self, row: int) -> None:
        """An outcome that was none: what was made of it is made anew."""
        self.failed[row] = self.passed[row] = False
        self._considered = [other for other in self._considered if other != row]
        self._causes.clear()

    def doubted(self, boxes: tuple[Box, ...]) -> list[int]:
        """The passing cells that some boxes say should have failed."""
        return [int(row) for row in np.flatnonzero(self.family.union(boxes) & self.passed)]

    def stands(self, box: Box) -> bool:
        """Whether no trusted pass, and at most one other, speaks against a box."""
        inside: Mask = self.family.mask(box) & self.passed
        return int(inside.sum()) <= 1 and not (inside & self.trusted).any()

    def causes(self, row: int) -> Causes:
        """What may be the cause of a failing cell."""
        if row not in self._causes:
            self._causes[row] = Causes(self.family, self.boxes(row))
        return self._causes[row]

    def boxes(self, row: int) -> Boxes:
        """Every box that a failing cell has and that stands, equal ones side by side."""
        weights = self.passed * (1.0 + self.trusted)  # a trusted pass weighs more than a box may have
        return self.family.holding(row, weights, most=1)

    def costs(self, row: int, explained: Mask) -> Floats:
        """What each of a failing cell's causes costs, when the explained cells have other causes."""
        self._consider(row)
        return self.causes(row).costs(self._considered, ~explained[self._considered])

    def _consider(self, row: int) -> None:
        if row not in self._considered:
            self._considered.append(row)
