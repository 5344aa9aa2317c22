"""Which cells meet a condition."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from envgen.cell import FIXED_AXES, GrammarError
from envgen.compat.facts import Facts
from envgen.compat.words import listed
from envgen.plan.grid import Grid, Rows
from envgen.plan.match import Matcher
from envgen.spec.expression import CELL, All, Comparison, Expression, Not, Where
from envgen.spec.matrix import Host, Match
from envgen.spec.selector import HOST, is_range


class Condition:
    """A condition, ready to be asked about the cells of a grid.

    Raises:
        GrammarError: it names an axis that the grid does not have, or a value that no cell of it can have.
    """

    def __init__(self, where: Where, grid: Grid, facts: Facts, host: Host | None = None) -> None:
        self.where = where
        self._grid, self._facts, self._host = grid, facts, host
        for comparison in where.comparisons():
            self._check(comparison)

    def mask(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether the cell of each row meets the condition."""
        return self._mask(self.where.expression, rows)

    def _mask(self, expression: Expression, rows: Rows) -> NDArray[np.bool_]:
        if isinstance(expression, Comparison):
            return self._compared(expression, rows)
        if isinstance(expression, Not):
            return ~self._mask(expression.inner, rows)
        parts = np.array([self._mask(part, rows) for part in expression.parts])
        joined = np.logical_and if isinstance(expression, All) else np.logical_or
        found: NDArray[np.bool_] = joined.reduce(parts, axis=0)
        return found

    def _compared(self, comparison: Comparison, rows: Rows) -> NDArray[np.bool_]:
        if comparison.axis == CELL:
            return Matcher(Match(cells=comparison.texts), self._facts).mask(self._grid, rows)
        accepted = np.array([self._accepts(comparison, text) for text in self._values(comparison.axis)], bool)
        found: NDArray[np.bool_] = accepted[rows[:, self._grid.column(comparison.axis)]]
        return found

    def _accepts(self, comparison: Comparison, value: str) -> bool:
        matcher = Matcher(Match(), self._facts, self._host)
        if comparison.axis not in FIXED_AXES and is_range(comparison.texts[0]):
            return _in_range(comparison.texts[0], value)
        return any(matcher.text_accepts(comparison.axis, text, value) for text in comparison.texts)

    def _values(self, axis: str) -> tuple[str, ...]:
        return self._grid.texts[self._grid.column(axis)]

    def _check(self, comparison: Comparison) -> None:
        if comparison.axis == CELL:
            return
        if comparison.axis not in self._grid.names:
            what = f"the condition `{self.where}` names the axis {comparison.axis!r}, which there is not"
            raise GrammarError(what, f"The axes are {listed(self._grid.names)}.")
        values = self._values(comparison.axis)
        for text in comparison.texts:
            one = Comparison(comparison.axis, (text,))
            if text != HOST and not is_range(text) and not any(self._accepts(one, value) for value in values):
                meant = get_close_matches(text, values, n=1, cutoff=0.6)
                what = f"the condition `{self.where}` names {text!r}, no value of the {comparison.axis} axis"
                raise GrammarError(what, f"Did you mean {meant[0]}?" if meant else f"The axis has {listed(values)}.")


def _in_range(text: str, value: str) -> bool:
    try:
        return SpecifierSet(text).contains(Version(value), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False
