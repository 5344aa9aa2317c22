"""Whether a match of matrix.yaml speaks of a cell."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Cell, Flavour, Release, TensorRt
from envgen.compat.facts import Facts, newest
from envgen.plan.grid import Grid, Rows
from envgen.plan.releases import expand, in_range
from envgen.spec.coverage import accepts
from envgen.spec.matrix import Host, Match
from envgen.spec.selector import HOST, NONE, Latest, parse_release_selector, parse_tensorrt_selector


class Matcher:
    """One match, ready to be asked about many cells.

    A release in it means the cells whose label is that release or stands for it, `latest` the newest minor that is
    known, and `host` this machine's os and architecture; without a host, `host` accepts nothing.
    """

    def __init__(self, match: Match, facts: Facts, host: Host | None = None) -> None:
        self.match = match
        self._facts = facts
        self._host = host
        self._answers: dict[tuple[str, str], bool] = {}

    def accepts(self, cell: Cell) -> bool:
        """Whether the match speaks of the cell."""
        values = cell.axes()
        if not all(axis in values and self.accepts_value(axis, values[axis]) for axis in self.match.axes):
            return False
        return self._named(cell)

    def mask(self, grid: Grid, rows: Rows) -> NDArray[np.bool_]:
        """Whether the match speaks of the cell of each row."""
        found = np.ones(len(rows), bool)
        for axis in self.match.axes:
            if axis not in grid.names:
                return np.zeros(len(rows), bool)
            column = grid.column(axis)
            accepted = np.array([self.accepts_value(axis, text) for text in grid.texts[column]], bool)
            found &= accepted[rows[:, column]]
        if self.match.cells:
            named = [self._named(grid.cell(rows[index])) for index in np.flatnonzero(found)]
            found[found] = named
        return found

    def _named(self, cell: Cell) -> bool:
        return not self.match.cells or any(fnmatchcase(str(cell), pattern) for pattern in self.match.cells)

    def accepts_value(self, axis: str, value: str) -> bool:
        """Whether any text that the match has for an axis accepts a value of it, both as text."""
        known = self._answers.get((axis, value))
        if known is None:
            texts = self.match.axes.get(axis)
            known = texts is None or any(self.text_accepts(axis, text, value) for text in texts)
            self._answers[axis, value] = known
        return known

    def text_accepts(self, axis: str, text: str, value: str) -> bool:
        """Whether one text accepts a value of an axis."""
        if text == value:
            return True
        if axis == "torch":
            return _release(parse_release_selector(text), Release.parse(value), self._facts.torch)
        if axis == "tensorrt":
            return _tensorrt(text, value, self._facts)
        if text == HOST and self._host:
            return value == str(self._host.os if axis == "os" else self._host.arch)
        return bool(accepts(axis, text, value))


def applies(match: Match | None, cell: Cell, facts: Facts) -> bool:
    """Whether a match speaks of a cell; no match speaks of every cell."""
    return match is None or Matcher(match, facts).accepts(cell)


def _tensorrt(text: str, value: str, facts: Facts) -> bool:
    """A flavour takes its own, a range every flavour, and anything else the flavour that it names."""
    if NONE in (text, value):
        return False
    wanted, label = parse_tensorrt_selector(text), TensorRt.parse(value)
    if isinstance(wanted, Flavour):
        return label.flavour is wanted
    known = facts.tensorrt[label.flavour]
    if isinstance(wanted, TensorRt):
        return label.flavour is wanted.flavour and _release(wanted.release, label.release, known)
    return (label.is_full or isinstance(wanted, SpecifierSet)) and _release(wanted, label.release, known)


def _release(wanted: Release | SpecifierSet | Latest, label: Release, known: Collection[Version]) -> bool:
    if isinstance(wanted, SpecifierSet):
        return in_range(label, wanted, known)
    version = newest(known, label) or label.version
    if isinstance(wanted, Latest):
        return any(release.covers(version) for release in expand(wanted, known))
    return wanted.covers(version)
