"""The product of the axes, cut early: a rule that reads few axes rejects whole blocks of cells at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.rules import RULES
from envgen.compat.rules.rule import Rule
from envgen.compat.verdict import Trace, Verdict
from envgen.plan.axes import Axes

# The order in which values are put together; what the rules read most comes first.
ORDER = ("os", "arch", "torch", "python", "cuda", "tensorrt")

Indices = tuple[int, ...]
Value = tuple[str, int]


def level(rule: Rule) -> int:
    """How many axes of ORDER must have a value before a rule can be asked, less one."""
    return max(ORDER.index(axis) for axis in rule.axes)


@dataclass
class Tally:
    """What was rejected.

    Attributes:
        rules: rule id to the number of cells it rejected; a cell counts for the first rule that rejects it.
        by_value: (axis, index of a value) to the same, for the cells with that value; only where the rule was asked
            with that value at hand.
        examples: (axis, index of a value) to the verdict that rejected most, as an example.
        used: the values that an accepted cell has.
    """

    rules: Counter[str] = field(default_factory=Counter)
    by_value: dict[Value, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[Value | None, str], Verdict] = field(default_factory=dict)
    used: set[Value] = field(default_factory=set)

    def reject(self, chosen: Indices, verdict: Verdict, cells: int) -> None:
        self.rules[verdict.rule] += cells
        self.examples.setdefault((None, verdict.rule), verdict)
        for value in zip(ORDER, chosen, strict=False):
            self.by_value.setdefault(value, Counter())[verdict.rule] += cells
            self.examples.setdefault((value, verdict.rule), verdict)

    def accept(self, chosen: Indices) -> None:
        self.used.update(zip(ORDER, chosen, strict=True))

    def why_unused(self, value: Value) -> Verdict:
        """The verdict that stands for why no cell has a value: of the rule that rejected most of its cells."""
        counts = self.by_value.get(value)
        if counts:
            return self.examples[value, counts.most_common(1)[0][0]]
        return self.examples[None, self.rules.most_common(1)[0][0]]


class Expansion:
    """Walks the product of the axes level by level.

    Args:
        axes: the resolved axes.
        facts: what the rules judge by.
    """

    def __init__(self, axes: Axes, facts: Facts) -> None:
        self.tally = Tally()
        self._facts = facts
        self._values = tuple(tuple(getattr(axes, name)) for name in ORDER)
        self._extras = tuple(product(*([(name, value) for value in values] for name, values in axes.extra)))
        self._rules = tuple(
            tuple(
                _Asked(rule, tuple(ORDER.index(axis) for axis in rule.axes)) for rule in RULES if level(rule) == depth
            )
            for depth in range(len(ORDER))
        )
        self._below = tuple(self._cells_below(depth) for depth in range(len(ORDER)))

    def traces(self) -> Iterator[Trace]:
        """The traces of the accepted cells; `tally` is complete once they are exhausted."""
        return self._walk((), ())

    def _walk(self, chosen: Indices, verdicts: tuple[Verdict, ...]) -> Iterator[Trace]:
        depth = len(chosen)
        if depth == len(ORDER):
            self.tally.accept(chosen)
            for extra in self._extras:
                yield Trace(self._cell(chosen, extra), verdicts)
            return
        for index in range(len(self._values[depth])):
            found = self._judge((*chosen, index), depth)
            if found is not None:
                yield from self._walk((*chosen, index), verdicts + found)

    def _judge(self, chosen: Indices, depth: int) -> tuple[Verdict, ...] | None:
        """The verdicts of the rules that can be asked at this depth; None when one of them rejects."""
        verdicts = []
        for asked in self._rules[depth]:
            key = tuple(chosen[position] for position in asked.positions)
            verdict = asked.known.get(key)
            if verdict is None:
                verdict = asked.known[key] = asked.rule.verdict(self._cell(chosen), self._facts)
            if verdict.answer.rejects:
                self.tally.reject(chosen, verdict, self._below[depth])
                return None
            verdicts.append(verdict)
        return tuple(verdicts)

    def _cell(self, chosen: Indices, extra: tuple[tuple[str, str], ...] = ()) -> Cell:
        """The cell with the chosen values; an axis not chosen yet has its first, which no rule asked so far reads."""
        indices = (*chosen, *(0,) * (len(ORDER) - len(chosen)))
        values = dict(zip(ORDER, (values[i] for values, i in zip(self._values, indices, strict=True)), strict=True))
        return Cell(**values, extra=extra)

    def _cells_below(self, depth: int) -> int:
        count = len(self._extras)
        for values in self._values[depth + 1 :]:
            count *= len(values)
        return count


@dataclass
class _Asked:
    """A rule with the places of its axes in ORDER, and what it answered so far."""

    rule: Rule
    positions: tuple[int, ...]
    known: dict[Indices, Verdict] = field(default_factory=dict)


def rejected(tally: Tally) -> Mapping[str, int]:
    """Rule id to the number of cells it rejected, in the order of the rules."""
    return {rule.id: tally.rules[rule.id] for rule in RULES if tally.rules[rule.id]}
