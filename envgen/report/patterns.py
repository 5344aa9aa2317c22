"""Which shortest conjunctions explain a run's failures, one kind of failure at a time, said in sentences.

The cells of the run are all that is looked at; those that did not come to show count neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envgen.cell import Cell, GrammarError
from envgen.compat.words import counted, listed
from envgen.localise import Explanation, Finding, explain
from envgen.plan.space import space_of
from envgen.results import CellResult, FailurePattern, RungResult
from envgen.run.signature import signatures
from envgen.space import Space

MOST_KINDS = 20  # of failure, that are explained
MOST_LIKELY = 3  # equally likely patterns, above which nothing can be told
SURE = 0.5  # probability below which a pattern is not stated
_NAMED = 5


def failure_patterns(results: Iterable[CellResult]) -> tuple[FailurePattern, ...]:
    """The patterns in the failures of some cells; nothing is said of a kind of failure that only one cell had."""
    known = {cell: result for result in results if (cell := _parsed(result.cell))}
    kinds = signatures(known.values())
    several = [(kind, failed) for kind, failed in kinds.items() if len(failed) > 1][:MOST_KINDS]
    if not several:
        return ()
    space, names = space_of([*known]), [result.cell for result in known.values()]
    found: list[FailurePattern] = []
    for kind, failed in several:
        verdicts = ((row, kind.verdict(result)) for row, result in enumerate(known.values()))
        observed = {row: verdict for row, verdict in verdicts if verdict is not None}
        example = failed[0].failed
        assert example
        found += _Kind(space, names, example, len(kinds) == 1, explain(space, observed)).told()
    return tuple(found)


def _parsed(name: str) -> Cell | None:
    try:
        return Cell.parse(name)
    except GrammarError:
        return None


@dataclass(frozen=True)
class _Kind:
    """One kind of failure.

    Attributes:
        names: of the cells, by their rows.
        example: one such failure.
        only: whether no cell failed in another way.
    """

    space: Space
    names: list[str]
    example: RungResult
    only: bool
    explanation: Explanation

    def told(self) -> Iterator[FailurePattern]:
        if not self.explanation.passed:
            every = {row for finding in self.explanation.findings for row in finding.support}
            cells = counted(self.explanation.failed, "cell")
            yield self._about(sorted(every), f"All {cells} that came so far failed so, whatever their values.")
            return
        for finding in self.explanation.findings:
            yield self._stated(finding) if _tells(finding) else self._too_few(finding)
        if rows := self.explanation.unexplained:
            failures = f"{counted(len(rows), 'failure')}: {self._listed(rows)}"
            yield self._about(rows, f"No pattern of at most three axes explains {failures}.")

    def _stated(self, finding: Finding) -> FailurePattern:
        pattern, failed, passed = finding.pattern, len(finding.support), len(finding.counter)
        unknown = int(pattern.mask(self.space).sum()) - failed - passed
        cells = f"{failed} of {failed + passed}{' that came so far' if unknown else ''}"
        head = "Almost every cell" if passed else "Every cell"
        which = f" with {pattern.text(self.space)}" if pattern.conditions else ""
        return self._about(
            finding.support,
            f"{head}{which} failed ({cells}); {self._others(finding)}.",
            pattern=pattern.text(self.space),
            conditions=tuple(pattern.as_json(self.space)),
            counter_examples=self._named(finding.counter),
            as_likely=self._as_likely(finding),
        )

    def _others(self, finding: Finding) -> str:
        others = self.explanation.failed - len(finding.support)
        if others:
            return f"so did {counted(others, 'other cell')}"
        return "no other cell did" if self.only else "no other cell failed so"

    def _too_few(self, finding: Finding) -> FailurePattern:
        cells = self._listed(finding.support)
        if len(finding.support) == 1:
            return self._about(finding.support, f"{cells} failed, and none like it: too few cells to tell why.")
        likely = (finding.pattern.text(self.space), *self._as_likely(finding))
        return self._about(finding.support, f"Too few cells to tell what {cells} have in common.", as_likely=likely)

    def _as_likely(self, finding: Finding) -> tuple[str, ...]:
        rivals = [rival.pattern for rival in finding.rivals if rival.probability >= finding.probability / 2]
        return tuple(pattern.text(self.space) for pattern in (*finding.wordings[:MOST_LIKELY], *rivals))

    def _about(self, rows: Iterable[int], sentence: str, **more: object) -> FailurePattern:
        return FailurePattern.model_validate(
            {
                "rung": self.example.rung,
                "failure": self.example.sentence,
                "sentence": sentence,
                "support": self._named(rows),
                **more,
            }
        )

    def _named(self, rows: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.names[row] for row in rows)

    def _listed(self, rows: Iterable[int]) -> str:
        names = self._named(rows)
        rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
        return listed([*names[:_NAMED], *rest])


def _tells(finding: Finding) -> bool:
    return len(finding.support) > 1 and finding.probability >= SURE and len(finding.wordings) <= MOST_LIKELY
