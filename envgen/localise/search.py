"""The shortest sets of boxes that explain what failed and nothing that passed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from envgen.localise.evidence import LIE_BITS, Evidence
from envgen.localise.family import Box, Boxes, Floats
from envgen.localise.pattern import Mask

Rules = tuple[Box, ...]

ODD_BITS = 30.0  # what a failing cell costs that no box explains


@dataclass(frozen=True)
class Posterior:
    """What may be the cause of some failing cells, the most probable first.

    Attributes:
        boxes: no two of them of the same extension.
        probability: of each; they sum to one.
    """

    boxes: Boxes
    probability: Floats


class Search:
    """Improves explanations, each a set of boxes.

    Args:
        evidence: what was observed; what is added to it counts from then on.
        seed: of the choices.
    """

    def __init__(self, evidence: Evidence, seed: int = 0) -> None:
        self._evidence, self._family = evidence, evidence.family
        self._random = np.random.default_rng(seed)

    def bits(self, rules: Rules) -> float:
        """The length of an explanation: its boxes, the passes that it doubts, the failures that it leaves."""
        lies = len(self._evidence.doubted(rules))
        odd = int((self._evidence.failed & ~self._family.union(rules)).sum())
        return sum(map(self._family.bits, rules)) + LIE_BITS * lies + ODD_BITS * odd

    def stands(self, rules: Rules) -> bool:
        """Whether an explanation needs no repair."""
        explained = self._family.union(rules)
        return not (self._evidence.passed & explained).any() and not (self._evidence.failed & ~explained).any()

    def own(self, box: Box, others: Rules | list[Box]) -> list[int]:
        """The failing cells that a box explains and no other does."""
        alone = self._evidence.failed & self._family.mask(box) & ~self._family.union(others)
        return [int(row) for row in np.flatnonzero(alone)]

    def posterior(self, row: int, others: Rules | list[Box]) -> Posterior | None:
        """What is the cause of a failing cell, when others are at work beside it; None when no box can be."""
        costs = self._evidence.costs(row, self._family.union(others))
        possible = np.flatnonzero(np.isfinite(costs))
        if not len(possible):
            return None
        order = possible[np.argsort(costs[possible], kind="stable")]
        weights = np.exp2(costs[order[0]] - costs[order])
        return Posterior(self._evidence.causes(row).boxes.taken(order), weights / weights.sum())

    def improved(self, rules: Rules, heat: int = 0) -> Rules:
        """An explanation made whole and shorter.

        Args:
            rules: what to begin with.
            heat: how freely boxes for what is not explained are chosen; 0 takes the most probable.
        """
        found = [box for box in rules if self._evidence.stands(box)]
        self._complete(found, heat)
        for _ in range(2):
            for box in tuple(found):
                self._refit(found, box)
        for one, other in combinations(tuple(found), 2):
            self._merge(found, one, other)
        return tuple(sorted(set(found)))

    def _complete(self, found: list[Box], heat: int) -> None:
        odd: set[int] = set()
        while left := [row for row in self._open(found) if row not in odd]:
            row = int(self._random.choice(left))
            box = self._fit(row, found, heat)
            if box:
                found.append(box)
            else:
                odd.add(row)

    def _open(self, found: list[Box]) -> list[int]:
        open_cells: Mask = self._evidence.failed & ~self._family.union(found)
        return [int(row) for row in np.flatnonzero(open_cells)]

    def _refit(self, found: list[Box], box: Box) -> None:
        """Replaces a box by the best one for what only it explains, or by nothing when that is nothing."""
        found.remove(box)
        if alone := self.own(box, found):
            found.append(self._fit(alone[0], found) or box)

    def _merge(self, found: list[Box], one: Box, other: Box) -> None:
        """Replaces two boxes by one when that explains what only they did."""
        if one not in found or other not in found:
            return
        rest = [box for box in found if box not in (one, other)]
        alone = self.own(one, rest)
        both = self._fit(alone[0], rest) if alone else None
        if both and not self.own(one, [*rest, both]) and not self.own(other, [*rest, both]):
            found[:] = [*rest, both]

    def _fit(self, row: int, others: list[Box], heat: int = 0) -> Box | None:
        """The most probable cause of a failing cell beside the others; with heat, one by chance."""
        posterior = self.posterior(row, others)
        if posterior is None:
            return None
        place = 0
        if heat:
            weights = posterior.probability ** (1 / heat)
            place = int(self._random.choice(len(weights), p=weights / weights.sum()))
        return posterior.boxes.box(place)
