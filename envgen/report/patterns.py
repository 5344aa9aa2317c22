"""Which shortest conjunctions explain a run's failures, one kind of failure at a time, said in sentences.

The cells of the run are all that is looked at; those that did not come to show count neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from envgen.cell import Cell, GrammarError
from envgen.compat.words import counted, listed
from envgen.localise import Explanation, Finding, Pattern, explain
from envgen.plan.space import space_of
from envgen.results import CellResult, Rung
from envgen.run.signature import Signature, signatures
from envgen.space import Space

MOST_KINDS = 20  # of failure, that are explained
MOST_LIKELY = 3  # equally likely explanations, above which nothing can be told
SURE = 0.5  # probability below which a pattern is not stated
_NAMED = 5


@dataclass(frozen=True)
class PatternView:
    """One pattern in one kind of failure.

    Attributes:
        text: the pattern; empty when the failures are too few to tell.
        sentence: what is to be said.
        support: the failing cells that have it.
        counter: the passing cells that have it.
        as_likely: other patterns that explain the same failures as well.
    """

    rung: Rung
    failure: str
    text: str
    sentence: str
    conditions: tuple[dict[str, str], ...]
    support: tuple[str, ...]
    counter: tuple[str, ...]
    as_likely: tuple[str, ...]

    @property
    def more(self) -> Iterator[str]:
        """What is to be added to the sentence."""
        if self.counter:
            yield f"but passed: {_named(self.counter)}"
        if self.as_likely:
            yield f"as likely: {'; '.join(self.as_likely)}"

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "rung": self.rung,
            "failure": self.failure,
            "pattern": self.text or None,
            "conditions": [{**condition} for condition in self.conditions],
            "sentence": self.sentence,
            "support": [*self.support],
            "counter_examples": [*self.counter],
            "as_likely": [*self.as_likely],
        }


def patterns(results: Iterable[CellResult]) -> tuple[PatternView, ...]:
    """The patterns in the failures of some cells; nothing is said of a kind of failure that only one cell had."""
    known = {cell: result for result in results if (cell := _parsed(result.cell))}
    kinds = signatures(known.values())
    several = [kind for kind, failed in kinds.items() if len(failed) > 1][:MOST_KINDS]
    if not several:
        return ()
    space = space_of([*known])
    return tuple(view for kind in several for view in _views(space, [*known.values()], kind, kinds[kind][0]))


def _parsed(name: str) -> Cell | None:
    try:
        return Cell.parse(name)
    except GrammarError:
        return None


def _views(space: Space, results: list[CellResult], kind: Signature, example: CellResult) -> Iterator[PatternView]:
    verdicts = ((row, kind.verdict(result)) for row, result in enumerate(results))
    observed = {row: failed for row, failed in verdicts if failed is not None}
    assert example.failed
    words = _Words(space, [result.cell for result in results], kind.rung, example.failed.sentence)
    explanation = explain(space, observed)
    if not explanation.passed:
        yield words.everywhere(explanation)
        return
    for finding in explanation.findings:
        yield words.stated(explanation, finding) if _tells(finding) else words.too_few(finding)
    if explanation.unexplained:
        yield words.unexplained(explanation)


def _tells(finding: Finding) -> bool:
    return len(finding.support) > 1 and finding.probability >= SURE and len(finding.wordings) <= MOST_LIKELY


@dataclass(frozen=True)
class _Words:
    space: Space
    names: list[str]
    rung: Rung
    failure: str

    def stated(self, explanation: Explanation, finding: Finding) -> PatternView:
        failed, passed = len(finding.support), len(finding.counter)
        cells = f"{failed} of {failed + passed}"
        head = "Every cell" if not passed else "Almost every cell"
        only = "no other cell did" if explanation.alone(finding) else f"{explanation.failed - failed} others did"
        which = f" with {finding.pattern.text(self.space)}" if finding.pattern.conditions else ""
        return self._view(finding, f"{head}{which} failed ({cells}); {only}.", finding.pattern)

    def too_few(self, finding: Finding) -> PatternView:
        failed = _named([self.names[row] for row in finding.support])
        return self._view(finding, f"Too few cells to tell what failed in {failed}.", None)

    def everywhere(self, explanation: Explanation) -> PatternView:
        rows = tuple(row for finding in explanation.findings for row in finding.support)
        sentence = f"All {counted(explanation.failed, 'cell')} that came so far failed so; no value makes a difference."
        return PatternView(self.rung, self.failure, "", sentence, (), self._cells(rows), (), ())

    def unexplained(self, explanation: Explanation) -> PatternView:
        cells = self._cells(explanation.unexplained)
        sentence = f"No pattern of at most three axes explains {counted(len(cells), 'failure')}: {_named(cells)}."
        return PatternView(self.rung, self.failure, "", sentence, (), cells, (), ())

    def _view(self, finding: Finding, sentence: str, pattern: Pattern | None) -> PatternView:
        likely = [*finding.wordings[:MOST_LIKELY]]
        likely += [rival.pattern for rival in finding.rivals if rival.probability >= finding.probability / 2]
        if pattern is None:
            likely.insert(0, finding.pattern)
        return PatternView(
            self.rung,
            self.failure,
            pattern.text(self.space) if pattern else "",
            sentence,
            tuple(pattern.as_json(self.space)) if pattern else (),
            self._cells(finding.support),
            self._cells(finding.counter),
            tuple(dict.fromkeys(other.text(self.space) for other in likely)),
        )

    def _cells(self, rows: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.names[row] for row in rows)


def _named(names: Iterable[str]) -> str:
    every = [*names]
    rest = [f"{len(every) - _NAMED} more"] if len(every) > _NAMED else []
    return listed([*every[:_NAMED], *rest])
