"""Which shortest conjunctions explain a run's failures, one kind of failure at a time, said in sentences.

A cell that did not come to show how it fares counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from envgen.cell import Cell, GrammarError
from envgen.compat.words import counted, listed
from envgen.localise import Explanation, Finding, explain
from envgen.plan.space import space_of
from envgen.report.neighbours import passed_beside
from envgen.results import CellResult, FailurePattern, LessLikely, RungResult
from envgen.run.further import NOTHING_FURTHER, Flaky, Further
from envgen.run.signature import Signature, signatures
from envgen.space import Space

MOST_KINDS = 20  # of failure, that are explained
MOST_LIKELY = 3  # equally likely patterns, above which nothing can be told
LIKELY = 0.5  # probability below which a pattern is not stated
_NAMED = 5


def failure_patterns(results: Iterable[CellResult], further: Further = NOTHING_FURTHER) -> tuple[FailurePattern, ...]:
    """The patterns in the failures of some cells.

    Args:
        results: of the cells, those that passed among them.
        further: what was run to tell what the failures hang on.
    """
    known = {cell: result for result in results if (cell := _parsed(result.cell))}
    kinds = signatures(known.values())
    found: list[FailurePattern] = []
    if kinds:
        ran = _Ran.of(known, further, only=len(kinds) == 1)
        for kind, failed in [*kinds.items()][:MOST_KINDS]:
            found += ran.told(kind, failed)
    failing = {(each.rung, cell) for each in found for cell in each.support}
    return (*found, *(_flaky(each) for each in further.flaky if (each.rung, each.cell) not in failing))


def _parsed(name: str) -> Cell | None:
    try:
        return Cell.parse(name)
    except GrammarError:
        return None


def _flaky(each: Flaky) -> FailurePattern:
    sentence = f"{each.cell} is flaky: it failed once and passed once, with nothing changed."
    return FailurePattern(rung=each.rung, failure=each.failure, sentence=sentence, flaky=(each.cell,))


@dataclass(frozen=True)
class _Ran:
    """What was run.

    Attributes:
        space: its first rows are the cells that were run; then come those that might have been.
        only: whether no cell failed in another way.
    """

    space: Space
    results: list[CellResult]
    further: Further
    only: bool

    @classmethod
    def of(cls, known: dict[Cell, CellResult], further: Further, *, only: bool) -> _Ran:
        others = [cell for name in further.candidates if (cell := _parsed(name)) and cell not in known]
        return cls(space_of([*known, *others]), [*known.values()], further, only)

    def told(self, kind: Signature, failed: tuple[CellResult, ...]) -> Iterator[FailurePattern]:
        verdicts = ((row, kind.verdict(result)) for row, result in enumerate(self.results))
        observed = {row: verdict for row, verdict in verdicts if verdict is not None}
        if len(observed) == 1:  # with nothing to be compared with
            return
        again = frozenset(row for row in observed if self.results[row].cell in self.further.again)
        example = failed[0].failed
        assert example
        yield from _Kind(self, example, kind, explain(self.space, observed, trusted=again)).told()


@dataclass(frozen=True)
class _Kind:
    """One kind of failure, with one such failure as its example."""

    ran: _Ran
    example: RungResult
    kind: Signature
    explanation: Explanation

    def told(self) -> Iterator[FailurePattern]:
        if not self.explanation.passed:
            every = {row for finding in self.explanation.findings for row in finding.support}
            cells = counted(self.explanation.failed, "cell")
            yield self._about(sorted(every), f"All {cells} that came so far failed so, whatever their values.")
            return
        for finding in self.explanation.findings:
            yield self._stated(finding) if self._tells(finding) else self._too_few(finding)
        if rows := self.explanation.unexplained:
            failures = f"{counted(len(rows), 'failure')}: {self._listed(rows)}"
            yield self._about(rows, f"No pattern of at most three axes explains {failures}.")

    def _tells(self, finding: Finding) -> bool:
        enough = len(finding.support) > 1 or bool(self._again(finding))
        return enough and finding.probability >= LIKELY and len(finding.wordings) <= MOST_LIKELY

    def _stated(self, finding: Finding) -> FailurePattern:
        pattern = finding.pattern
        head = "Almost every cell" if finding.counter else "Every cell"
        which = f" with {pattern.text(self.ran.space)}" if pattern.conditions else ""
        return self._about(
            finding.support,
            f"{head}{which} failed ({self._share(finding)}); {self._others(finding)}.",
            pattern=pattern.text(self.ran.space),
            conditions=tuple(pattern.as_json(self.ran.space)),
            counter_examples=self._named(finding.counter),
            probability=round(finding.probability, 3),
            as_likely=self._as_likely(finding),
            less_likely=self._less_likely(finding),
            may_be_chance=finding.may_be_chance,
            failed_again=self._again(finding),
        )

    def _share(self, finding: Finding) -> str:
        """How many of the cells that were run and have the pattern failed so, and what became of the others."""
        of_pattern = np.flatnonzero(finding.pattern.mask(self.ran.space)[: len(self.ran.results)])
        rest = [self.ran.results[row] for row in of_pattern if row not in {*finding.support, *finding.counter}]
        otherwise = sum(result.failed is not None for result in rest)
        unknown = len(rest) - otherwise
        words = [f"{len(finding.support)} of {len(of_pattern)}"]
        words += [f"{otherwise} failed otherwise"] if otherwise else []
        words += [f"{unknown} did not come so far"] if unknown else []
        return "; ".join(words)

    def _others(self, finding: Finding) -> str:
        others = self.explanation.failed - len(finding.support)
        if others:
            return f"so did {counted(others, 'other cell')}"
        return "no other cell did" if self.ran.only else "no other cell failed so"

    def _too_few(self, finding: Finding) -> FailurePattern:
        if len(finding.support) == 1:
            return self._lone(finding)
        likely = (finding.pattern.text(self.ran.space), *self._as_likely(finding))
        sentence = f"Too few cells to tell what {self._listed(finding.support)} have in common."
        return self._about(finding.support, sentence, as_likely=likely, failed_again=self._again(finding))

    def _lone(self, finding: Finding) -> FailurePattern:
        (row,) = finding.support
        passed = [other for other, result in enumerate(self.ran.results) if self.kind.verdict(result) is False]
        beside = passed_beside(self.ran.space, row, passed)
        (cell,) = self._named(finding.support)
        passing = f"with {listed(beside)} instead it passed the rung {self.kind.rung}"
        why = passing if beside else "too few cells to tell why"
        sentence = f"{cell} failed, and no other cell with it; {why}."
        return self._about(finding.support, sentence, failed_again=self._again(finding))

    def _as_likely(self, finding: Finding) -> tuple[str, ...]:
        rivals = [rival.pattern for rival in finding.rivals if rival.probability >= finding.probability / 2]
        return tuple(pattern.text(self.ran.space) for pattern in (*finding.wordings[:MOST_LIKELY], *rivals))

    def _less_likely(self, finding: Finding) -> tuple[LessLikely, ...]:
        return tuple(
            LessLikely(pattern=rival.pattern.text(self.ran.space), probability=round(rival.probability, 3))
            for rival in finding.rivals
            if rival.probability < finding.probability / 2
        )

    def _again(self, finding: Finding) -> tuple[str, ...]:
        return tuple(name for name in self._named(finding.support) if name in self.ran.further.again)

    def _about(self, rows: Iterable[int], sentence: str, **more: object) -> FailurePattern:
        support = self._named(rows)
        once = {each.cell for each in self.ran.further.flaky if each.rung is self.kind.rung}
        return FailurePattern.model_validate(
            {
                "rung": self.example.rung,
                "failure": self.example.sentence,
                "sentence": sentence,
                "support": support,
                "localised": bool(self.ran.further.asked),
                "flaky": tuple(name for name in support if name in once),
                **more,
            }
        )

    def _named(self, rows: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.ran.results[row].cell for row in rows)

    def _listed(self, rows: Iterable[int]) -> str:
        names = self._named(rows)
        rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
        return listed([*names[:_NAMED], *rest])
