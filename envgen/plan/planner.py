"""The plan: every cell of a matrix that can exist, and what became of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from envgen.cell import Arch, Cell, Cuda, GrammarError, Os, PythonVersion, Release
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.verdict import Trace, Verdict
from envgen.compat.words import listed
from envgen.errors import MatrixError
from envgen.plan.axes import Axes
from envgen.plan.expand import ORDER, Expansion, Tally, rejected
from envgen.plan.match import Matcher
from envgen.plan.reach import check_entries
from envgen.plan.resolve import resolve_axes
from envgen.spec.matrix import Exclude, Include, Matrix
from envgen.spec.selector import NONE


@dataclass(frozen=True)
class Planned:
    """A cell of the plan; `included` is the reason of the include entry that it comes from."""

    cell: Cell
    trace: Trace
    included: str | None = None


@dataclass(frozen=True)
class Plan:
    """Every cell that can exist, sorted, and what became of the others.

    Attributes:
        axes: the axes with ranges and `latest` resolved.
        raw: the number of cells in the product of the axes: rejected, excluded and planned, without the included.
        rejected: rule id to the number of cells that it was the first to reject.
        excluded: reason to the number of cells that an exclude entry took out.
        excludes: the exclude entries.
    """

    axes: Axes
    cells: tuple[Planned, ...]
    raw: int
    rejected: Mapping[str, int]
    excluded: Mapping[str, int]
    excludes: tuple[Exclude, ...] = ()


def plan(matrix: Matrix, facts: Facts) -> Plan:
    """Plans a matrix.

    Raises:
        MatrixError: a value is not known or can be used by no cell, two values stand for the same, an exclude or
            select entry names what is on no axis, or an include entry names a cell that cannot exist.
    """
    axes = resolve_axes(matrix, facts)
    check_entries(matrix, axes, facts)
    expansion = Expansion(axes, facts)
    traces = list(expansion.traces())
    _check_used(matrix, axes, expansion.tally)
    excludes = exclusions(matrix.exclude, facts)
    excluded: Counter[str] = Counter()
    cells: dict[Cell, Planned] = {}
    for trace in traces:
        reason = excluding(trace.cell, excludes)
        if reason is None:
            cells[trace.cell] = Planned(trace.cell, trace)
        else:
            excluded[reason] += 1
    for index, include in enumerate(matrix.include):
        planned = _included(matrix, index, include, facts)
        if planned.cell in cells:
            raise MatrixError(
                f"{planned.cell} is in the matrix already.", "Remove this entry.", matrix.place("include", index)
            )
        cells[planned.cell] = planned
    ordered = tuple(sorted(cells.values(), key=lambda planned: planned.cell))
    return Plan(axes, ordered, axes.size, rejected(expansion.tally), dict(excluded), matrix.exclude)


Exclusions = Sequence[tuple[Matcher, str]]


def exclusions(excludes: Iterable[Exclude], facts: Facts) -> Exclusions:
    """Exclude entries, ready to be asked, each with its reason."""
    return [(Matcher(exclude.match, facts), exclude.reason) for exclude in excludes]


def excluding(cell: Cell, excludes: Exclusions) -> str | None:
    """The reason of the first entry that takes a cell out."""
    return next((reason for matcher, reason in excludes if matcher.accepts(cell)), None)


def _check_used(matrix: Matrix, axes: Axes, tally: Tally) -> None:
    """An entry of an axis that no cell can have is a mistake; of a range it is enough that one value can be had."""
    if not tally.rules:
        return
    for axis in ORDER:
        unused: dict[int, tuple[int, str]] = {}
        used = set()
        for index, text in enumerate(axes.texts(axis)):
            entry = axes.written[axis, text]
            if (axis, index) in tally.used:
                used.add(entry)
            else:
                unused.setdefault(entry, (index, text))
        for entry, (index, text) in unused.items():
            if entry not in used:
                raise _useless(matrix, axis, entry, text, tally.why_unused((axis, index)))


def _useless(matrix: Matrix, axis: str, entry: int, text: str, verdict: Verdict) -> MatrixError:
    return MatrixError(
        f"No cell of the matrix can have {axis} {text}, says the rule {verdict.rule}: {verdict.sentence}",
        f"Remove {text}, or give the other axes values that go with it.",
        matrix.place("axes", axis, entry),
    )


def _included(matrix: Matrix, index: int, include: Include, facts: Facts) -> Planned:
    """The cell of an include entry.

    Raises:
        MatrixError: it lacks a value, a value is not one, or the rules reject the cell.
    """
    lacking = [axis for axis in matrix.axis_names if axis not in include.values]
    if lacking:
        raise MatrixError(
            f"The included cell has no value for {listed(lacking)}.",
            "Give it a value on every axis.",
            matrix.place("include", index),
        )
    cell = _cell(matrix, index, include)
    trace = judge(cell, facts)
    if trace.rejection:
        raise MatrixError(
            f"The included cell {cell} is rejected by the rule {trace.rejection.rule}: {trace.rejection.sentence}",
            "Change its values, or remove the entry.",
            matrix.place("include", index),
        )
    return Planned(cell, trace, include.reason)


def _cell(matrix: Matrix, index: int, include: Include) -> Cell:
    values = include.values
    try:
        return Cell(
            python=PythonVersion.parse(values["python"]),
            torch=Release.parse(values["torch"]),
            cuda=Cuda.parse(values["cuda"]),
            tensorrt=None if values["tensorrt"] == NONE else Release.parse(values["tensorrt"]),
            os=Os.parse(values["os"]),
            arch=Arch.parse(values["arch"]),
            extra=tuple((axis.name, values[axis.name]) for axis in matrix.extra),
        )
    except GrammarError as error:
        raise MatrixError(f"In the included cell, {error}.", place=matrix.place("include", index)) from None
