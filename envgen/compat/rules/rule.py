"""A rule: one question about some axes of a cell, answered from facts in a full sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.verdict import Answer, Source, Verdict


@dataclass(frozen=True)
class Finding:
    """What a rule found out, before its id is put to it."""

    answer: Answer
    sentence: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One question.

    Attributes:
        id: stable name, as `envgen why` and the counts of a plan show it.
        asks: what it asks, in one sentence.
        axes: the axes it reads, a user's own among them; cells that agree on them get the same verdict.
        find: answers it.
    """

    id: str
    asks: str
    axes: tuple[str, ...]
    find: Callable[[Cell, Facts], Finding]

    def verdict(self, cell: Cell, facts: Facts) -> Verdict:
        found = self.find(cell, facts)
        # What rests on no source cannot be disputed by another.
        disputed = facts.claims.disputed(self.id, cell) if found.sources else ()
        return Verdict(self.id, found.answer, found.sentence, found.sources, disputed)


def fits(sentence: str, *sources: Source) -> Finding:
    return Finding(Answer.FITS, sentence, sources)


def unknown(sentence: str, *sources: Source) -> Finding:
    return Finding(Answer.UNKNOWN, sentence, sources)


def unsupported(sentence: str, *sources: Source) -> Finding:
    return Finding(Answer.UNSUPPORTED, sentence, sources)


def missing(sentence: str, *sources: Source) -> Finding:
    return Finding(Answer.MISSING, sentence, sources)


def impossible(sentence: str, *sources: Source) -> Finding:
    return Finding(Answer.IMPOSSIBLE, sentence, sources)


def all_of(findings: Iterable[Finding | None]) -> Finding | None:
    """What several questions come to: the first that rejects, or all that fit as one; None when none was asked."""
    found = [finding for finding in findings if finding]
    rejection = next((finding for finding in found if finding.answer.rejects), None)
    if rejection or not found:
        return rejection
    return fits(" ".join(finding.sentence for finding in found), *(s for finding in found for s in finding.sources))
