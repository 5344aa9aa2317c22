"""Judges a cell by every rule."""

from __future__ import annotations

from collections.abc import Hashable

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.rules import RULES
from envgen.compat.verdict import Trace, Verdict


def judge(cell: Cell, facts: Facts) -> Trace:
    """The verdict of every rule on a cell, in the order of the rules, rejected or not."""
    return Trace(cell, tuple(rule.verdict(cell, facts) for rule in RULES))


class Judge:
    """Judges many cells: a rule is asked once for all cells that agree on the axes it reads."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._rules = [(rule, dict[Hashable, Verdict]()) for rule in RULES]

    def verdict(self, index: int, cell: Cell) -> Verdict:
        """The verdict of one rule, by its place in RULES; only the axes that it reads need to be right."""
        rule, known = self._rules[index]
        key = tuple(cell.value(axis) for axis in rule.axes)
        verdict = known.get(key)
        if verdict is None:
            verdict = known[key] = rule.verdict(cell, self._facts)
        return verdict

    def trace(self, cell: Cell) -> Trace:
        """As `judge` gives it."""
        return Trace(cell, tuple(self.verdict(index, cell) for index in range(len(self._rules))))
