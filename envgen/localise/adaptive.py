"""Which further cells tell rival explanations apart, asked one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envgen.localise.evidence import Evidence
from envgen.localise.explanation import MAY_BE_CHANCE, Explanation, chance, describe, settled
from envgen.localise.family import Box, Family, Floats
from envgen.localise.pattern import Mask
from envgen.localise.search import Posterior, Rules, Search
from envgen.space import Space

EXTRA = 20
CONFIDENCE = 0.95
_PARTICLES = 12
_FRESH = 2  # explanations that are searched for from nothing, each time
_HEATS = 4
_CHECKS = 2  # of each settled pattern
_EVERYWHERE = 4  # failures without a pass, two of them asked for, after which it fails everywhere
_SPLIT = 0.002  # probability below which a simpler pattern with one pass in it is not looked into
_WEIGHED = 400  # causes of one failing cell that have a say in which cell is asked


@dataclass(frozen=True)
class Question:
    """A cell to run next.

    Attributes:
        row: the cell.
        again: whether it was run before, and its outcome is doubted.
        reason: why this one, in a few words.
    """

    row: int
    again: bool
    reason: str


@dataclass(frozen=True)
class Localised:
    """The end of a localisation.

    Attributes:
        asked: the cells that were run for it, in order.
        flaky: cells that once passed and once failed.
    """

    explanation: Explanation
    asked: tuple[int, ...]
    flaky: tuple[int, ...]


class Localiser:
    """Asks for cells until it is sure of what explains the failures.

    Args:
        space: the cells.
        observed: row of a cell to whether it failed.
        extra: how many cells may be asked for, those asked for again included.
        seed: of the search; the same gives the same.
        costs: of running each cell, by row; one that is infinite is never asked for. The same for all if not given.
        trusted: cells that were run again already.
    """

    def __init__(
        self,
        space: Space,
        observed: Mapping[int, bool],
        *,
        extra: int = EXTRA,
        seed: int = 0,
        costs: NDArray[np.float64] | None = None,
        trusted: frozenset[int] = frozenset(),
    ) -> None:
        self._evidence = Evidence(Family(space), observed, trusted)
        self._family = self._evidence.family
        self._search = Search(self._evidence, seed)
        self._costs = np.ones(len(space.rows)) if costs is None else np.array(costs, float)
        self._extra = extra
        self._pool: dict[Rules, float] = {}
        self._checks: dict[Box, int] = {}
        self._runs: dict[int, list[bool]] = {}
        self._asked: list[int] = []
        self._stale = True

    @property
    def asked(self) -> tuple[int, ...]:
        """The cells that were asked for, in order."""
        return tuple(self._asked)

    @property
    def flaky(self) -> tuple[int, ...]:
        """The cells that once passed and once failed."""
        return tuple(row for row, runs in self._runs.items() if len(set(runs)) > 1)

    def explanation(self) -> Explanation:
        """The best explanation of what was observed so far."""
        return describe(self._evidence, self._search, self._best())

    def next(self) -> Question | None:
        """The cell that tells most; None when it is sure, when nothing failed, or when it may ask no more."""
        if len(self._asked) >= self._extra or not self._evidence.failed.any():
            return None
        if not self._evidence.passed.any():
            return self._everywhere()
        best = self._best()
        return (
            self._third_run()
            or self._between_explanations(best)
            or self._between_causes(best)
            or self._doubted(best)
            or self._check(best)
            or self._split(best)
            or self._lonely(best)
            or self._by_chance(best)
        )

    def observe(self, row: int, failed: bool | None) -> None:
        """Takes the outcome of a cell that was asked for; None when it could not be run.

        Of a cell that was run before, another outcome counts only when a third run has decided.
        """
        self._asked.append(row)
        if failed is None:
            self._costs[row] = np.inf
            return
        earlier = [bool(self._evidence.failed[row])] if self._evidence.known[row] else []
        runs = self._runs.setdefault(row, earlier)
        runs.append(failed)
        if len(runs) != 2 or runs[0] == runs[1]:
            self._evidence.observe(row, failed=failed)
            self._stale = True

    def _best(self) -> Rules:
        if self._stale:
            self._refresh()
        return next(iter(self._pool))

    def _refresh(self) -> None:
        """Repairs the explanations that the newest outcome refutes, and searches for new ones."""
        broken = [rules for rules in self._pool if not self._search.stands(rules)]
        for rules in broken:
            del self._pool[rules]
        begin = [*broken, *([()] * (_FRESH if self._pool or broken else _PARTICLES))]
        for number, rules in enumerate(begin):
            improved = self._search.improved(rules, number % _HEATS)
            self._pool[improved] = self._search.bits(improved)
        self._pool = {rules: self._search.bits(rules) for rules in self._pool}
        self._pool = dict(sorted(self._pool.items(), key=lambda entry: (entry[1], entry[0]))[:_PARTICLES])
        self._stale = False

    def _third_run(self) -> Question | None:
        for row, runs in self._runs.items():
            if len(runs) == 2 and runs[0] != runs[1] and not np.isinf(self._costs[row]):
                first, then = ("failed", "passed") if runs[0] else ("passed", "failed")
                return Question(row, again=True, reason=f"it {first}, and then {then}")
        return None

    def _everywhere(self) -> Question | None:
        """As long as nothing passed: a cell as far from all failures as can be, and of these not many."""
        if len(self._asked) >= _CHECKS and self._evidence.failed.sum() >= _EVERYWHERE:
            return None
        candidates = np.flatnonzero(~self._evidence.known & ~np.isinf(self._costs))
        if not len(candidates):
            return None
        distance = self._distance(candidates, self._evidence.failed)
        return Question(int(candidates[distance.argmax()]), again=False, reason="it fails everywhere so far")

    def _between_explanations(self, best: Rules) -> Question | None:
        bits = np.array([*self._pool.values()])
        weights = np.exp2(bits[0] - bits)
        votes = np.zeros(len(self._costs))
        for rules, weight in zip(self._pool, weights / weights.sum(), strict=True):
            votes += weight * self._family.union(rules)
        row = self._most_telling(votes, at_least=1 - CONFIDENCE)
        if row is None:
            return None
        says = self._family.union(best)[row]
        rival = next(rules for rules in self._pool if self._family.union(rules)[row] != says)
        return self._telling(row, best, rival)

    def _between_causes(self, best: Rules) -> Question | None:
        unsure = [
            (float(posterior.probability[0]), box, posterior)
            for box in best
            if (posterior := settled(self._search, best, box)) and posterior.probability[0] < CONFIDENCE
        ]
        for _, box, posterior in sorted(unsure, key=lambda entry: entry[:2]):
            others = tuple(other for other in best if other != box)
            votes = self._votes(posterior)
            votes[self._family.union(others)] = 0
            row = self._most_telling(votes, at_least=1e-4)
            if row is not None:
                says = self._family.mask(box)[row]
                rival = next(
                    b for b in self._boxes(posterior) if self._family.pattern(b).mask(self._space)[row] != says
                )
                return self._telling(row, (box,), (rival,))
        return None

    @property
    def _space(self) -> Space:
        return self._family.space

    def _boxes(self, posterior: Posterior) -> list[Box]:
        return [posterior.boxes.box(place) for place in range(min(len(posterior.boxes), _WEIGHED))]

    def _votes(self, posterior: Posterior) -> Floats:
        """Of each cell, how probable it is that it has the cause."""
        votes = np.zeros(len(self._costs))
        for box, weight in zip(self._boxes(posterior), posterior.probability, strict=False):
            votes += weight * self._family.pattern(box).mask(self._space)
        return votes

    def _most_telling(self, votes: Floats, at_least: float) -> int | None:
        """The cell whose outcome is least certain per unit of cost.

        A pass that may be none is asked for again like any other; what failed, or passed twice, is certain.
        """
        doubt = np.minimum(votes, 1 - votes)
        doubt[self._evidence.failed | self._evidence.trusted | np.isinf(self._costs)] = 0
        row = int((doubt / self._costs).argmax())
        return row if doubt[row] > at_least else None

    def _telling(self, row: int, one: Rules, other: Rules) -> Question:
        """The question whose answer speaks for one of two sets of boxes."""
        first, second = (self._text(set(x) - set(y)) for x, y in ((one, other), (other, one)))
        if self._evidence.passed[row]:
            cause = first if self._family.union(one)[row] else second
            return Question(row, again=True, reason=f"it passed, though what else has {cause} failed")
        known = f"tells {first} from {second}" if first and second else f"tells whether {first or second} is a cause"
        return Question(row, again=False, reason=known)

    def _text(self, boxes: set[Box]) -> str:
        return ", ".join(f"`{self._family.pattern(box).text(self._space)}`" for box in sorted(boxes))

    def _doubted(self, best: Rules) -> Question | None:
        """A pass that speaks against a settled pattern."""
        for box in best:
            for row in np.flatnonzero(self._family.mask(box) & self._evidence.passed & self._once):
                said = self._family.pattern(box).text(self._space)
                return Question(int(row), again=True, reason=f"it passed, though what else has `{said}` failed")
        return None

    def _split(self, best: Rules) -> Question | None:
        """A cell that fails if a pass that splits a settled pattern from a simpler one is none."""
        for box in best:
            others = [other for other in best if other != box]
            posterior = settled(self._search, best, box)
            for place in np.flatnonzero(posterior.probability[:_WEIGHED] >= _SPLIT) if posterior else ():
                assert posterior
                simpler = posterior.boxes.box(int(place))
                between = self._family.pattern(simpler).mask(self._space) & ~self._family.union([box, *others])
                if not (between & self._evidence.passed & self._once).any():
                    continue
                free = np.flatnonzero(between & ~self._evidence.known & ~np.isinf(self._costs))
                row = int(free[0]) if len(free) else int(np.flatnonzero(between & self._evidence.passed)[0])
                return self._telling(row, (box,), (simpler,))
        return None

    def _lonely(self, best: Rules) -> Question | None:
        """The one failure that a settled pattern rests on, or that none explains."""
        unexplained = ~self._family.union(best)
        for cells in (*map(self._family.mask, best), unexplained):
            failing = np.flatnonzero(cells & self._evidence.failed)
            if len(failing) == 1 and self._once[failing[0]]:
                return Question(int(failing[0]), again=True, reason="it failed, and no other cell like it")
        return None

    def _by_chance(self, best: Rules) -> Question | None:
        """One failure of a pattern of so few that chance is as good a reason."""
        for box in best:
            own = self._search.own(box, [other for other in best if other != box])
            if chance(self._evidence, box, own) <= MAY_BE_CHANCE or self._evidence.trusted[own].any():
                continue
            again = [row for row in own if self._once[row]]
            if again:
                said = f"{self._text({box})} may be chance: {len(own)} cells only"
                return Question(again[0], again=True, reason=said)
        return None

    @property
    def _once(self) -> Mask:
        """The cells that may be run again, and were not."""
        once: Mask = ~self._evidence.trusted & ~np.isinf(self._costs)
        return once

    def _check(self, best: Rules) -> Question | None:
        """A cell of a settled pattern, as far from its known failures as can be."""
        for box in best:
            others = [other for other in best if other != box]
            free = self._family.mask(box) & ~self._evidence.known & ~self._family.union(others) & ~np.isinf(self._costs)
            candidates = np.flatnonzero(free)
            if self._checks.get(box, 0) >= _CHECKS or not len(candidates):
                continue
            self._checks[box] = self._checks.get(box, 0) + 1
            row = int(candidates[self._distance(candidates, self._family.mask(box)).argmax()])
            return Question(row, again=False, reason=f"checks `{self._family.pattern(box).text(self._space)}`")
        return None

    def _distance(self, candidates: NDArray[np.intp], inside: Mask) -> NDArray[np.intp]:
        """On how many axes each candidate differs from the nearest failing cell inside a box."""
        seen = self._space.rows[self._evidence.failed & inside]
        nearest = np.full(len(candidates), self._space.rows.shape[1])
        for row in seen:
            nearest = np.minimum(nearest, (self._space.rows[candidates] != row).sum(1))
        return nearest


def localise(
    space: Space,
    observed: Mapping[int, bool],
    oracle: Callable[[int], bool],
    *,
    extra: int = EXTRA,
    seed: int = 0,
    costs: NDArray[np.float64] | None = None,
) -> Localised:
    """Explains what failed, running further cells where that tells more.

    Args:
        space: the cells.
        observed: row of a cell to whether it failed.
        oracle: runs a cell, by its row, and says whether it failed.
        extra: how many cells may be run, those run again included.
        seed: of the search; the same gives the same.
        costs: of running each cell, by row; one that is infinite is never run. The same for all if not given.
    """
    localiser = Localiser(space, observed, extra=extra, seed=seed, costs=costs)
    while question := localiser.next():
        localiser.observe(question.row, oracle(question.row))
    return Localised(localiser.explanation(), localiser.asked, localiser.flaky)
