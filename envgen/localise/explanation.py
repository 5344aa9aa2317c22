"""Which shortest conjunctions explain the failures that were observed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from envgen.localise.evidence import Evidence
from envgen.localise.family import ALWAYS, Box, Family
from envgen.localise.pattern import MOST_CONDITIONS, Mask, Pattern
from envgen.localise.search import Posterior, Rules, Search
from envgen.space import Space

STARTS = 12
MAY_BE_CHANCE = 0.1  # probability of unrelated failures, above which a pattern is not clearly better
_MOST_UNRELATED = 0.25  # of all cells, that fail each by itself; more of them are no chance
_CONDITIONS_BITS = math.log2(MOST_CONDITIONS + 1)  # what the number of a pattern's conditions costs
_HEATS = 4
_MOST_RIVALS = 3
_RIVAL_SHARE = 0.02  # probability below which an alternative is not worth a word
_MOST_WORDINGS = 5
_EVEN = 2.5  # bits by which another wording of the same cells may be longer and still be as likely


@dataclass(frozen=True)
class Rival:
    """Another pattern that explains the same failures and says other of the cells that were not observed."""

    pattern: Pattern
    probability: float


@dataclass(frozen=True)
class Finding:
    """A pattern that explains failures.

    Attributes:
        support: the failing cells that have it, by their rows.
        own: those that no other pattern of the explanation has.
        counter: the passing cells that have it.
        probability: of this pattern among all for its own cells, given the other patterns.
        rivals: the next most probable.
        wordings: other patterns, no longer, that the very same cells of the space have.
        chance: how probable it is that its own cells failed each by itself, with nothing in common.
    """

    pattern: Pattern
    support: tuple[int, ...]
    own: tuple[int, ...]
    counter: tuple[int, ...]
    probability: float
    rivals: tuple[Rival, ...]
    wordings: tuple[Pattern, ...]
    chance: float

    @property
    def may_be_chance(self) -> bool:
        return self.chance > MAY_BE_CHANCE


@dataclass(frozen=True)
class Explanation:
    """What explains the failures.

    Attributes:
        findings: the patterns, those of most support first.
        unexplained: failing cells that no pattern explains.
        failed: how many cells failed.
        passed: how many passed.
    """

    space: Space
    findings: tuple[Finding, ...]
    unexplained: tuple[int, ...]
    failed: int
    passed: int

    @property
    def complete(self) -> bool:
        """Whether the patterns explain every failure."""
        return not self.unexplained

    def alone(self, finding: Finding) -> bool:
        """Whether no cell failed that does not have a finding's pattern."""
        return len(finding.support) == self.failed

    @property
    def predicted(self) -> Mask:
        """Which cells of the space fail, if the patterns are right; the unexplained ones among them."""
        mask = np.zeros(len(self.space.rows), bool)
        for finding in self.findings:
            mask |= finding.pattern.mask(self.space)
        mask[list(self.unexplained)] = True
        return mask


def explain(
    space: Space, observed: Mapping[int, bool], *, trusted: frozenset[int] = frozenset(), seed: int = 0
) -> Explanation:
    """Explains what failed.

    Args:
        space: the cells, those not observed among them.
        observed: row of a cell to whether it failed.
        trusted: the cells whose outcome is that of more than one run.
        seed: of the search; the same gives the same.
    """
    evidence = Evidence(Family(space), observed, trusted)
    search = Search(evidence, seed)
    found = {search.improved((), start % _HEATS) for start in range(STARTS)}
    return describe(evidence, search, min(found, key=lambda rules: (search.bits(rules), rules)))


def describe(evidence: Evidence, search: Search, rules: Rules) -> Explanation:
    """The best explanation found, with what is to be said of each of its patterns."""
    findings = [_finding(evidence, search, rules, box) for box in rules]
    return Explanation(
        evidence.family.space,
        tuple(sorted(findings, key=lambda finding: (-len(finding.support), finding.pattern))),
        _rows(evidence.failed & ~evidence.family.union(rules)),
        int(evidence.failed.sum()),
        int(evidence.passed.sum()),
    )


def settled(search: Search, rules: Rules, box: Box) -> Posterior | None:
    """How sure one box of an explanation is, the others given; None when it explains nothing alone."""
    others = [other for other in rules if other != box]
    alone = search.own(box, others)
    return search.posterior(alone[0], others) if alone else None


def _finding(evidence: Evidence, search: Search, rules: Rules, box: Box) -> Finding:
    family = evidence.family
    others = [other for other in rules if other != box]
    own = search.own(box, others)
    posterior = settled(search, rules, box)
    return Finding(
        pattern=family.pattern(box),
        support=_rows(family.mask(box) & evidence.failed),
        own=tuple(own),
        counter=_rows(family.mask(box) & evidence.passed),
        probability=_probability(posterior, box),
        rivals=_rivals(family, posterior, box),
        wordings=_wordings(evidence, own[0], box) if own else (),
        chance=chance(evidence, box, own),
    )


def chance(evidence: Evidence, box: Box, own: Sequence[int]) -> float:
    """How probable it is that some failures share a pattern by chance.

    Unrelated failures, as frequent as these, are held to be as likely as some pattern. A cell that failed again when
    it was run again counts twice.

    Args:
        own: the failing cells that the box alone explains, by their rows.
    """
    passed = int(evidence.passed.sum())
    if not own or not passed:
        return 0.0
    rate = min(len(own) / (len(own) + passed), _MOST_UNRELATED)
    failures = len(own) + int(evidence.trusted[list(own)].sum())
    unrelated = -failures * math.log2(rate) - passed * math.log2(1 - rate)
    odds: float = 2.0 ** (evidence.family.bits(box) + _CONDITIONS_BITS - unrelated)
    return odds / (1 + odds)


def _probability(posterior: Posterior | None, box: Box) -> float:
    if posterior is None:
        return 0.0
    same = (posterior.boxes.conditions == box).all(1)
    return float(posterior.probability[same].sum())


def _rivals(family: Family, posterior: Posterior | None, box: Box) -> tuple[Rival, ...]:
    if posterior is None:
        return ()
    first = min(len(posterior.boxes), _MOST_RIVALS + 1)
    ranked = [(posterior.boxes.box(place), float(posterior.probability[place])) for place in range(first)]
    others = [Rival(family.pattern(b), p) for b, p in ranked if b != box and p >= _RIVAL_SHARE]
    return tuple(others[:_MOST_RIVALS])


def _wordings(evidence: Evidence, row: int, box: Box) -> tuple[Pattern, ...]:
    """Other ways to say the same, so that a reader sees which axes went together in all cells."""
    boxes = evidence.boxes(row)
    (place,) = np.flatnonzero((boxes.conditions == box).all(1))
    conditions = (boxes.conditions != ALWAYS).sum(1)
    same = (boxes.marks == boxes.marks[place]) & (boxes.bits <= boxes.bits[place] + _EVEN)
    same &= conditions <= conditions[place]
    same[place] = False
    order = np.flatnonzero(same)[np.argsort(boxes.bits[same], kind="stable")]
    return tuple(evidence.family.pattern(boxes.box(int(other))) for other in order[:_MOST_WORDINGS])


def _rows(mask: Mask) -> tuple[int, ...]:
    return tuple(int(row) for row in np.flatnonzero(mask))
